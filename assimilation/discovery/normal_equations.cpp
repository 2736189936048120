#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>
#include <semiflow/assimilation/discovery/normal_equations.hpp>
#include <semiflow/core/error.hpp>

#include "unit_equations.hpp"

namespace semiflow {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct UnitFit {
  Eigen::VectorXd coefficients;      // [support]
  Eigen::VectorXd inverse_diagonal;  // (G^-1)_jj, [support]
  double residual_square;
};

// Cholesky needs no diagonal scaling of its own: its rounding errors are invariant to it (Higham, Accuracy and
// Stability of Numerical Algorithms, 2002, section 10.1). The columns are independent by construction.
UnitFit fit(const detail::UnitEquations& unit, const std::vector<Index>& support) {
  const auto size = static_cast<Index>(support.size());
  if (size == 0) return {{}, {}, 1};
  const Eigen::LLT<Eigen::MatrixXd> cholesky(unit.gram(support, support));
  const Eigen::VectorXd half = cholesky.matrixL().solve(unit.projection(support).eval());
  const Eigen::MatrixXd inverse_factor = cholesky.matrixL().solve(Eigen::MatrixXd::Identity(size, size));
  return {.coefficients = cholesky.matrixU().solve(half),
          .inverse_diagonal = inverse_factor.colwise().squaredNorm().transpose(),
          .residual_square = std::max(1 - half.squaredNorm(), detail::smallest_residual)};
}

}  // namespace

NormalEquations& NormalEquations::operator+=(const NormalEquations& other) {
  if (terms() == 0 && rows == 0) return *this = other;
  require(gram.rows() == other.gram.rows() && gram.cols() == other.gram.cols() && terms() == other.terms(),
          "normal equations of different libraries cannot be added");
  gram += other.gram;
  projection += other.projection;
  target_square += other.target_square;
  rows += other.rows;
  return *this;
}

NormalEquations normal_equations(const Eigen::Ref<const Eigen::MatrixXd>& library,
                                 const Eigen::Ref<const Eigen::VectorXd>& target) {
  require(library.rows() == target.size(), "the library and the target differ in their number of rows");
  if (library.size() == 0)  // an empty rank; BLAS refuses empty matrices
    return {.gram = Eigen::MatrixXd::Zero(library.cols(), library.cols()),
            .projection = Eigen::VectorXd::Zero(library.cols()),
            .target_square = target.squaredNorm(),
            .rows = static_cast<double>(target.size())};
  return {.gram = library.transpose() * library,
          .projection = library.transpose() * target,
          .target_square = target.squaredNorm(),
          .rows = static_cast<double>(target.size())};
}

LeastSquares refit(const NormalEquations& equations, std::span<const Index> support) {
  const detail::UnitEquations unit = detail::unit_equations(equations);
  detail::require_support(support, unit.terms());
  const std::vector<Index> chosen = detail::independent(unit, support);
  const UnitFit solution = fit(unit, chosen);

  LeastSquares result{.coefficients = Eigen::VectorXd::Zero(unit.terms()),
                      .standard_deviation = Eigen::VectorXd::Zero(unit.terms()),
                      .residual_square = solution.residual_square * equations.target_square,
                      .relative_residual = unit.zero_target ? 0 : std::sqrt(solution.residual_square)};
  for (const Index term : support) result.standard_deviation(term) = infinity;
  const double freedom = unit.rows - static_cast<double>(chosen.size());
  for (Index i = 0; const Index term : chosen) {
    result.coefficients(term) = solution.coefficients(i) * unit.target_norm / unit.norms(term);
    if (freedom > 0)
      result.standard_deviation(term) =
          std::sqrt(result.residual_square / freedom * solution.inverse_diagonal(i)) / unit.norms(term);
    ++i;
  }
  return result;
}

std::vector<Index> eliminate_backward(const NormalEquations& equations, std::vector<Index> support,
                                      double minimum_contribution) {
  require(std::isfinite(minimum_contribution) && minimum_contribution >= 0,
          "the minimum contribution is a share of the target's rms, at least 0");
  const detail::UnitEquations unit = detail::unit_equations(equations);
  detail::require_support(support, unit.terms());
  if (minimum_contribution == 0) return support;
  if (unit.zero_target) return {};
  support = detail::independent(unit, support);
  while (!support.empty()) {
    const UnitFit solution = fit(unit, support);
    // Without term j and with a refit of the others the residual square grows by exactly w_j^2 / (G^-1)_jj.
    const Eigen::ArrayXd contributions = solution.coefficients.array().abs() / solution.inverse_diagonal.array().sqrt();
    Index least = 0;
    if (contributions.minCoeff(&least) >= minimum_contribution) break;
    support.erase(support.begin() + least);
  }
  return support;
}

Collinearity collinearity(const NormalEquations& equations) {
  const detail::UnitEquations unit = detail::unit_equations(equations);
  Collinearity result{.variance_inflation = Eigen::VectorXd::Constant(unit.terms(), infinity),
                      .weakest_direction = Eigen::VectorXd::Zero(unit.terms())};
  std::vector<Index> present;
  for (Index j = 0; j < unit.terms(); ++j)
    if (unit.gram(j, j) > 0) present.push_back(j);
  if (present.empty()) return result;

  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(unit.gram(present, present));
  const Eigen::VectorXd& values = eigen.eigenvalues();
  const Eigen::MatrixXd& directions = eigen.eigenvectors();
  const bool singular = values(0) <= detail::dependent_square;
  result.condition = singular ? infinity : std::sqrt(values(values.size() - 1) / values(0));

  Index largest = 0;
  directions.col(0).cwiseAbs().maxCoeff(&largest);
  const Index reference = present[static_cast<std::size_t>(largest)];
  for (Index i = 0; const Index term : present) {
    double inflation = 0;
    for (Index k = 0; k < values.size(); ++k) {
      const double share = directions(i, k) * directions(i, k);
      if (values(k) > detail::dependent_square)
        inflation += share / values(k);
      else if (share > detail::dependent_square)
        inflation = infinity;
    }
    result.variance_inflation(term) = inflation;
    result.weakest_direction(term) =
        directions(i, 0) / directions(largest, 0) * unit.norms(reference) / unit.norms(term);
    ++i;
  }
  return result;
}

}  // namespace semiflow
