#include <Eigen/Eigenvalues>
#include <catch2/catch.hpp>
#include <semiflow/assimilation/adaptive_inflation.hpp>
#include <semiflow/core/communicator.hpp>
#include <semiflow/core/error.hpp>

#include "local_example.hpp"

using namespace semiflow;

namespace {

constexpr Adaptation free_to_move{.smallest_factor = 1e-6, .largest_factor = 1e6, .smallest_deviation = 0};

// One sensor that misses its predictions by `innovation`; they have the variance p times the factor.
struct Case {
  double factor, deviation, innovation, p, error_variance;
};

Case some_case() {
  return GENERATE(Case{1, 0.6, 3, 1, 1}, Case{1, 0.6, 0.1, 1, 1}, Case{2.5, 0.3, 2, 0.3, 0.7}, Case{4, 0.1, 1, 5, 0.01},
                  Case{1.2, 0.5, 20, 2, 1}, Case{1.5, 0.2, 0, 0.01, 4});
}

Measurement measured(double value, double error_variance) {
  return {.values = Eigen::VectorXd::Constant(1, value),
          .error_variance = Eigen::VectorXd::Constant(1, error_variance),
          .positions = Eigen::MatrixXd::Zero(1, 1)};
}

// Two members around 5 with this variance.
Ensemble two_members(double variance) {
  Ensemble members(1, 2);
  members << 5 - std::sqrt(variance / 2), 5 + std::sqrt(variance / 2);
  return members;
}

double predicted_variance(const Case& c, double factor, double g) {
  return std::pow(1 + g * (std::sqrt(factor) - 1), 2) * c.p + c.error_variance;
}

// Up to a constant.
double log_posterior(const Case& c, double factor, double g) {
  const double v = predicted_variance(c, factor, g);
  return -0.5 * std::pow((factor - c.factor) / c.deviation, 2) - 0.5 * std::log(v) -
         c.innovation * c.innovation / (2 * v);
}

double new_deviation(const Case& c, double mode, double g) {
  const double drop = log_posterior(c, mode, g) - log_posterior(c, mode + c.deviation, g);
  return std::min(c.deviation, c.deviation / std::sqrt(2 * std::max(drop, 1e-300)));
}

template <class F>
double derivative(const F& f, double x) {
  const double h = 1e-3 * x;
  return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h);
}

// [point x member] of independent numbers, `narrow` times as wide as the truth in the first half of the line.
Ensemble underspread(Index points, Index members, double narrow, std::uint64_t time) {
  Ensemble draws = standard_normal(points * members, {3, 1000, time}).reshaped(points, members);
  draws.topRows(points / 2) *= narrow;
  return draws;
}

Measurement of_the_truth(Index points, double variance, std::uint64_t time) {
  return {.values =
              standard_normal(points, {3, 1001, time}) + std::sqrt(variance) * standard_normal(points, {3, 1002, time}),
          .error_variance = Eigen::VectorXd::Constant(points, variance),
          .positions = line_of(points).coordinate(0).matrix().transpose()};
}

}  // namespace

TEST_CASE("one factor goes to the mode of its posterior, a root of the cubic", "[adaptive_inflation]") {
  const Case c = some_case();
  const AdaptiveInflation adaptation(free_to_move);
  VarianceFactors factors = adaptation.start(c.factor, c.deviation);
  adaptation.update(factors, two_members(c.p * c.factor), measured(5 + c.innovation, c.error_variance));

  // x = theta^2 solves x^3 - (r + lambda p) x^2 + s^2 p^2 (x - D^2) / 2 = 0: the real eigenvalue of its companion matrix.
  const double b = c.error_variance + c.factor * c.p, half = std::pow(c.deviation * c.p, 2) / 2;
  Eigen::Matrix3d companion;
  companion << 0, 0, half * c.innovation * c.innovation, 1, 0, -half, 0, 1, b;
  const Eigen::Vector3cd roots = companion.eigenvalues();
  double mode = 0;
  for (Index i = 0; i < 3; ++i)
    if (std::abs(roots(i).imag()) < 1e-12) mode = std::max(mode, (roots(i).real() - c.error_variance) / c.p);
  CHECK(factors.factor(0) == Approx(mode).epsilon(1e-11));
  CHECK(derivative([&](double x) { return log_posterior(c, x, 1); }, factors.factor(0)) * c.deviation * c.deviation ==
        Approx(0).margin(1e-9));
  CHECK(factors.deviation(0) == Approx(new_deviation(c, mode, 1)).epsilon(1e-9));
}

TEST_CASE("the factor of a row goes to the mode with the linear likelihood", "[adaptive_inflation]") {
  // The row and the sensor have a correlation of 0.6 or so, and a taper of 0.8.
  const Case c = some_case();
  const bool itself = GENERATE(false, true);
  const Index members = 9;
  const double taper = itself ? 1 : 0.8, half_width = 3;
  double distance = 0;
  while (taper_weight(GaspariCohn{.half_width = half_width}, distance) > taper) distance += 1e-6;
  const Eigen::VectorXd noise = standard_normal(2 * members, {9, 1000, 0});
  Eigen::VectorXd of_sensor = noise.head(members), row = noise.tail(members) + of_sensor;
  of_sensor.array() -= of_sensor.mean();
  row.array() -= row.mean();
  if (itself) row = 3 * of_sensor;
  const double g = taper * std::abs(row.dot(of_sensor)) / (row.norm() * of_sensor.norm());
  CHECK((itself ? g == Approx(1) : g == Approx(0.5).margin(0.2)));

  const double inflated = std::pow(1 + g * (std::sqrt(c.factor) - 1), 2) * c.p;
  Ensemble predicted(1, members);
  predicted.row(0) = of_sensor * std::sqrt(inflated * static_cast<double>(members - 1)) / of_sensor.norm();
  const Ensemble rows = row.transpose();
  Measurement measurement = measured(c.innovation, c.error_variance);
  measurement.positions(0, 0) = -distance;

  const LocalAdaptiveInflation adaptation(line_of(20),
                                          {.taper = GaspariCohn{.half_width = half_width}, .adaptation = free_to_move});
  VarianceFactors factors = adaptation.start(1, c.factor, c.deviation);
  adaptation.update(factors, rows, 0, predicted, measurement);

  // L(u) N(u; 0, s^2) with the likelihood L(u) = 1 + k u has its maxima where u^2 + u / k - s^2 = 0.
  const double k = derivative(
      [&](double x) { return log_posterior(c, x, g) + 0.5 * std::pow((x - c.factor) / c.deviation, 2); }, c.factor);
  const double root = std::sqrt(1 / (4 * k * k) + c.deviation * c.deviation);
  const double u = k > 0 ? root - 1 / (2 * k) : -root - 1 / (2 * k);
  CHECK(factors.factor(0) == Approx(c.factor + u).epsilon(1e-6));
  CHECK(std::abs(factors.factor(0) - c.factor) < c.deviation);
  CHECK(factors.deviation(0) == Approx(new_deviation(c, factors.factor(0), g)).epsilon(1e-6));
}

TEST_CASE("what a sensor expects or does not know moves no factor", "[adaptive_inflation]") {
  const AdaptiveInflation one(free_to_move);
  const double p = 0.5, error = 0.7, factor = 1.7;
  VarianceFactors factors = one.start(factor, 0.3);
  one.update(factors, two_members(p * factor), measured(5 + std::sqrt(p * factor + error), error));
  CHECK(factors.factor(0) == Approx(factor).epsilon(1e-13));

  factors = one.start(factor, 0.3);
  one.update(factors, two_members(p * factor), measured(9, 1e20));
  CHECK(factors.factor(0) == Approx(factor).epsilon(1e-13));
  one.update(factors, Ensemble::Constant(1, 2, 3), measured(9, 1));
  CHECK(factors.factor(0) == Approx(factor).epsilon(1e-13));
  CHECK(factors.deviation(0) == 0.3);

  // Out of reach, and without spread.
  const Grid line = line_of(20);
  const LocalAdaptiveInflation local(line, {.taper = GaspariCohn{.half_width = 2}, .adaptation = free_to_move});
  Ensemble rows = random_example(20, 6, 1).members;
  rows.row(0).setConstant(1);
  const VarianceFactors before = local.start(20, factor, 0.3);
  VarianceFactors after = before;
  const Measurement far = measured(9, 1);
  local.update(after, rows, 0, rows.row(1), far);
  CHECK(after.factor(0) == factor);
  CHECK(after.factor(1) != factor);
  CHECK(after.factor.segment(4, 13) == before.factor.segment(4, 13));
  CHECK(after.deviation.segment(4, 13) == before.deviation.segment(4, 13));
}

TEST_CASE("factors stay within their limits and are damped", "[adaptive_inflation]") {
  const Measurement surprise = measured(50, 1);
  VarianceFactors factors = AdaptiveInflation().start(1.2, 0.5);
  AdaptiveInflation({.largest_factor = 1.5, .smallest_deviation = 0.4}).update(factors, two_members(1), surprise);
  CHECK(factors.factor(0) == 1.5);
  CHECK(factors.deviation(0) >= 0.4);

  factors = AdaptiveInflation().start(1.2, 0.5);
  AdaptiveInflation({.damping = 0.9, .largest_factor = 1.5}).update(factors, two_members(1), surprise);
  CHECK(factors.factor(0) == Approx(1.45));
  AdaptiveInflation({.damping = 0}).update(factors, two_members(1), surprise);
  CHECK(factors.factor(0) == 1);

  const Measurement expected = measured(5, 1);
  factors = AdaptiveInflation().start(1.01, 0.5);
  for (int k = 0; k < 5; ++k) AdaptiveInflation().update(factors, two_members(4), expected);
  CHECK(factors.factor(0) == 1);
}

TEST_CASE("inflation by factors keeps the mean and scales the variance", "[adaptive_inflation]") {
  const Ensemble before = random_example(37, 6, 0).members;
  VarianceFactors factors{Eigen::VectorXd::LinSpaced(37, 0.5, 3), Eigen::VectorXd::Ones(37)};
  factors.factor(4) = 1;
  Ensemble after = before;
  inflate(after, factors);
  const Gaussian a = sample_moments(before), b = sample_moments(after);
  CHECK(largest(b.mean - a.mean) < 1e-14);
  CHECK(largest(b.covariance.diagonal() - factors.factor.cwiseProduct(a.covariance.diagonal())) < 1e-13);
  CHECK(after.row(4) == before.row(4));

  Ensemble parts = before;
  for (const auto& [first, count] : {std::pair<Index, Index>{0, 11}, {11, 26}})
    inflate(parts.middleRows(first, count),
            {factors.factor.segment(first, count), factors.deviation.segment(first, count)});
  CHECK(parts == after);

  Ensemble together = before;
  inflate(together, AdaptiveInflation().start(2));
  CHECK(largest(sample_moments(together).covariance - 2 * a.covariance) < 1e-13);
}

TEST_CASE("the factors of a row have the same bits on any number of ranks", "[adaptive_inflation][mpi]") {
  const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD);
  const Grid plane({{10, 10.0}, {13, 13.0}});
  const Example example = random_example_on(plane, 2, 9, 40);
  const LocalAdaptiveInflation adaptation(plane, {.taper = GaspariCohn{.half_width = 2.5}});
  const auto updated = [&](Share rows) {
    VarianceFactors factors = adaptation.start(rows.size, 1.1);
    for (int k = 0; k < 2; ++k)
      adaptation.update(factors, example.members.middleRows(rows.begin, rows.size), rows.begin, example.predicted(),
                        example.measurement);
    Ensemble both(rows.size, 2);
    both << factors.factor, factors.deviation;
    return both;
  };
  const Index state = 2 * plane.points();
  const Ensemble whole = updated({0, state});
  CHECK(world.all_rows(updated(world.row_share(state)), state) == whole);
  CHECK(whole.col(0).maxCoeff() > 1.1);
  for (const Index row : {0, 1, 7, 200}) CHECK(updated({row, 1}) == whole.row(row));
}

TEST_CASE("one factor finds what the spread lacks, and how sure it is", "[adaptive_inflation]") {
  // Everywhere 0.7 of the right spread: the variance lacks 1 / 0.49. The mean of the members errs, too, by 1 / members.
  const Index points = 20, members = 400, times = 1000;
  const double error = 0.5, right = 1 / 0.49 + 1.0 / members;
  const AdaptiveInflation adaptation({.smallest_deviation = 0});
  VarianceFactors factors = adaptation.start();
  for (std::uint64_t time = 0; time < times; ++time) {
    Ensemble predicted = underspread(2 * points, members, 0.7, time).topRows(points);
    inflate(predicted, factors);
    adaptation.update(factors, predicted, of_the_truth(points, error, time));
  }
  // The information of a sensor is (p / theta^2)^2 (z^2 - 1/2) with a standard normal z, if it is not negative: deviations
  // do not grow. So it counts with 0.679, the mean of max(z^2 - 1/2, 0), instead of 1/2.
  const double information = 0.679 * std::pow(0.49 / (1 + error), 2), deviation = 1 / std::sqrt(information * 20000);
  CHECK(factors.factor(0) == Approx(right).margin(3 * std::sqrt(0.679 / 0.5) * deviation));
  CHECK(factors.deviation(0) == Approx(deviation).epsilon(0.03));
}

TEST_CASE("the factors of rows find where the spread lacks", "[adaptive_inflation]") {
  const Index points = 40, members = 100, times = 600;
  const Grid line = line_of(points);
  const LocalAdaptiveInflation adaptation(
      line, {.taper = GaspariCohn{.half_width = 1.5}, .adaptation = {.smallest_factor = 0.5, .smallest_deviation = 0}});
  VarianceFactors factors = adaptation.start(points);
  for (std::uint64_t time = 0; time < times; ++time) {
    Ensemble members_now = underspread(points, members, 0.7, time);
    inflate(members_now, factors);
    adaptation.update(factors, members_now, 0, members_now, of_the_truth(points, 0.5, time));
  }
  CHECK(factors.factor.head(20).mean() == Approx(1 / 0.49).epsilon(0.05));
  CHECK(factors.factor.tail(20).mean() == Approx(1).epsilon(0.05));
  CHECK(factors.factor.head(20).minCoeff() > factors.factor.tail(20).maxCoeff());
}

TEST_CASE("adaptive inflation refuses what makes no sense", "[adaptive_inflation]") {
  CHECK_THROWS_AS(AdaptiveInflation({.damping = 1.1}), Error);
  CHECK_THROWS_AS(AdaptiveInflation({.smallest_factor = 0}), Error);
  CHECK_THROWS_AS(AdaptiveInflation({.smallest_factor = 2, .largest_factor = 1.5}), Error);
  CHECK_THROWS_AS(AdaptiveInflation({.smallest_deviation = -1}), Error);
  CHECK_THROWS_AS(AdaptiveInflation().start(0), Error);
  CHECK_THROWS_AS(AdaptiveInflation().start(1, NAN), Error);
  const Grid line = line_of(8);
  CHECK_THROWS_AS(LocalAdaptiveInflation(line, {.smallest_weight = 1}), Error);
  const LocalAdaptiveInflation local(line, {});
  VarianceFactors factors = local.start(7);
  Ensemble rows = random_example(8, 4, 0).members;
  CHECK_THROWS_AS(inflate(rows, factors), Error);
  CHECK_THROWS_AS(local.update(factors, rows, 0, rows.topRows(1), measured(1, 1)), Error);
  factors = local.start(8);
  Measurement nowhere = measured(1, 1);
  nowhere.positions.resize(0, 0);
  CHECK_THROWS_AS(local.update(factors, rows, 0, rows.topRows(1), nowhere), Error);
}
