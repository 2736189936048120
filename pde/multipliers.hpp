#pragma once
#include <semiflow/pde/term.hpp>

namespace semiflow {

/// |k|^2 of every mode: [modes].
Eigen::ArrayXd square_wavenumber(const Grid& grid);
/// The smallest wavenumber but zero, 2 pi over the longest axis: the width of the shells of isotropic spectra.
double smallest_wavenumber(const Grid& grid);

/// The Laplacian.
Multiplier laplacian(const Grid& grid);
/// The inverse of lap - s^2 for s = inverse_radius >= 0; if s = 0 the mean is sent to zero.
Multiplier inverse_laplacian(const Grid& grid, double inverse_radius = 0);
/// |k|^power, with |k| the modulus of the wavenumber; for a negative power the mean is sent to zero.
Multiplier wavenumber_power(const Grid& grid, double power);
/// A number for every mode, by name: two multipliers of one name are taken to be the same.
Multiplier named(std::string name, Symbol symbol);

/// One after the other, and a multiple.
Multiplier operator*(const Multiplier& a, const Multiplier& b);
Multiplier operator*(double factor, const Multiplier& multiplier);

}  // namespace semiflow
