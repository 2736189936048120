// What holds for every global filter, whatever its weights.
#pragma once
#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <catch2/catch.hpp>
#include <limits>
#include <numeric>
#include <semiflow/assimilation/inflation.hpp>
#include <semiflow/core/conformance.hpp>
#include <semiflow/core/error.hpp>

#include "example.hpp"

namespace semiflow {

template <AnalysisScheme Scheme>
Ensemble analysed(const Scheme& scheme, const Example& example) {
  Ensemble members = example.members;
  scheme.analyse(members, example.predicted(), example.measurement);
  return members;
}

// Fewer and more sensors than members, than the state; one sensor; two members; more than one block of sensors.
inline Example some_example() {
  const auto [state, members, sensors] =
      GENERATE(std::array<Index, 3>{5, 40, 2}, std::array<Index, 3>{40, 7, 40}, std::array<Index, 3>{33, 20, 20},
               std::array<Index, 3>{3, 2, 1}, std::array<Index, 3>{300, 20, 290});
  return random_example(state, members, sensors);
}

// Some of the sensors, in any order.
template <class Sensors>
Measurement part_of(const Measurement& measurement, const Sensors& sensors) {
  Measurement part = measurement;
  part.values = measurement.values(sensors);
  part.error_variance = measurement.error_variance(sensors);
  return part;
}

template <AnalysisScheme Scheme>
Ensemble analysed_with_sensors_reversed(const Scheme& scheme, const Example& example) {
  std::vector<Index> order(static_cast<std::size_t>(example.measurement.values.size()));
  std::iota(order.rbegin(), order.rend(), Index{0});
  Ensemble members = example.members;
  scheme.analyse(members, example.predicted()(order, Eigen::all), part_of(example.measurement, order));
  return members;
}

// The first four sensors, then the others, with predictions of the analysis in between.
template <AnalysisScheme Scheme>
Ensemble analysed_in_two_batches(const Scheme& scheme, Example example) {
  for (const auto& sensors : {Eigen::seqN(Index{0}, Index{4}), Eigen::seqN(Index{4}, example.observe.sensors() - 4)}) {
    const Eigen::MatrixXd predicted = example.predicted()(sensors, Eigen::all);
    scheme.analyse(example.members, predicted, part_of(example.measurement, sensors));
  }
  return example.members;
}

// For schemes without random numbers.
template <AnalysisScheme Scheme>
void check_relabelled_members_and_other_bases(const Scheme& scheme, const Example& example) {
  const Eigen::MatrixXd predicted = example.predicted();
  const Ensemble expected = analysed(scheme, example);

  Ensemble members = example.members.rowwise().reverse();
  scheme.analyse(members, predicted.rowwise().reverse(), example.measurement);
  CHECK(largest(members.rowwise().reverse() - expected) < 1e-12);

  const Index n = example.members.rows();
  const Eigen::MatrixXd basis =
      Eigen::MatrixXd(standard_normal(n * n, {1, 1000, 0}).reshaped(n, n)).householderQr().householderQ();
  members = basis * example.members;
  scheme.analyse(members, predicted, example.measurement);
  CHECK(largest(basis.transpose() * members - expected) < 1e-12);
}

// No weight on useless sensors, on none at all, and on an ensemble without spread. For schemes without random numbers.
template <AnalysisScheme Scheme>
void check_nothing_to_learn(const Scheme& scheme) {
  Example example = random_example(9, 5, 3);
  example.measurement.error_variance.setConstant(1e30);
  CHECK(largest(analysed(scheme, example) - example.members) < 1e-14);

  example = random_example(9, 5, 0);
  CHECK(largest(analysed(scheme, example) - example.members) < 1e-14);

  example = random_example(9, 5, 3);
  example.members.colwise() = Eigen::VectorXd(example.members.col(0));
  CHECK(largest(analysed(scheme, example) - example.members) < 1e-14);
}

// How far the analysis mean may lie from what the perfect sensors of every variable say, |values - forecast mean| being
// one. The mean of a Kalman filter misses by r (P + r I)^-1, at most r / lambda with the smallest eigenvalue of P; the
// weights come from I + S'S, of condition 1 + Lambda / r, whose root passes its rounding on to the mean.
inline double largest_miss(const Eigen::MatrixXd& P, double r, Index members) {
  const Eigen::VectorXd eigenvalues = P.selfadjointView<Eigen::Lower>().eigenvalues();
  return r / eigenvalues.minCoeff() + static_cast<double>(members) * std::numeric_limits<double>::epsilon() *
                                          std::sqrt(1 + eigenvalues.maxCoeff() / r);
}

template <AnalysisScheme Scheme>
void check_perfect_sensors_decide(const Scheme& scheme) {
  Example example = random_example(6, 20, 6);
  const Gaussian forecast = sample_moments(example.members);
  const double r = 1e-10;
  example.measurement.error_variance.setConstant(r);
  const Eigen::VectorXd& values = example.measurement.values;
  const Gaussian analysis = sample_moments(analysed(scheme, example));
  CHECK((analysis.mean - values).norm() < largest_miss(forecast.covariance, r, 20) * (forecast.mean - values).norm());
}

template <class Scheme>
void check_relaxation_to_the_prior_spread(typename Scheme::Options options) {
  const Example example = random_example(40, 8, 20);
  const Ensemble plain = analysed(Scheme(options), example);
  options.inflation.relaxation_to_prior_spread = 0;
  CHECK(analysed(Scheme(options), example) == plain);
  options.inflation.relaxation_to_prior_spread = 1;
  const Gaussian relaxed = sample_moments(analysed(Scheme(options), example)), prior = sample_moments(example.members);
  CHECK(largest(relaxed.covariance.diagonal() - prior.covariance.diagonal()) < 1e-12);
  CHECK(largest(relaxed.mean - sample_moments(plain).mean) < 1e-12);
}

template <class Scheme>
void check_contract(typename Scheme::Options options) {
  options.inflation = GENERATE(Inflation{}, Inflation{.prior_std = 1.02,
                                                      .relaxation_to_prior_perturbations = 0.1,
                                                      .posterior_std = 1.01,
                                                      .relaxation_to_prior_spread = 0.2});
  const Example example = random_example(100, GENERATE(6, 21), 50);
  CHECK(check_analysis_scheme(Scheme(options), example.members, example.predicted(), example.measurement) ==
        std::vector<std::string>{});
}

// Wrong input is refused as by the other schemes.
template <class Scheme>
void check_refusals(typename Scheme::Options options) {
  Example example = random_example(9, 5, 3);
  Eigen::MatrixXd predicted = example.predicted();
  const auto refused = [&](const std::string& message) {
    CHECK_THROWS_WITH(Scheme(options).analyse(example.members, predicted, example.measurement),
                      Catch::Contains(message));
  };
  predicted(1, 4) = NAN;
  refused("member 4 predicts nan at sensor 1");
  predicted = predicted.topRows(2).eval();
  refused("2 predictions for 3 sensors");
  predicted = example.predicted().leftCols(4);
  refused("[member x member]");
  predicted = example.predicted();
  example.measurement.error_variance.setConstant(1e-20);
  refused("10^7 times the observation error");
  example.members = example.members.leftCols(1).eval();
  predicted = example.predicted();
  refused("at least two members");
  options.inflation.prior_std = -1;
  CHECK_THROWS_AS(Scheme(options), Error);
}

}  // namespace semiflow
