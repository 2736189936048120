#include <catch2/catch.hpp>
#include <semiflow/assimilation/enkf.hpp>
#include <semiflow/core/error.hpp>

#include "example.hpp"

using namespace semiflow;

TEST_CASE("the stochastic EnKF moves each member by the Kalman gain", "[enkf]") {
  const auto [state, members, sensors] =
      GENERATE(std::array<Index, 3>{5, 40, 2}, std::array<Index, 3>{40, 7, 40}, std::array<Index, 3>{3, 2, 1});
  const double inflation = GENERATE(1.0, 1.1);
  const Example example = random_example(state, members, sensors);
  const Measurement& measurement = example.measurement;
  const Eigen::MatrixXd D = observation_perturbations(measurement, members, 3);

  const Gaussian prior = sample_moments(example.members);
  const Ensemble inflated = (inflation * (example.members.colwise() - prior.mean)).colwise() + prior.mean;
  const Eigen::MatrixXd H = example.matrix();
  const Eigen::MatrixXd K = kalman_gain(inflation * inflation * prior.covariance, H, measurement.error_variance);
  const Ensemble expected = inflated + K * ((D - H * inflated).colwise() + measurement.values);

  Ensemble analysis = example.members;
  apply_weights(analysis, enkf_weights(example.predicted(), measurement, D, inflation));
  CHECK(largest(analysis - expected) < 1e-12);

  analysis = example.members;
  StochasticEnkf({.inflation = {.prior_std = inflation}, .seed = 3})
      .analyse(analysis, example.predicted(), measurement);
  CHECK(largest(analysis - expected) < 1e-12);
}

TEST_CASE("perturbations are keyed by event and member", "[enkf]") {
  Measurement measurement = random_example(10, 2, 10).measurement;
  const Eigen::MatrixXd few = observation_perturbations(measurement, 5, 1, false);
  CHECK(observation_perturbations(measurement, 9, 1, false).leftCols(5) == few);
  CHECK(largest(observation_perturbations(measurement, 5, 2, false) - few) > 0.1);
  const Eigen::MatrixXd centred = observation_perturbations(measurement, 5, 1);
  CHECK(largest(centred.rowwise().mean()) < 1e-15);
  CHECK(largest(few.colwise() - few.rowwise().mean() - centred) < 1e-14);
  ++measurement.event;
  CHECK(largest(observation_perturbations(measurement, 5, 1, false) - few) > 0.1);
}

TEST_CASE("the sample covariance of the perturbations has expectation R", "[enkf]") {
  Measurement measurement = random_example(2, 2, 2).measurement;
  const bool zero_mean = GENERATE(false, true);
  const int draws = 4000;
  Eigen::MatrixXd mean = Eigen::MatrixXd::Zero(2, 2);
  for (int k = 0; k < draws; ++k) {
    measurement.event = static_cast<std::uint64_t>(k);
    mean += sample_moments(observation_perturbations(measurement, 4, 1, zero_mean)).covariance / draws;
  }
  const Eigen::VectorXd& R = measurement.error_variance;
  CHECK(mean(0, 0) == Approx(R(0)).epsilon(0.05));
  CHECK(mean(1, 1) == Approx(R(1)).epsilon(0.05));
  CHECK(std::abs(mean(0, 1)) < 0.05 * std::sqrt(R(0) * R(1)));
}

TEST_CASE("the stochastic EnKF converges to the Kalman filter", "[enkf]") {
  const auto error = [](Index members) {
    const Example example = random_example(4, members, 2);
    Ensemble analysis = example.members;
    StochasticEnkf({.seed = 9}).analyse(analysis, example.predicted(), example.measurement);
    const Gaussian expected = kalman_of(example), found = sample_moments(analysis);
    // The mean is exact at any size, because the perturbations have none.
    CHECK(largest(found.mean - expected.mean) < 1e-12);
    return largest(found.covariance - expected.covariance);
  };
  // The weights are [member x member], so not many more.
  for (const Index members : {100, 1600}) CHECK(error(members) < 3 / std::sqrt(static_cast<double>(members)));
}

TEST_CASE("the stochastic EnKF refuses a single member and perturbations of another shape", "[enkf]") {
  const Example example = random_example(9, 5, 3);
  const Eigen::MatrixXd predicted = example.predicted();
  CHECK_THROWS_AS(enkf_weights(predicted, example.measurement, Eigen::MatrixXd::Zero(3, 4)), Error);
  Ensemble one = example.members.leftCols(1);
  CHECK_THROWS_WITH(StochasticEnkf().analyse(one, predicted.leftCols(1), example.measurement),
                    Catch::Contains("at least two members"));
}
