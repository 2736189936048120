#pragma once
#include <limits>
#include <numbers>
#include <semiflow/pde/term.hpp>
#include <string_view>

namespace semiflow {

/// How products are kept free of aliases.
enum class Dealiasing {
  /// The factors and the result of a product of m factors keep the harmonics |n| < N / (m + 1) of every axis, the
  /// 2/3 rule for m = 2 (Orszag 1971); nothing else is truncated. A given field is taken as it is: what it has beyond that
  /// limit is aliased, so give a smooth one.
  truncation,
  /// Products are formed on a grid with (m + 1) / 2 times the points, the 3/2 rule for m = 2; all modes below the
  /// Nyquist number take part.
  padding,
  /// Products are taken as they come.
  none
};

/// Multiplies the state after every step by exp(-strength (kappa - cutoff)^4) where kappa > cutoff, with kappa the
/// modulus of the wavenumber times the spacing of the points (LaCasce 1996), the dealiasing of pyqg.
struct ExponentialFilter {
  double strength = 0;  ///< 0 is no filter; pyqg takes 23.6
  double cutoff = 0.65 * std::numbers::pi;
};

/// A periodic semilinear equation
///
///   u_t = L u + N(u),
///
/// as a list of named terms: those that are linear and diagonal make the symbol L, the others N. It is a
/// value: copy it, add a term, scale a term, make it wrong on purpose.
struct Semilinear {
  Grid grid;
  std::vector<Term> terms{};
  Index fields = 1;
  Dealiasing dealiasing = Dealiasing::truncation;
  /// Modes with a wavenumber above it are no part of the state: they are removed on entry and never fed.
  /// An ill-posed model (no damping of short waves) needs one.
  double cutoff = std::numeric_limits<double>::infinity();
  ExponentialFilter filter{};

  Index state_size() const { return fields * grid.points(); }
  /// The sum of the diagonal terms: L, [fields * modes].
  Eigen::ArrayXcd linear_symbol() const;
  /// The coefficient of a term, 0 if the equation has no such term.
  double coefficient(std::string_view name) const;
  /// The filter, 1 where it does nothing: [modes].
  Eigen::ArrayXd step_filter() const;
  /// Modes within the cutoff, as 0 or 1: [modes].
  Eigen::ArrayXd kept_modes() const;
};

/// Throws Error if a term names a field that the equation does not have, was made for a grid of another shape, has
/// no factors or a coefficient that is not finite, or if the cutoff is not a number. Every solver calls it.
void validate(const Semilinear& equation);

/// The same equation with one more term; the coefficients of terms of the same name are added.
Semilinear operator+(Semilinear equation, const Term& term);
Semilinear operator+(Semilinear equation, const std::vector<Term>& terms);

/// The same equation with another coefficient of one of its terms. Throws Error for an unknown name.
Semilinear with_coefficient(Semilinear equation, std::string_view name, double coefficient);

}  // namespace semiflow
