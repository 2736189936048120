#include "unit_equations.hpp"

#include <Eigen/Cholesky>
#include <cmath>
#include <semiflow/core/error.hpp>

namespace semiflow::detail {

UnitEquations unit_equations(const NormalEquations& equations) {
  const auto& [gram, projection, target_square, rows] = equations;
  const Index terms = equations.terms();
  require(gram.rows() == terms && gram.cols() == terms, "the Gram matrix and the projection differ in their terms");
  require(gram.allFinite() && projection.allFinite() && std::isfinite(target_square) && std::isfinite(rows),
          "the normal equations hold a number that is not finite");
  require(rows > 0, "the normal equations have no rows");
  require(target_square >= 0 && (gram.diagonal().array() >= 0).all(), "a sum of squares is negative");

  UnitEquations unit{.gram = gram,
                     .projection = projection,
                     .rows = rows,
                     .norms = gram.diagonal().cwiseSqrt(),
                     .target_norm = std::sqrt(target_square),
                     .zero_target = target_square == 0};
  for (Index j = 0; j < terms; ++j)
    if (unit.norms(j) == 0) unit.norms(j) = 1;
  if (unit.zero_target) unit.target_norm = 1;
  // One norm at a time: the product of two may overflow where the quotient does not.
  unit.gram = unit.norms.cwiseInverse().asDiagonal() * unit.gram * unit.norms.cwiseInverse().asDiagonal();
  unit.projection.array() /= unit.norms.array() * unit.target_norm;
  // What no data can have is a mistake of the caller: one triangle only, sums of different rows.
  const double slack = 1e-6;
  if (terms > 0) {
    require((unit.gram - unit.gram.transpose()).cwiseAbs().maxCoeff() < slack, "the Gram matrix is not symmetric");
    const Eigen::ArrayXd norms = unit.gram.diagonal();
    require((unit.gram.array().abs() <= (norms.matrix() * norms.matrix().transpose()).array() + slack).all() &&
                (unit.projection.array().abs() <= (unit.zero_target ? 0.0 : 1.0) * norms + slack).all(),
            "the normal equations break the Cauchy-Schwarz inequality, so they are sums of different rows");
  }
  return unit;
}

std::vector<Index> independent(const UnitEquations& unit, std::span<const Index> candidates) {
  const auto count = static_cast<Index>(candidates.size());
  Eigen::MatrixXd factor = Eigen::MatrixXd::Zero(count, count);  // lower, one row a chosen column
  std::vector<Index> chosen;
  for (const Index term : candidates) {
    const auto size = static_cast<Index>(chosen.size());
    Eigen::VectorXd row = unit.gram(chosen, term);
    factor.topLeftCorner(size, size).triangularView<Eigen::Lower>().solveInPlace(row);
    const double remainder = unit.gram(term, term) - row.squaredNorm();
    if (remainder <= dependent_square) continue;
    factor.row(size).head(size) = row.transpose();
    factor(size, size) = std::sqrt(remainder);
    chosen.push_back(term);
  }
  return chosen;
}

Eigen::VectorXd outside_span(const UnitEquations& unit, const std::vector<Index>& chosen) {
  if (chosen.empty()) return unit.gram.diagonal();  // BLAS refuses empty matrices
  const Eigen::LLT<Eigen::MatrixXd> cholesky(unit.gram(chosen, chosen));
  const Eigen::MatrixXd inside = cholesky.matrixL().solve(unit.gram(chosen, Eigen::all).eval());
  return unit.gram.diagonal() - inside.colwise().squaredNorm().transpose();
}

void require_support(std::span<const Index> support, Index terms) {
  std::vector<bool> seen(static_cast<std::size_t>(terms), false);
  for (const Index term : support) {
    require(term >= 0 && term < terms, "a term of the support is not in the library");
    require(!seen[static_cast<std::size_t>(term)], "a term stands twice in the support");
    seen[static_cast<std::size_t>(term)] = true;
  }
}

}  // namespace semiflow::detail
