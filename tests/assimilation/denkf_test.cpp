#include <catch2/catch.hpp>
#include <semiflow/assimilation/denkf.hpp>

#include "scheme_identities.hpp"

using namespace semiflow;

TEST_CASE("the DEnKF moves the mean by the Kalman gain and the anomalies by half of it", "[denkf]") {
  const Example example = some_example();
  const double inflation = GENERATE(1.0, 1.1);
  const Gaussian prior = sample_moments(example.members);
  const Ensemble anomalies = inflation * (example.members.colwise() - prior.mean);
  const Eigen::MatrixXd H = example.matrix();
  const Eigen::MatrixXd K =
      kalman_gain(inflation * inflation * prior.covariance, H, example.measurement.error_variance);
  const Eigen::VectorXd mean = prior.mean + K * (example.measurement.values - H * prior.mean);
  const Ensemble expected = (anomalies - 0.5 * K * (H * anomalies)).colwise() + mean;
  CHECK(largest(analysed(Denkf({.inflation = {.prior_std = inflation}}), example) - expected) < 1e-12);
}

TEST_CASE("the DEnKF has the Kalman filter's mean and a quarter of K H P H' K' more covariance", "[denkf]") {
  const Example example = some_example();
  const bool rotate = GENERATE(false, true);
  const Gaussian expected = kalman_of(example), prior = sample_moments(example.members);
  const Gaussian analysis = sample_moments(analysed(Denkf({.rotate = rotate, .seed = 5}), example));
  CHECK(largest(analysis.mean - expected.mean) < 1e-12);
  const Eigen::MatrixXd KH =
      kalman_gain(prior.covariance, example.matrix(), example.measurement.error_variance) * example.matrix();
  CHECK(largest(analysis.covariance - expected.covariance - KH * prior.covariance * KH.transpose() / 4) < 1e-12);
}

TEST_CASE("the DEnKF does not see the order of sensors, of members, nor the basis of the state", "[denkf]") {
  const Example example = some_example();
  CHECK(largest(analysed_with_sensors_reversed(Denkf(), example) - analysed(Denkf(), example)) < 1e-12);
  check_relabelled_members_and_other_bases(Denkf(), example);
}

TEST_CASE("the DEnKF in its limits", "[denkf]") {
  check_nothing_to_learn(Denkf());
  check_perfect_sensors_decide(Denkf());
  // Perfect sensors of everything leave half of each anomaly.
  Example example = random_example(6, 20, 6);
  example.measurement.error_variance.setConstant(1e-10);
  const Gaussian analysis = sample_moments(analysed(Denkf(), example)), prior = sample_moments(example.members);
  CHECK(largest(analysis.covariance - prior.covariance / 4) < 1e-9);
}

TEST_CASE("the DEnKF inflates, keeps its contract and refuses wrong input", "[denkf]") {
  const Denkf::Options options{.rotate = GENERATE(false, true)};
  check_relaxation_to_the_prior_spread<Denkf>(options);
  check_contract<Denkf>(options);
  check_refusals<Denkf>(options);
}
