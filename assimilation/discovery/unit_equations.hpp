// Private to discovery/: the normal equations without units.
#pragma once
#include <Eigen/Core>
#include <semiflow/assimilation/discovery/normal_equations.hpp>
#include <span>
#include <vector>

namespace semiflow::detail {

/// The same regression with columns and target of unit norm, so that no threshold below depends on units.
/// A zero column or target stays zero, with norm 1.
struct UnitEquations {
  Eigen::MatrixXd gram;        ///< ones on the diagonal, zero for a zero column, [term x term]
  Eigen::VectorXd projection;  ///< cosines of the angles between columns and target, [term]
  double rows;
  Eigen::VectorXd norms;  ///< of the columns, [term]
  double target_norm;
  bool zero_target;

  Index terms() const { return projection.size(); }
};

/// A unit target is known from its sums to about this much of its square, so no residual square below it means
/// anything. It bounds the noise precision by 1e14 N / t't.
inline constexpr double smallest_residual = 1e-14;

/// Below this square of its part outside the others' span, a unit column is known only to be dependent: a Gram
/// matrix summed over many rows carries errors of some 1e-14.
inline constexpr double dependent_square = 1e-12;

/// Throws Error unless the sums are finite, of matching sizes and such that some data could have them.
UnitEquations unit_equations(const NormalEquations& equations);

/// Those candidates that are not, to rounding, combinations of earlier ones (Cholesky in the given order).
std::vector<Index> independent(const UnitEquations& unit, std::span<const Index> candidates);

/// Square of the part of every column outside the span of the chosen, independent ones, [term].
Eigen::VectorXd outside_span(const UnitEquations& unit, const std::vector<Index>& chosen);

/// Throws Error unless the support holds terms of the library, each once.
void require_support(std::span<const Index> support, Index terms);

}  // namespace semiflow::detail
