#include <catch2/catch.hpp>
#include <semiflow/assimilation/correlation_etkf.hpp>
#include <semiflow/assimilation/etkf.hpp>

#include "scheme_identities.hpp"

using namespace semiflow;

TEST_CASE("a cut-off of 0 is the ETKF, of 1 the forecast", "[correlation_etkf]") {
  const Example example = some_example();
  const Inflation inflation = GENERATE(Inflation{}, Inflation{.prior_std = 1.1, .relaxation_to_prior_spread = 0.3});
  const Ensemble plain = analysed(Etkf({.inflation = inflation}), example);
  CHECK(largest(analysed(CorrelationEtkf({.cutoff = 0, .inflation = inflation}), example) - plain) < 1e-11);
  CHECK(analysed(CorrelationEtkf({.cutoff = 1}), example) == example.members);
}

TEST_CASE("a row listens to the sensors that it is correlated with", "[correlation_etkf]") {
  const Example example = random_example(30, 40, 12);
  const Ensemble found = analysed(CorrelationEtkf({}), example);
  const Eigen::MatrixXd predicted = example.predicted();
  Index listening = 0;
  for (Index i = 0; i < 30; ++i) {
    std::vector<Index> sensors;
    for (Index j = 0; j < 12; ++j) {
      Ensemble both(2, 40);
      both << example.members.row(i), predicted.row(j);
      const Eigen::MatrixXd P = sample_moments(both).covariance;
      if (std::abs(P(0, 1)) / std::sqrt(P(0, 0) * P(1, 1)) > 3 / std::sqrt(40.0)) sensors.push_back(j);
    }
    Ensemble row = example.members.row(i);
    if (!sensors.empty()) Etkf().analyse(row, predicted(sensors, Eigen::all), part_of(example.measurement, sensors));
    CHECK(largest(found.row(i) - row) < 1e-12);
    listening += !sensors.empty();
  }
  CHECK(listening >= 12);  // those that are measured
  CHECK(listening < 30);
}

TEST_CASE("it keeps spurious correlations out", "[correlation_etkf]") {
  // Every second of 100 independent numbers is measured, with an error as large as its spread: the variance of its error
  // is then half of it, and nothing is told of the others.
  Example example = random_example(100, 30, 50);
  example.members = standard_normal(3000, {53, 1000, 0}).reshaped(100, 30);
  const Eigen::VectorXd truth = standard_normal(100, {53, 1000, 1});
  example.measurement = noisy_measurement(example.observe(truth).col(0), Eigen::VectorXd::Ones(50), 1, 0, 59);
  const auto error = [&](const Ensemble& members) { return (members.rowwise().mean() - truth).squaredNorm() / 100; };
  const double plain = error(analysed(Etkf(), example)), local = error(analysed(CorrelationEtkf({}), example));
  CAPTURE(plain, local, error(example.members));
  // The exact one is 0.75, with a standard deviation of sqrt(2 (0.5^2 + 1) / 2) / 10 = 0.11.
  CHECK(std::abs(local - 0.75) < 3 * 0.11);
  CHECK(local < plain);
}

TEST_CASE("the ETKF by correlations honours the contract", "[correlation_etkf]") {
  check_contract<CorrelationEtkf>({.cutoff = 0.3});
  check_nothing_to_learn(CorrelationEtkf({.cutoff = 0.3}));
  CHECK_THROWS_WITH(CorrelationEtkf({.cutoff = 1.1}), Catch::Contains("cut-off"));
  CHECK_THROWS_WITH(CorrelationEtkf({.cutoff = -0.1}), Catch::Contains("cut-off"));
  CHECK_THROWS_WITH(CorrelationEtkf({.inflation = {.prior_std = -1}}), Catch::Contains("prior_std"));
}
