#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <semiflow/assimilation/discovery/innovation_discovery.hpp>
#include <semiflow/assimilation/observations.hpp>
#include <semiflow/core/error.hpp>

namespace semiflow {

namespace {

Eigen::MatrixXd taper_weights(const Grid& grid, const Eigen::MatrixXd& positions, const Taper& taper) {
  const Index sensors = positions.cols();
  Eigen::MatrixXd weights(sensors, sensors);
  for (Index i = 0; i < sensors; ++i)
    for (Index j = 0; j <= i; ++j) {
      weights(i, j) = taper_weight(taper, periodic_distance(grid, positions.col(i), positions.col(j)));
      weights(j, i) = weights(i, j);
    }
  return weights;
}

// Mean square of what coefficients [term], of the window's model and more, leave of the innovations.
double misfit(const InnovationWindow& window, const Eigen::VectorXd& coefficients) {
  const Eigen::VectorXd change = coefficients - window.in_model;
  const NormalEquations& sums = window.sums;
  const double left = sums.target_square - 2 * change.dot(sums.projection) + change.dot(sums.gram * change);
  return std::max(left, 0.0) / sums.rows;
}

// The same drawn towards 1 as by a hundred rows more. A filter that is inflated for a wrong model expects larger innovations
// than the right one has: it may be below 1.
double noise(const InnovationWindow& window, const Eigen::VectorXd& coefficients) {
  constexpr double expected_rows = 100;
  return (window.sums.rows * misfit(window, coefficients) + expected_rows) / (window.sums.rows + expected_rows);
}

}  // namespace

WhitenedRows innovation_rows(const Grid& grid, EnsembleView predicted, const Measurement& measurement,
                             const Eigen::MatrixXd& sensitivity, const ForecastCovariance& covariance) {
  validate(predicted, measurement);
  const Index sensors = predicted.rows();
  require(sensitivity.rows() == sensors, "the sensitivity has one row for each sensor");
  const Eigen::VectorXd mean = predicted.rowwise().mean();
  const Eigen::MatrixXd anomalies = predicted.colwise() - mean;
  Eigen::MatrixXd noise = covariance.prior_std * covariance.prior_std / static_cast<double>(predicted.cols() - 1) *
                          (anomalies * anomalies.transpose());
  if (!std::holds_alternative<NoTaper>(covariance.taper)) {
    require(measurement.positions.cols() == sensors, "a taper needs the position of every sensor");
    noise.array() *= taper_weights(grid, measurement.positions, covariance.taper).array();
  }
  noise.diagonal() += measurement.error_variance;
  const Eigen::LLT<Eigen::MatrixXd> cholesky(noise);
  require(cholesky.info() == Eigen::Success, "the tapered covariance of the innovations is not positive");
  WhitenedRows rows{.library = sensitivity, .target = measurement.values - mean};
  if (rows.library.cols() > 0) cholesky.matrixL().solveInPlace(rows.library);
  cholesky.matrixL().solveInPlace(rows.target);
  return rows;
}

InnovationDiscovery discover_from_innovations(std::span<const InnovationWindow> windows, double half_life) {
  require(!windows.empty(), "a discovery needs a window");
  require(half_life > 0, "the half life of a window must be positive");
  std::vector<NormalEquations> weighted;
  NormalEquations all;
  std::vector<double> misfits;
  for (const InnovationWindow& window : windows) {
    require(window.in_model.size() == window.sums.terms(), "a window has one coefficient for each term");
    misfits.push_back(noise(window, window.in_model));
  }
  const double least = *std::ranges::min_element(misfits);
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const InnovationWindow& window = windows[i];
    const Eigen::VectorXd& in_model = window.in_model;
    const double age = static_cast<double>(windows.size() - 1 - i);
    const double weight = least / (misfits[i] * misfits[i]) * std::exp2(-age / half_life);
    const Eigen::VectorXd known = window.sums.gram * in_model;
    weighted.push_back({.gram = weight * window.sums.gram,
                        .projection = weight * (window.sums.projection + known),
                        .target_square = weight * (window.sums.target_square +
                                                   2 * in_model.dot(window.sums.projection) + in_model.dot(known)),
                        .rows = weight * window.sums.rows});
    all += weighted.back();
  }
  InnovationDiscovery result;
  result.found = describe_support(weighted, rank_supports(all, {.noise_variance = 1}).support, 1);
  // A weight that forgets is no inverse variance: bars that take it for one are too wide.
  const std::vector<Index>& support = result.found.support;
  if (!support.empty() && result.found.standard_deviation.allFinite()) {
    Eigen::MatrixXd covariance = Eigen::MatrixXd::Zero(std::ssize(support), std::ssize(support));  // of the projection
    for (std::size_t i = 0; i < windows.size(); ++i) {
      const double weight = weighted[i].rows / windows[i].sums.rows;
      covariance +=
          weight * weight * noise(windows[i], result.found.coefficients) * windows[i].sums.gram(support, support);
    }
    const Eigen::LDLT<Eigen::MatrixXd> gram(all.gram(support, support));
    const Eigen::MatrixXd left = gram.solve(covariance);
    result.found.standard_deviation(support) = gram.solve(left.transpose()).diagonal().cwiseSqrt();
  }
  result.misfit_of_model = misfit(windows.back(), windows.back().in_model);
  result.misfit = misfit(windows.back(), result.found.coefficients);
  return result;
}

}  // namespace semiflow
