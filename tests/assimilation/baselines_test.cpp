#include <Eigen/LU>
#include <catch2/catch.hpp>
#include <semiflow/assimilation/baselines.hpp>
#include <semiflow/core/error.hpp>

#include "example.hpp"

using namespace semiflow;

TEST_CASE("the Kalman update is Bayes' rule", "[kalman]") {
  const Example example = random_example(6, 30, 4);
  const Gaussian prior = sample_moments(example.members), posterior = kalman_of(example);
  // In the information form, which inverts other matrices.
  const Eigen::MatrixXd H = example.matrix();
  const Eigen::MatrixXd HtRi = H.transpose() * example.measurement.error_variance.cwiseInverse().asDiagonal();
  const Eigen::MatrixXd covariance = (prior.covariance.inverse() + HtRi * H).inverse();
  const Eigen::VectorXd mean =
      covariance * (prior.covariance.inverse() * prior.mean + HtRi * example.measurement.values);
  CHECK(largest(posterior.mean - mean) < 1e-12);
  CHECK(largest(posterior.covariance - covariance) < 1e-12);
}

TEST_CASE("optimal interpolation is the Kalman update of the climatology", "[baselines]") {
  const Example example = random_example(20, 200, 7);
  const Climatology climatology = sample_moments(example.members);
  const OptimalInterpolation interpolation(climatology, example.matrix(), example.measurement.error_variance);
  const Gaussian expected = kalman_of(example);
  CHECK(largest(interpolation.analysis(example.measurement.values) - expected.mean) < 1e-12);
  CHECK(largest(interpolation.analysis_covariance() - expected.covariance) < 1e-12);
}

TEST_CASE("optimal interpolation has the error that it states", "[baselines]") {
  // Truths drawn from the climatology, each measured once.
  const Index truths = 20000;
  const Eigen::VectorXd variance = Eigen::Vector2d(0.3, 0.6);
  const Eigen::MatrixXd mixing = random_example(4, 4, 0).members;
  const Ensemble truth = mixing * standard_normal(4 * truths, {1, 1000, 1}).reshaped(4, truths);
  const PointObservations observe({1, 3});
  const OptimalInterpolation interpolation(sample_moments(truth), observe(Eigen::Matrix4d::Identity()), variance);
  const Ensemble exact = observe(truth);
  Ensemble error(4, truths);
  for (Index k = 0; k < truths; ++k) {
    const Measurement measurement = noisy_measurement(exact.col(k), variance, static_cast<std::uint64_t>(k), 0, 5);
    error.col(k) = interpolation.analysis(measurement.values) - truth.col(k);
  }
  const Eigen::MatrixXd stated = interpolation.analysis_covariance();
  CHECK(sample_moments(error).covariance.isApprox(stated, 0.05));
}

TEST_CASE("baselines refuse matrices that do not fit", "[baselines]") {
  const Gaussian state{.mean = Eigen::Vector3d::Zero(), .covariance = Eigen::Matrix3d::Identity()};
  const Eigen::MatrixXd H = Eigen::MatrixXd::Identity(2, 3);
  CHECK_THROWS_AS(OptimalInterpolation(state, H, Eigen::Vector3d::Ones()), Error);
  CHECK_THROWS_AS(OptimalInterpolation(state, H, Eigen::Vector2d(1, 0)), Error);
  CHECK_THROWS_AS(OptimalInterpolation(state, H.leftCols(2), Eigen::Vector2d::Ones()), Error);
  CHECK_THROWS_AS(sample_moments(Ensemble::Zero(3, 1)), Error);
  CHECK_THROWS_AS(OptimalInterpolation(state, H, Eigen::Vector2d::Ones()).analysis(Eigen::Vector2d(0, NAN)), Error);
}
