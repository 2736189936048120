#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <semiflow/assimilation/series_statistics.hpp>
#include <semiflow/core/error.hpp>

namespace semiflow {

namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();
constexpr Index lags = 4;

// Student's 97.5 % quantile by the expansion of Abramowitz & Stegun, 26.7.5: to 2e-4 from 5 degrees of freedom on.
double student_quantile(double freedom) {
  constexpr double z = 1.959963984540054;
  constexpr double z2 = z * z, z4 = z2 * z2, z6 = z4 * z2, z8 = z4 * z4;
  return z * (1 + (z2 + 1) / (4 * freedom) + (5 * z4 + 16 * z2 + 3) / (96 * std::pow(freedom, 2)) +
              (3 * z6 + 19 * z4 + 17 * z2 - 15) / (384 * std::pow(freedom, 3)) +
              (79 * z8 + 776 * z6 + 1482 * z4 - 1920 * z2 - 945) / (92160 * std::pow(freedom, 4)));
}

// Mean and deviations, 0 where a value is missing.
struct Deviations {
  Eigen::ArrayXd present;  // 1 or 0
  Eigen::ArrayXd values;
  SeriesMean found;
};

Deviations deviations(const Eigen::Ref<const Eigen::VectorXd>& series) {
  require(!series.array().isInf().any(), "the values of a series must be finite, or NaN where they are missing");
  Deviations result;
  result.present = (!series.array().isNaN()).cast<double>();
  result.found.values = static_cast<Index>(result.present.sum());
  result.values = series.array().isNaN().select(0, series.array());
  result.found.mean = result.values.sum() / result.present.sum();
  result.values -= result.found.mean * result.present;
  return result;
}

SeriesMean without_interval(SeriesMean found, double error) {
  found.standard_error = found.half_width = error;
  found.effective_values = error == 0 ? static_cast<double>(found.values) : undefined;
  return found;
}

// Rounding alone does not make a series vary.
bool is_constant(const Deviations& x) { return x.values.abs().maxCoeff() <= 1e-14 * std::abs(x.found.mean); }

double fitted_correlation(const std::array<double, lags + 1>& covariance, Index values) {
  const auto n = static_cast<double>(values);
  const double noise = covariance[0] / std::sqrt(n);
  std::size_t last = 0;
  while (last < lags && covariance[last + 1] > noise) ++last;
  if (last == 0) return 0;
  return std::min(std::pow(covariance[last] / covariance[0], 1 / static_cast<double>(last)), 1 - 1 / n);
}

}  // namespace

SeriesMean series_mean(const Eigen::Ref<const Eigen::VectorXd>& series) {
  const Deviations x = deviations(series);
  SeriesMean found = x.found;
  if (found.values < lags + 2) return without_interval(found, undefined);
  if (is_constant(x)) return without_interval(found, 0);

  std::array<double, lags + 1> covariance{};
  for (Index lag = 0; lag <= lags; ++lag) {
    const Index n = series.size() - lag;
    const double pairs = (x.present.head(n) * x.present.tail(n)).sum();
    if (pairs > 0) covariance[static_cast<std::size_t>(lag)] = (x.values.head(n) * x.values.tail(n)).sum() / pairs;
  }
  found.correlation = fitted_correlation(covariance, found.values);

  // near is the sum over the values before of a to the power of their distance.
  double near = 0, pairs = 0;
  for (Index k = 0; k < series.size(); ++k) {
    near *= found.correlation;
    if (x.present(k) == 0) continue;
    pairs += near;
    near += 1;
  }
  const auto n = static_cast<double>(found.values);
  found.effective_values = n / (1 + 2 * pairs / n);
  if (!(found.effective_values > 2)) return without_interval(found, undefined);
  found.standard_error = std::sqrt(covariance[0] / (found.effective_values - 1));
  found.half_width = student_quantile(found.effective_values - 1) * found.standard_error;
  return found;
}

SeriesMean batch_mean(const Eigen::Ref<const Eigen::VectorXd>& series, Index batches) {
  require(batches >= 2, "the mean of a series needs at least two batches");
  const Deviations x = deviations(series);
  SeriesMean found = x.found;
  found.correlation = undefined;
  if (found.values < batches) return without_interval(found, undefined);
  if (is_constant(x)) return without_interval(found, 0);

  // Sums of deviations from the mean of all: together they are zero.
  Eigen::ArrayXd sums = Eigen::ArrayXd::Zero(batches);
  for (Index k = 0, value = 0; k < series.size(); ++k)
    if (x.present(k) != 0) sums(value++ * batches / found.values) += x.values(k);
  const auto b = static_cast<double>(batches), n = static_cast<double>(found.values);
  const double variance = x.values.square().sum() / (n - 1);
  found.standard_error = std::sqrt(sums.square().sum() * b / (b - 1)) / n;
  found.effective_values = variance / (found.standard_error * found.standard_error);
  found.half_width = student_quantile(b - 1) * found.standard_error;
  return found;
}

}  // namespace semiflow
