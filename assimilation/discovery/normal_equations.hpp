#pragma once
#include <Eigen/Core>
#include <semiflow/core/ensemble.hpp>
#include <span>
#include <vector>

namespace semiflow {

/// What a linear regression t = Phi w + noise needs to know of its data, and nothing else: sums over rows.
/// There may be 1e9 rows spread over ranks; every rank sums its own and the sums are added.
struct NormalEquations {
  Eigen::MatrixXd gram;        ///< Phi'Phi, [term x term], both triangles
  Eigen::VectorXd projection;  ///< Phi't, [term]
  double target_square = 0;    ///< t't
  /// Number of *independent* rows N. It may be fewer than were summed, and need not be whole, when rows are
  /// correlated: the sums stay as they are, the noise precision N/rss then carries the weaker information.
  double rows = 0;

  Index terms() const { return projection.size(); }
  /// Adds other rows of the same library; a default-constructed left side takes the right side's size.
  NormalEquations& operator+=(const NormalEquations& other);
};

/// The sums of a block of rows: library [row x term], target [row]. All rows count as independent.
NormalEquations normal_equations(const Eigen::Ref<const Eigen::MatrixXd>& library,
                                 const Eigen::Ref<const Eigen::VectorXd>& target);

/// Ordinary least squares on some of the terms, in the units of the library.
struct LeastSquares {
  Eigen::VectorXd coefficients;        ///< [term], zero outside the support
  Eigen::VectorXd standard_deviation;  ///< [term], zero outside the support; infinite where undetermined
  double residual_square = 0;          ///< rss, at least 1e-14 t't: sums over rows resolve no less
  double relative_residual = 0;        ///< sqrt(rss / t't); 0 for a zero target
};

/// Least squares on the support by Cholesky of the unit-column Gram matrix; sd^2 = rss / (N - terms) (G^-1)_jj.
/// A term that depends on earlier ones of the support (or is a zero column) gets coefficient 0 and an infinite
/// standard deviation, as has every term when rows do not exceed terms. Throws Error on inconsistent sums and
/// on a support with repeated or unknown terms.
LeastSquares refit(const NormalEquations& equations, std::span<const Index> support);

/// Drops terms, one at a time and with a refit after each, while the one that contributes least adds less than
/// minimum_contribution to the residual: sqrt((rss_without - rss_with) / t't) < minimum_contribution. That is
/// the share of the target's rms that only this term explains, so units and column scales do not matter.
/// Returns the rest in the given order, possibly nothing. Dependent terms contribute nothing; of those the
/// later ones in the support go first.
std::vector<Index> eliminate_backward(const NormalEquations& equations, std::vector<Index> support,
                                      double minimum_contribution);

/// How well the terms of a library can be told apart, whatever their scales. Zero columns are left out.
struct Collinearity {
  double condition = 1;  ///< of the library with unit columns (the root of its Gram matrix's)
  /// [term], 1 / (1 - R^2) of the term regressed on all others without a constant; infinite for a dependent
  /// term and for a zero column. Above about 10 deserves a warning, above 1e3 the term has a double.
  Eigen::VectorXd variance_inflation;
  /// [term], the combination sum_j c_j phi_j that comes nearest to nothing, in the units of the library; the
  /// term with the largest share in it has coefficient 1. Noise in the target shows up along it.
  Eigen::VectorXd weakest_direction;
};

Collinearity collinearity(const NormalEquations& equations);

}  // namespace semiflow
