#pragma once
#include <semiflow/pde/term.hpp>
#include <string>

namespace semiflow {

// Steady forces, as terms that are added to an equation. Values in units of the field over time. Forces of one shape have
// one name, so that adding two adds their amplitudes. Those with a harmonic throw Error unless the grid is a plane that
// resolves it.

/// The given values [points] as a tendency of a field. The name is that of the term; other values need another name.
/// Throws Error if there are none.
Term steady_force(std::string name, Eigen::VectorXd values, Index target = 0);

/// amplitude (sin s + cos s) with s = 2 pi harmonic (x / Lx + y / Ly), of field 0: "diagonal force 1" for harmonic 1.
/// With amplitude 0.1 on the unit square it forces the vorticity in the data sets of Li et al. (2021, Fourier neural
/// operator, section 5.3).
Term diagonal_force(const Grid& plane, double amplitude = 0.1, Index harmonic = 1);

/// The force amplitude sin(harmonic 2 pi y / Ly) along x of a Kolmogorov flow, as a term of the vorticity equation: its
/// curl, "kolmogorov force 4" for harmonic 4.
Term kolmogorov_force(const Grid& plane, double amplitude, Index harmonic);

}  // namespace semiflow
