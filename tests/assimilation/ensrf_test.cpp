#include <catch2/catch.hpp>
#include <semiflow/assimilation/enkf.hpp>
#include <semiflow/assimilation/ensrf.hpp>
#include <semiflow/assimilation/etkf.hpp>

#include "scheme_identities.hpp"

using namespace semiflow;

namespace {

// Whitaker & Hamill 2002 as it is written, in the space of the state: every sensor moves every variable. perturbations
// is [sensor x member], or empty for the square-root filter.
Ensemble plain_serial_filter(const Example& example, double inflation, const Eigen::MatrixXd& perturbations = {}) {
  Gaussian forecast = sample_moments(example.members);
  Ensemble members = (inflation * (example.members.colwise() - forecast.mean)).colwise() + forecast.mean;
  const auto& [event, time, values, error_variance, positions] = example.measurement;
  for (Index j = 0; j < values.size(); ++j) {
    const Eigen::VectorXd mean = members.rowwise().mean();
    const Eigen::MatrixXd anomalies = members.colwise() - mean;
    const Eigen::RowVectorXd predicted = example.observe(members).row(j);
    const double expected = predicted.mean();
    const Eigen::RowVectorXd deviations = predicted.array() - expected;
    const double members_less_one = static_cast<double>(members.cols() - 1);
    const double HPHt = deviations.squaredNorm() / members_less_one, R = error_variance(j);
    const Eigen::VectorXd K = anomalies * deviations.transpose() / members_less_one / (HPHt + R);
    if (perturbations.size() > 0) {
      members += K * ((values(j) + perturbations.row(j).array()).matrix() - predicted);
    } else {
      const double reduction = 1 / (1 + std::sqrt(R / (HPHt + R)));
      members = (anomalies - reduction * K * deviations).colwise() + (mean + K * (values(j) - expected));
    }
  }
  return members;
}

}  // namespace

TEST_CASE("the EnSRF is the serial filter of Whitaker and Hamill, member by member", "[ensrf]") {
  const Example example = some_example();
  const double inflation = GENERATE(1.0, 1.1);
  CHECK(largest(analysed(Ensrf({.inflation = {.prior_std = inflation}}), example) -
                plain_serial_filter(example, inflation)) < 1e-12);
}

TEST_CASE("the EnSRF is the Kalman filter of its own sample covariance", "[ensrf]") {
  const Example example = some_example();
  const double inflation = GENERATE(1.0, 1.1);
  const bool rotate = GENERATE(false, true);
  const Gaussian expected = kalman_of(example, inflation);
  const Gaussian analysis =
      sample_moments(analysed(Ensrf({.inflation = {.prior_std = inflation}, .rotate = rotate, .seed = 5}), example));
  CHECK(largest(analysis.mean - expected.mean) < 1e-12);
  CHECK(largest(analysis.covariance - expected.covariance) < 1e-12);
}

TEST_CASE("one sensor leaves the EnSRF no choice: it is the ETKF", "[ensrf]") {
  const Example example = random_example(30, 12, 1);
  CHECK(largest(analysed(Ensrf(), example) - analysed(Etkf(), example)) < 1e-13);
}

TEST_CASE("the order of the sensors changes the members of the EnSRF, not their moments", "[ensrf]") {
  const Example example = random_example(33, 20, 20);
  const Ensemble forwards = analysed(Ensrf(), example), backwards = analysed_with_sensors_reversed(Ensrf(), example);
  CHECK(largest(forwards - backwards) > 1e-3);
  CHECK(largest(sample_moments(forwards).mean - sample_moments(backwards).mean) < 1e-12);
  CHECK(largest(sample_moments(forwards).covariance - sample_moments(backwards).covariance) < 1e-12);
}

TEST_CASE("two batches of sensors are one batch for the EnSRF, member by member", "[ensrf]") {
  const Example example = random_example(30, 12, 10);
  CHECK(largest(analysed_in_two_batches(Ensrf(), example) - analysed(Ensrf(), example)) < 1e-12);
}

TEST_CASE("the EnSRF does not see the order of members nor the basis of the state", "[ensrf]") {
  check_relabelled_members_and_other_bases(Ensrf(), some_example());
}

TEST_CASE("the EnSRF in its limits", "[ensrf]") {
  check_nothing_to_learn(Ensrf());
  check_perfect_sensors_decide(Ensrf());
}

TEST_CASE("thousands of sensors do not move the weights of the EnSRF off the ones", "[ensrf]") {
  const Example example = random_example(40, 20, 5000);
  const Eigen::MatrixXd weights = ensrf_weights(example.predicted(), example.measurement);
  const Eigen::VectorXd shift = weights.rowwise().mean();
  CHECK(largest((weights.colwise() - shift) * Eigen::VectorXd::Ones(20)) < 1e-12);
  const Gaussian expected = sample_moments(analysed(Etkf(), example));
  const Gaussian analysis = sample_moments(analysed(Ensrf(), example));
  CHECK(largest(analysis.mean - expected.mean) < 1e-12);
  CHECK(largest(analysis.covariance - expected.covariance) < 1e-12);
}

TEST_CASE("the serial stochastic filter moves each member by the gain of each sensor", "[ensrf]") {
  const Example example = some_example();
  const double inflation = GENERATE(1.0, 1.1);
  const bool zero_mean = GENERATE(false, true);
  const Eigen::MatrixXd D = observation_perturbations(example.measurement, example.members.cols(), 3, zero_mean);
  const SerialEnkf scheme({.inflation = {.prior_std = inflation}, .zero_mean_perturbations = zero_mean, .seed = 3});
  CHECK(largest(analysed(scheme, example) - plain_serial_filter(example, inflation, D)) < 1e-12);
}

TEST_CASE("the serial stochastic filter converges to the Kalman filter", "[ensrf]") {
  const auto error = [](Index members, Index sensors) {
    const Example example = random_example(4, members, sensors);
    const Gaussian expected = kalman_of(example), found = sample_moments(analysed(SerialEnkf({.seed = 9}), example));
    // With one sensor the mean is exact at any size, because the perturbations have none.
    if (sensors == 1) CHECK(largest(found.mean - expected.mean) < 1e-12);
    return std::max(largest(found.mean - expected.mean), largest(found.covariance - expected.covariance));
  };
  for (const Index members : {100, 1600})
    for (const Index sensors : {1, 4}) CHECK(error(members, sensors) < 3 / std::sqrt(static_cast<double>(members)));
}

TEST_CASE("serial filters inflate, keep their contract and refuse wrong input", "[ensrf]") {
  const Ensrf::Options options{.rotate = GENERATE(false, true)};
  check_relaxation_to_the_prior_spread<Ensrf>(options);
  check_contract<Ensrf>(options);
  check_refusals<Ensrf>(options);
  if (options.rotate) return;
  check_contract<SerialEnkf>({});
  check_refusals<SerialEnkf>({});
  const Example example = random_example(9, 5, 3);
  CHECK_THROWS_AS(serial_enkf_weights(example.predicted(), example.measurement, Eigen::MatrixXd::Zero(3, 4)), Error);
}
