#pragma once
#include <semiflow/pde/semilinear.hpp>

namespace semiflow {

/// The linear terms of an equation, seen by one Fourier mode: du/dt = A u with u the coefficients of the fields, and A
/// [fields x fields]. harmonics are the integer wavenumbers along every axis, slowest first: {l, k} for a plane {y, x}.
/// Products are left out, so that it is the stability of the state of rest, or of the mean flow that the linear terms
/// hold. Throws Error for a mode that the grid does not have with the last number >= 0, and for a linear term with
/// varying coefficients (a topography), which couples modes.
Eigen::MatrixXcd linear_operator(const Semilinear& equation, const std::vector<Index>& harmonics);

/// The eigenvalues of linear_operator(), from the largest real part: normal modes exp(s t), with growth rates Re s and
/// frequencies -Im s, per model time. [fields]
Eigen::VectorXcd normal_modes(const Semilinear& equation, const std::vector<Index>& harmonics);

/// The largest growth rate of every mode of the grid: [modes].
Eigen::ArrayXd growth_rates(const Semilinear& equation);

}  // namespace semiflow
