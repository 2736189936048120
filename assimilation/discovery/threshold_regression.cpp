#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <semiflow/assimilation/discovery/threshold_regression.hpp>
#include <semiflow/core/error.hpp>

#include "unit_equations.hpp"

namespace semiflow {

namespace {

void require_valid(const RidgeOptions& options) {
  require(std::isfinite(options.penalty) && options.penalty >= 0, "a penalty must be finite and not negative");
}

std::vector<Index> present(const detail::UnitEquations& unit, std::span<const Index> support) {
  std::vector<Index> chosen;
  for (const Index term : support)
    if (unit.gram(term, term) > 0) chosen.push_back(term);
  return chosen;
}

// In unit columns and a unit target, [term]. A raw penalty is that of columns of their own length.
Eigen::VectorXd unit_ridge(const detail::UnitEquations& unit, std::span<const Index> support,
                           const RidgeOptions& options) {
  const std::vector<Index> chosen = options.penalty > 0 ? present(unit, support) : detail::independent(unit, support);
  Eigen::VectorXd coefficients = Eigen::VectorXd::Zero(unit.terms());
  if (chosen.empty()) return coefficients;
  Eigen::MatrixXd gram = unit.gram(chosen, chosen);
  for (Index i = 0; const Index term : chosen) {
    const double norm = options.columns == ColumnScale::raw ? unit.norms(term) : 1;
    gram(i, i) += options.penalty / norm / norm;
    ++i;
  }
  const Eigen::VectorXd solution = Eigen::LLT<Eigen::MatrixXd>(gram).solve(unit.projection(chosen).eval());
  coefficients(chosen) = solution;
  return coefficients;
}

Eigen::VectorXd in_library_units(const detail::UnitEquations& unit, const Eigen::VectorXd& coefficients) {
  return unit.target_norm * coefficients.cwiseQuotient(unit.norms);
}

}  // namespace

Eigen::VectorXd ridge(const NormalEquations& equations, std::span<const Index> support, const RidgeOptions& options) {
  require_valid(options);
  const detail::UnitEquations unit = detail::unit_equations(equations);
  detail::require_support(support, unit.terms());
  return in_library_units(unit, unit_ridge(unit, support, options));
}

ThresholdedLeastSquares thresholded_least_squares(const NormalEquations& equations, const ThresholdOptions& options) {
  require_valid(options.ridge);
  require(std::isfinite(options.threshold) && options.threshold >= 0, "a threshold must be finite and not negative");
  require(options.max_iterations > 0, "thresholding needs at least one iteration");
  const detail::UnitEquations unit = detail::unit_equations(equations);
  ThresholdedLeastSquares result;
  result.support.resize(static_cast<std::size_t>(unit.terms()));
  std::iota(result.support.begin(), result.support.end(), Index{0});
  while (result.iterations < options.max_iterations && !result.converged) {
    const Eigen::VectorXd fitted = unit_ridge(unit, result.support, options.ridge);
    const Eigen::VectorXd compared =
        options.ridge.columns == ColumnScale::raw ? in_library_units(unit, fitted) : fitted;
    // A dependent column has no coefficient of its own, whatever the threshold.
    const auto gone = std::erase_if(result.support, [&](Index term) {
      return compared(term) == 0 || std::abs(compared(term)) < options.threshold;
    });
    ++result.iterations;
    result.converged = gone == 0;
  }
  result.coefficients = in_library_units(unit, unit_ridge(unit, result.support, {}));
  return result;
}

}  // namespace semiflow
