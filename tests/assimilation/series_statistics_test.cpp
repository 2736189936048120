#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <semiflow/assimilation/series_statistics.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>

using namespace semiflow;

namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

// A stationary autoregressive process of order one with mean 3 and variance 1.
Eigen::VectorXd process(Index n, double correlation, std::uint64_t seed) {
  Eigen::VectorXd x = standard_normal(n, {seed, 1000, 0});
  for (Index k = 1; k < n; ++k) x(k) = correlation * x(k - 1) + std::sqrt(1 - correlation * correlation) * x(k);
  return x.array() + 3;
}

// Sum over all i, j, at which there is a value, of a^|i-j|, over their number squared: the variance of the mean.
double variance_of_mean(const Eigen::VectorXd& series, double correlation) {
  double sum = 0, values = 0;
  for (Index i = 0; i < series.size(); ++i) {
    if (std::isnan(series(i))) continue;
    ++values;
    for (Index j = 0; j < series.size(); ++j)
      if (!std::isnan(series(j))) sum += std::pow(correlation, std::abs(static_cast<double>(i - j)));
  }
  return sum / (values * values);
}

Eigen::VectorXd with_gaps(Eigen::VectorXd series, double share, std::uint64_t seed) {
  const Eigen::VectorXd chance = uniform(series.size(), {seed, 1001, 0});
  for (Index k = 0; k < series.size(); ++k)
    if (chance(k) < share) series(k) = missing;
  return series;
}

}  // namespace

TEST_CASE("the effective number of values is that of an AR(1) process with its gaps", "[series]") {
  const double share = GENERATE(0., 0.3);
  const Eigen::VectorXd series = with_gaps(process(200, 0.7, 4), share, 4);
  const SeriesMean found = series_mean(series);
  CHECK(found.correlation == Approx(0.7).margin(0.2));
  CHECK(found.effective_values == Approx(1 / variance_of_mean(series, found.correlation)).epsilon(1e-12));
  CHECK(found.values == (series.array() == series.array()).count());

  double sum = 0, squares = 0;
  for (const double value : series) sum += std::isnan(value) ? 0 : value;
  CHECK(found.mean == Approx(sum / static_cast<double>(found.values)).epsilon(1e-14));
  for (const double value : series) squares += std::isnan(value) ? 0 : std::pow(value - found.mean, 2);
  CHECK(found.standard_error ==
        Approx(std::sqrt(squares / static_cast<double>(found.values) / (found.effective_values - 1))).epsilon(1e-12));
}

// mean_with_conf() of DAPPER 1.7.1, /tools/series.py, on this series without random numbers.
TEST_CASE("the standard error is that of DAPPER but for its finite length", "[series]") {
  Eigen::VectorXd series(200);
  for (int k = 0; k < 200; ++k)
    series(k) = 2 + std::cos(0.3 * k) + 0.5 * std::cos(1.1 * k * k / 7) + 0.4 * std::sin(0.05 * k);
  const SeriesMean found = series_mean(series);
  CHECK(found.mean == Approx(2.075827035815925).epsilon(1e-13));
  const double n = found.effective_values;
  CHECK(found.standard_error * std::sqrt((n - 1) / n) == Approx(0.16497938336924037).epsilon(1e-12));
}

TEST_CASE("the squared standard error is the variance of the mean, on average", "[series]") {
  const double correlation = GENERATE(0., 0.5, 0.8);
  const Index length = 1000, seeds = 1000;
  double fitted = 0, batched = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const Eigen::VectorXd series = process(length, correlation, seed);
    fitted += std::pow(series_mean(series).standard_error, 2) / seeds;
    batched += std::pow(batch_mean(series).standard_error, 2) / seeds;
  }
  const auto variance = [&](Index values) { return variance_of_mean(Eigen::VectorXd::Zero(values), correlation); };
  // White noise is a little correlated in one series of six: sampling errors count if they are positive.
  CHECK(fitted / variance(length) == Approx(1).margin(correlation == 0 ? 0.04 : 0.02));
  // Batches of 50 values are not quite independent; chi-squared with 19 degrees of freedom has a deviation of 1/3.
  CHECK(batched / ((variance(50) - variance(length)) / 19) == Approx(1).margin(0.03));
}

TEST_CASE("the interval of 95 % holds the mean of the process in 95 % of all series", "[series]") {
  const double correlation = GENERATE(0., 0.5, 0.9), share = GENERATE(0., 0.3);
  const Index length = 1000, seeds = 2000;
  Index fitted = 0, batched = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const Eigen::VectorXd series = with_gaps(process(length, correlation, seed), share, seed);
    const SeriesMean ar = series_mean(series), batches = batch_mean(series);
    fitted += std::abs(ar.mean - 3) < ar.half_width;
    batched += std::abs(batches.mean - 3) < batches.half_width;
  }
  CAPTURE(correlation, share, fitted, batched);
  CHECK(static_cast<double>(fitted) / seeds == Approx(0.95).margin(0.015));
  CHECK(static_cast<double>(batched) / seeds == Approx(0.95).margin(0.03));
}

TEST_CASE("an interval says when a series is too short for it", "[series]") {
  const auto undefined = [](const SeriesMean& found) {
    return std::isnan(found.standard_error) && std::isnan(found.half_width) && std::isnan(found.effective_values);
  };
  CHECK(undefined(series_mean(process(5, 0, 1))));
  CHECK(undefined(series_mean(Eigen::VectorXd::LinSpaced(50, 0, 1))));
  CHECK(undefined(batch_mean(process(19, 0, 1))));
  CHECK(std::isnan(series_mean(Eigen::VectorXd::Constant(10, missing)).mean));
  CHECK(std::isnan(series_mean(Eigen::VectorXd(0)).mean));
  CHECK(series_mean(Eigen::VectorXd::Constant(10, 0.3)).half_width == 0);
  CHECK(series_mean(Eigen::VectorXd::Constant(10, 0.3)).mean == 0.3);
  CHECK(batch_mean(Eigen::VectorXd::Constant(40, 0.3)).half_width == 0);
}

TEST_CASE("series are refused with an infinite value or a single batch", "[series]") {
  Eigen::VectorXd series = process(30, 0, 1);
  CHECK_THROWS_AS(batch_mean(series, 1), Error);
  series(3) = INFINITY;
  CHECK_THROWS_AS(series_mean(series), Error);
  CHECK_THROWS_AS(batch_mean(series), Error);
}
