#pragma once
#include <semiflow/core/grid.hpp>
#include <semiflow/pde/symbol.hpp>
#include <string>
#include <vector>

namespace semiflow {

/// Multiplies every Fourier mode by a number: a derivative, an inverse Laplacian, a filter. The name is
/// its identity: multipliers of the same name are taken to be the same, and are evaluated once.
struct Multiplier {
  std::string name;  ///< e.g. "xx" for a second derivative; empty for the identity
  Symbol symbol{};   ///< empty for the identity
};

/// d^order / dx^order along an axis. An odd derivative of the Nyquist mode is zero, as it is for the
/// interpolating trigonometric polynomial.
Multiplier derivative(const Grid& grid, Index axis, Index order);

/// One factor of a product: multipliers applied to fields of the state, or a given field.
struct Factor {
  Index field = 0;
  Multiplier multiplier{};
  /// Parts that are added, of other fields: a layer's stream function sees the vorticity of every layer.
  std::vector<Factor> plus{};
  /// [points]: if not empty, the values of a field that does not depend on the state (a topography, a mask, a
  /// force). The name of the multiplier is its name.
  Eigen::VectorXd given{};

  bool is_given() const { return given.size() > 0; }
};

/// One term of a right-hand side,
///
///   d u_target / dt = ... + coefficient * outer [ product of factors ],
///
/// with the product taken point by point. A term is data: it can be scaled, compared, added to an equation
/// and written to a file. With one factor it is linear; with given factors alone it is a force.
struct Term {
  std::string name;  ///< as printed and as the user writes it, e.g. "u u_x"
  double coefficient = 1;
  std::vector<Factor> factors{};
  Multiplier outer{};
  Index target = 0;

  /// Linear, with constant coefficients: a multiplier of modes.
  bool is_linear() const { return factors.size() == 1 && !factors[0].is_given(); }
  /// Linear, and diagonal in Fourier space: it belongs to the symbol L.
  bool is_diagonal() const { return is_linear() && factors[0].plus.empty() && factors[0].field == target; }
};

/// The term u^power d^order u / dx^order of a scalar field on a line, named like "u^2 u_xx"; with
/// order = 0 it is u^power. Transport terms are written in conservation form,
/// u^p u_x = (u^(p+1))_x / (p+1), so that they conserve the mean exactly and need one transform less.
Term monomial(const Grid& grid, Index power, Index order, double coefficient = 1);

/// Every monomial with power <= max_power and order <= max_order but the constant, ordered by derivative
/// and then by power: the library of Mojgani et al. (2022) for max_power = max_order = 4 (24 terms).
std::vector<Term> monomials(const Grid& grid, Index max_power, Index max_order);

}  // namespace semiflow
