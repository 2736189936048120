#include <algorithm>
#include <cmath>
#include <semiflow/assimilation/adaptive_inflation.hpp>
#include <semiflow/assimilation/observations.hpp>
#include <semiflow/core/error.hpp>

#include "group_sums.hpp"
#include "local_sensors.hpp"
#include "row_tile.hpp"

namespace semiflow {

namespace {

bool positive(double value) { return value > 0 && std::isfinite(value); }

void validate(const Adaptation& adaptation) {
  require(adaptation.damping >= 0 && adaptation.damping <= 1, "the damping of an adaptive inflation must be in [0, 1]");
  require(positive(adaptation.smallest_factor) && std::isfinite(adaptation.largest_factor) &&
              adaptation.largest_factor >= adaptation.smallest_factor,
          "the factors of an adaptive inflation must be positive, and the largest at least the smallest");
  require(adaptation.smallest_deviation >= 0 && std::isfinite(adaptation.smallest_deviation),
          "the smallest deviation of an adaptive inflation must be non-negative and finite");
}

void validate(const VarianceFactors& factors, Index count) {
  require(factors.factor.size() == count && factors.deviation.size() == count,
          "there must be one factor a row, or one for all, and a deviation of each");
  require((factors.factor.array() > 0).all() && factors.factor.allFinite() && (factors.deviation.array() >= 0).all() &&
              factors.deviation.allFinite(),
          "the factors of an inflation must be positive, their deviations non-negative, and all finite");
}

VarianceFactors equal_factors(Index count, double factor, double deviation) {
  VarianceFactors factors{Eigen::VectorXd::Constant(count, factor), Eigen::VectorXd::Constant(count, deviation)};
  validate(factors, count);
  return factors;
}

// A factor lambda and what is known of it.
struct Estimate {
  double factor, deviation;
};

// What one sensor tells: p is the forecast variance without inflation, g = taper |correlation|.
struct Evidence {
  double squared_innovation, p, error_variance, g;

  double variance(double factor) const {
    const double scale = 1 + g * (std::sqrt(factor) - 1);
    return scale * scale * p + error_variance;
  }
  double log_likelihood(double factor) const {
    const double v = variance(factor);
    return -0.5 * (std::log(v) + squared_innovation / v);
  }
};

// The mode of the exact posterior for g = 1. With x = theta^2 = b + p u at a distance u from the prior, the slope vanishes
// where x^2 u + c (x - d) = 0: between u = 0 and x = d. That is positive at the upper end, and convex there, so that
// Newton steps from there come down to the largest root, the one nearest to the prior.
double exact_mode(const Estimate& prior, const Evidence& seen) {
  const double b = seen.variance(prior.factor), c = prior.deviation * prior.deviation * seen.p / 2;
  const double d = seen.squared_innovation, end = (d - b) / seen.p;
  double lower = std::min(end, 0.0), upper = std::max(end, 0.0), u = upper;
  for (int i = 0; i < 100; ++i) {
    const double x = b + seen.p * u, value = x * x * u + c * (x - d);
    (value < 0 ? lower : upper) = u;
    double next = u - value / (x * (x + 2 * seen.p * u) + c * seen.p);
    if (!(next >= lower && next <= upper)) next = (lower + upper) / 2;
    if (std::abs(next - u) <= 1e-16 * (prior.factor + std::abs(u))) break;
    u = next;
  }
  return prior.factor + u;
}

// The mode of exp(-u^2 / (2 s^2)) (1 + slope u), nearest to u = 0, where slope is that of the log-likelihood.
double linearised_mode(const Estimate& prior, const Evidence& seen) {
  const double root = std::sqrt(prior.factor), v = seen.variance(prior.factor);
  const double slope_of_variance = seen.g * (1 + seen.g * (root - 1)) * seen.p / root;
  const double slope = slope_of_variance * (seen.squared_innovation / v - 1) / (2 * v);
  const double s2 = prior.deviation * prior.deviation;
  return prior.factor + 2 * s2 * slope / (1 + std::sqrt(1 + 4 * s2 * slope * slope));
}

Estimate moved_to(double mode, const Estimate& prior, const Evidence& seen, const Adaptation& limits) {
  Estimate posterior{std::clamp(mode, limits.smallest_factor, limits.largest_factor), prior.deviation};
  if (prior.deviation <= limits.smallest_deviation) return posterior;
  const auto log_density = [&](double factor) {
    return seen.log_likelihood(factor) - 0.5 * std::pow((factor - prior.factor) / prior.deviation, 2);
  };
  const double drop = log_density(posterior.factor) - log_density(posterior.factor + prior.deviation);
  if (drop > 0.5) posterior.deviation = std::max(prior.deviation / std::sqrt(2 * drop), limits.smallest_deviation);
  return posterior;
}

void damp(Eigen::VectorXd& factors, const Adaptation& adaptation) {
  if (adaptation.damping != 1)
    factors =
        (1 + adaptation.damping * (factors.array() - 1)).max(adaptation.smallest_factor).min(adaptation.largest_factor);
}

}  // namespace

void inflate(EnsembleRef rows, const VarianceFactors& factors) {
  const bool one = factors.factor.size() == 1;
  validate(factors, one ? 1 : rows.rows());
  require(rows.cols() > 0, "an inflation needs members");
  Eigen::ArrayXd root = factors.factor.array().sqrt();
  if (one) root = Eigen::ArrayXd::Constant(rows.rows(), root(0));
  const Eigen::ArrayXd mean = detail::member_mean(rows);
  for (Index k = 0; k < rows.cols(); ++k)
    rows.col(k) = (root == 1).select(rows.col(k).array(), mean + root * (rows.col(k).array() - mean));
}

AdaptiveInflation::AdaptiveInflation(const Adaptation& adaptation) : adaptation_(adaptation) { validate(adaptation); }

VarianceFactors AdaptiveInflation::start(double factor, double deviation) const {
  return equal_factors(1, factor, deviation);
}

void AdaptiveInflation::update(VarianceFactors& factors, EnsembleView predicted, const Measurement& measurement) const {
  semiflow::validate(predicted, measurement);
  validate(factors, 1);
  const Eigen::ArrayXd variance = detail::member_variance(predicted) / factors.factor(0);
  const Eigen::ArrayXd innovation = measurement.values - predicted.rowwise().mean();
  Estimate estimate{factors.factor(0), factors.deviation(0)};
  for (Index j = 0; j < predicted.rows(); ++j) {
    if (!(variance(j) > 0)) continue;
    const Evidence seen{innovation(j) * innovation(j), variance(j), measurement.error_variance(j), 1};
    estimate = moved_to(exact_mode(estimate, seen), estimate, seen, adaptation_);
  }
  factors.factor(0) = estimate.factor;
  factors.deviation(0) = estimate.deviation;
  damp(factors.factor, adaptation_);
}

LocalAdaptiveInflation::LocalAdaptiveInflation(const Grid& grid, const Options& options)
    : grid_(grid), options_(options) {
  semiflow::validate(options.taper);
  validate(options.adaptation);
  require(options.smallest_weight >= 0 && options.smallest_weight < 1, "smallest_weight must be in [0, 1)");
}

VarianceFactors LocalAdaptiveInflation::start(Index rows, double factor, double deviation) const {
  return equal_factors(rows, factor, deviation);
}

void LocalAdaptiveInflation::update(VarianceFactors& factors, EnsembleView rows, Index begin, EnsembleView predicted,
                                    const Measurement& measurement) const {
  using detail::RowStrip, detail::StripColumn, detail::strip_rows;
  semiflow::validate(predicted, measurement);
  validate(factors, rows.rows());
  require(begin >= 0, "the first row of a local update must not be negative");
  require(rows.cols() == predicted.cols(), "rows and predictions must be of the same members");
  const Index members = rows.cols();
  const Eigen::ArrayXd mean = detail::member_mean(predicted), variance = detail::member_variance(predicted);
  const Eigen::MatrixXd anomalies = (predicted.colwise() - mean.matrix()).transpose();  // [member x sensor]
  detail::StripSensors sensors(grid_, measurement, options_.taper, options_.smallest_weight);

  RowStrip strip = RowStrip::Zero(strip_rows, members);
  for (Index first = 0; first < rows.rows(); first += strip_rows) {
    const Index count = std::min(strip_rows, rows.rows() - first);
    strip.topRows(count) = rows.middleRows(first, count).array();
    const StripColumn row_mean = detail::member_mean(strip);
    StripColumn squares = StripColumn::Zero();
    for (Index k = 0; k < members; ++k) {
      strip.col(k) -= row_mean;
      squares += strip.col(k).square();
    }
    const auto base = factors.factor.segment(first, count).eval();
    for (const auto& [j, weight] : sensors.near(begin + first, count)) {
      StripColumn product = StripColumn::Zero();
      for (Index k = 0; k < members; ++k) product += anomalies(k, j) * strip.col(k);
      const double norm = variance(j) * static_cast<double>(members - 1), innovation = measurement.values(j) - mean(j);
      for (Index i = 0; i < count; ++i) {
        if (!(norm * squares(i) > 0) || weight(i) == 0) continue;
        const double g = weight(i) * std::min(1.0, std::abs(product(i)) / std::sqrt(norm * squares(i)));
        const double applied = 1 + g * (std::sqrt(base(i)) - 1);
        const Evidence seen{innovation * innovation, variance(j) / (applied * applied), measurement.error_variance(j),
                            g};
        const Estimate prior{factors.factor(first + i), factors.deviation(first + i)};
        const auto [factor, deviation] = moved_to(linearised_mode(prior, seen), prior, seen, options_.adaptation);
        factors.factor(first + i) = factor;
        factors.deviation(first + i) = deviation;
      }
    }
  }
  damp(factors.factor, options_.adaptation);
}

}  // namespace semiflow
