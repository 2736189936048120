#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <catch2/catch.hpp>
#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/assimilation/finite_size.hpp>

#include "scheme_identities.hpp"

using namespace semiflow;

namespace {

EnsembleInformation information_of(const Example& example, double prior_std = 1) {
  return ensemble_information(example.predicted(), example.measurement, prior_std);
}

// The dual cost of the header, with the matrices as they stand there. a and b are those of certainty 1.
double dual_cost(const EnsembleInformation& information, double inflation, double certainty) {
  const Index n = information.gram.rows();
  const double N = static_cast<double>(n), l2 = inflation * inflation;
  const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(n, n);
  const double prior_weight = (identity + information.gram).inverse().trace() / N;
  const double ratio = std::pow((1 + 1 / N) / (N / (N - 1)), prior_weight / 2);
  const double a = certainty * (1 + 1 / N) / ratio, b = certainty * N / (N - 1) * ratio;
  // d'(I + l2 S S')^-1 d = d'd - l2 (S'd)'(I + l2 S'S)^-1 S'd, and d'd is constant.
  const Eigen::VectorXd& p = information.projection;
  return -l2 * p.dot((identity + l2 * information.gram).ldlt().solve(p)) / (N - 1) + a / l2 + b * std::log(l2);
}

}  // namespace

TEST_CASE("the EnKF-N is the Kalman filter with the sample covariance inflated by its factor", "[finite_size]") {
  const Example example = some_example();
  const double prior_std = GENERATE(1.0, 1.1);
  const bool rotate = GENERATE(false, true);
  const double inflation = finite_size_update(information_of(example, prior_std)).inflation;
  const Gaussian expected = kalman_of(example, prior_std * inflation);
  const Gaussian analysis =
      sample_moments(analysed(FiniteSizeEnkf({.inflation = {.prior_std = prior_std}, .rotate = rotate}), example));
  CHECK(largest(analysis.mean - expected.mean) < 1e-12);
  CHECK(largest(analysis.covariance - expected.covariance) < 1e-12);
  if (!rotate)
    CHECK(largest(analysed(FiniteSizeEnkf({.inflation = {.prior_std = prior_std}}), example) -
                  analysed(Etkf({.inflation = {.prior_std = prior_std * inflation}}), example)) < 1e-12);
}

TEST_CASE("the primal and the dual EnKF-N are the same", "[finite_size]") {
  Example example = some_example();
  const double certainty = GENERATE(0.5, 1.0, 2.0);
  // From sensors that say next to nothing to ones that contradict the forecast.
  example.measurement.error_variance *= GENERATE(1e6, 1.0, 1e-2, 1e-8);
  const FiniteSizeUpdate dual = finite_size_update(information_of(example), certainty);
  const FiniteSizeUpdate primal = finite_size_update(information_of(example), certainty, FiniteSizeForm::primal);
  CHECK(std::abs(dual.inflation - primal.inflation) < 1e-12 * dual.inflation);
  CHECK(largest(dual.weights - primal.weights) < 1e-12);
}

TEST_CASE("the EnKF-N minimises the dual cost", "[finite_size]") {
  Example example = some_example();
  example.measurement.values.array() += GENERATE(0.0, 3.0, 20.0);
  const double certainty = GENERATE(1.0, 2.0);
  const EnsembleInformation information = information_of(example);
  const double inflation = finite_size_update(information, certainty).inflation;
  const double minimum = dual_cost(information, inflation, certainty), scale = 1e-12 * (1 + std::abs(minimum));
  for (double factor = 1e-3; factor < 1e3; factor *= 1.3)
    CHECK(dual_cost(information, factor * inflation, certainty) >= minimum - scale);
  CHECK(dual_cost(information, 1.001 * inflation, certainty) > minimum);
  CHECK(dual_cost(information, inflation / 1.001, certainty) > minimum);
}

TEST_CASE("of two minima the dual EnKF-N takes the lower one", "[finite_size]") {
  // One direction of spread 0.03 against an innovation of so many standard errors: to trust the forecast as it is, or to
  // inflate it until it reaches the measurement.
  const auto inflation = [](double innovation, FiniteSizeForm form) {
    Eigen::VectorXd direction = Eigen::VectorXd::Zero(10);
    direction(0) = 0.03 * M_SQRT1_2;
    direction(1) = -direction(0);
    const EnsembleInformation information{.gram = direction * direction.transpose(),
                                          .projection = innovation * direction};
    const double factor = finite_size_update(information, 1, form).inflation;
    if (form == FiniteSizeForm::dual)
      for (double other = 0.9; other < 1e4; other *= 1.05)
        CHECK(dual_cost(information, other, 1) >= dual_cost(information, factor, 1) - 1e-10);
    return factor;
  };
  CHECK(inflation(5, FiniteSizeForm::dual) < 1.1);
  CHECK(inflation(20, FiniteSizeForm::dual) > 10);
  // In between there are both. The primal form comes from the forecast and stays with the first.
  bool different = false;
  for (double innovation = 5; innovation < 20; innovation += 0.25) {
    const double dual = inflation(innovation, FiniteSizeForm::dual);
    const double primal = inflation(innovation, FiniteSizeForm::primal);
    CHECK((dual > 10 || dual < 2));
    different = different || dual > 2 * primal;
  }
  CHECK(different);
}

TEST_CASE("a large certainty takes the sample covariance as it is, but for its expected bias", "[finite_size]") {
  const Example example = random_example(33, 20, 20);
  const EnsembleInformation information = information_of(example);
  const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(20, 20);
  const double signal = 1 - (identity + information.gram).inverse().trace() / 20;
  CHECK(finite_size_update(information, 1e14).inflation == Approx(std::pow(1 - 1.0 / 400, signal / 2)).epsilon(1e-12));
}

TEST_CASE("the EnKF-N inflates for surprising measurements and not for useless ones", "[finite_size]") {
  Example example = random_example(20, 10, 8);
  const double plain = finite_size_update(information_of(example)).inflation;
  example.measurement.values.array() += 10;
  CHECK(finite_size_update(information_of(example)).inflation > 2 * plain);
  example.measurement.error_variance.setConstant(1e30);
  CHECK(finite_size_update(information_of(example)).inflation == Approx(1).epsilon(1e-14));
}

TEST_CASE("the EnKF-N does not see the order of sensors, of members, nor the basis of the state", "[finite_size]") {
  const Example example = some_example();
  const FiniteSizeEnkf scheme({.form = GENERATE(FiniteSizeForm::dual, FiniteSizeForm::primal)});
  CHECK(largest(analysed_with_sensors_reversed(scheme, example) - analysed(scheme, example)) < 1e-12);
  check_relabelled_members_and_other_bases(scheme, example);
}

TEST_CASE("the EnKF-N in its limits", "[finite_size]") {
  const FiniteSizeEnkf scheme({.form = GENERATE(FiniteSizeForm::dual, FiniteSizeForm::primal)});
  check_nothing_to_learn(scheme);
  check_perfect_sensors_decide(scheme);
}

TEST_CASE("the EnKF-N inflates, keeps its contract and refuses wrong input", "[finite_size]") {
  const FiniteSizeEnkf::Options options{.form = GENERATE(FiniteSizeForm::dual, FiniteSizeForm::primal),
                                        .rotate = GENERATE(false, true)};
  check_relaxation_to_the_prior_spread<FiniteSizeEnkf>(options);
  check_contract<FiniteSizeEnkf>(options);
  check_refusals<FiniteSizeEnkf>(options);
  CHECK_THROWS_AS(FiniteSizeEnkf({.certainty = 0}), Error);
  EnsembleInformation information = information_of(random_example(9, 5, 3));
  CHECK_THROWS_AS(finite_size_update(information, NAN), Error);
  information.projection.conservativeResize(4);
  CHECK_THROWS_AS(finite_size_update(information), Error);
}
