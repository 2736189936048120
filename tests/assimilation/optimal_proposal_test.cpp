#include <catch2/catch.hpp>
#include <limits>
#include <semiflow/assimilation/kalman.hpp>
#include <semiflow/assimilation/optimal_proposal.hpp>
#include <semiflow/assimilation/particle_filter.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>

#include "scheme_identities.hpp"

using namespace semiflow;

namespace {

const Eigen::MatrixXd H = (Eigen::MatrixXd(2, 3) << 1, 0.5, 0, 0, -1, 2).finished();

Measurement two_sensors(std::uint64_t event = 1) {
  return {.event = event, .values = Eigen::Vector2d(0.3, -0.8), .error_variance = Eigen::Vector2d(0.4, 0.9)};
}

}  // namespace

TEST_CASE("weights of the optimal proposal are the likelihood of the forecast before its noise", "[particles]") {
  const double noise = 0.7;
  const OptimalProposal proposal(H, noise, two_sensors(), 1);
  const Ensemble forecasts = standard_normal(3 * 6, {1, 1000, 0}).reshaped(3, 6);
  const Eigen::VectorXd prior = Eigen::VectorXd::Constant(6, 1.0 / 6);
  const Eigen::VectorXd weights = particle_weights(prior, proposal.whiten(H * forecasts), proposal.whitened());
  Eigen::MatrixXd S = noise * noise * H * H.transpose();
  S.diagonal() += two_sensors().error_variance;
  Eigen::VectorXd expected(6);
  for (Index k = 0; k < 6; ++k) {
    const Eigen::VectorXd departure = two_sensors().values - H * forecasts.col(k);
    expected(k) = std::exp(-departure.dot(S.inverse() * departure) / 2);
  }
  CHECK((weights - expected / expected.sum()).cwiseAbs().maxCoeff() < 1e-14);
}

TEST_CASE("a particle is drawn from its Kalman analysis with the noise as the prior", "[particles]") {
  const double noise = 0.7;
  const OptimalProposal proposal(H, noise, two_sensors(), 1);
  const Eigen::Vector3d forecast(0.2, -0.4, 1);
  const Index draws = 40000;
  Ensemble members = forecast.replicate(1, draws);
  proposal.move(members, 0);
  const Gaussian expected = kalman_update(
      Gaussian{.mean = forecast, .covariance = noise * noise * Eigen::Matrix3d::Identity()}, H, two_sensors());
  const Eigen::Vector3d mean = members.rowwise().mean();
  const Eigen::MatrixXd anomalies = members.colwise() - mean;
  const Eigen::Matrix3d covariance = anomalies * anomalies.transpose() / static_cast<double>(draws - 1);
  // Five standard errors.
  const double error = 5 * noise / std::sqrt(static_cast<double>(draws));
  CHECK((mean - expected.mean).cwiseAbs().maxCoeff() < error);
  CHECK((covariance - expected.covariance).cwiseAbs().maxCoeff() < std::sqrt(2.0) * noise * error);

  // A member is the same in any company.
  Ensemble alone = forecast;
  proposal.move(alone, 17);
  CHECK(alone.col(0) == members.col(17));
}

TEST_CASE("the optimal particle filter of a linear model converges to the Kalman filter", "[particles]") {
  const double noise = 0.5;
  const Index members = 4000;
  const ParticleFilter filter({.resampling_threshold = 0.5, .seed = 2});
  Ensemble particles = standard_normal(3 * members, {9, 1000, 0}).reshaped(3, members);
  Eigen::VectorXd weights = Eigen::VectorXd::Constant(members, 1 / static_cast<double>(members));
  Gaussian exact{.mean = Eigen::Vector3d::Zero(), .covariance = Eigen::Matrix3d::Identity()};
  const Eigen::Matrix3d M = (Eigen::Matrix3d() << 0.9, 0.2, 0, -0.2, 0.9, 0.1, 0, 0, 0.8).finished();
  for (std::uint64_t event = 1; event <= 4; ++event) {
    particles = (M * particles).eval();
    exact.mean = M * exact.mean;
    exact.covariance = (M * exact.covariance * M.transpose() + noise * noise * Eigen::Matrix3d::Identity()).eval();
    const Measurement measurement = two_sensors(event);
    const OptimalProposal proposal(H, noise, measurement, 3);
    weights = filter.analyse(particles, weights, proposal.whiten(H * particles), proposal.whitened());
    proposal.move(particles, 0);
    exact = kalman_update(exact, H, measurement);
  }
  const double error = 5 / std::sqrt(0.5 * static_cast<double>(members));
  CHECK((particles * weights - exact.mean).cwiseAbs().maxCoeff() < error);
}

TEST_CASE("an optimal proposal needs noise, and sensors that fit", "[particles]") {
  CHECK_THROWS_WITH(OptimalProposal(H, 0, two_sensors(), 1), Catch::Contains("noise"));
  CHECK_THROWS_WITH(OptimalProposal(H.topRows(1), 1, two_sensors(), 1), Catch::Contains("row a sensor"));
  Ensemble wrong = Ensemble::Zero(2, 1);
  CHECK_THROWS_AS(OptimalProposal(H, 1, two_sensors(), 1).move(wrong, 0), Error);
}
