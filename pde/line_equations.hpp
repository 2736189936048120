#pragma once
#include <semiflow/pde/semilinear.hpp>

namespace semiflow {

/// Burgers' equation u_t + u u_x = viscosity u_xx, with the terms "u u_x" and "u_xx". Throws Error unless the grid is
/// a line.
Semilinear burgers(const Grid& line, double viscosity);

/// The equation of Korteweg and de Vries, u_t + u u_x + dispersion u_xxx = 0, with the terms "u u_x" and "u_xxx".
/// Throws Error unless the grid is a line.
Semilinear korteweg_de_vries(const Grid& line, double dispersion = 1);

/// The equation of Allen and Cahn, u_t = diffusion lap u + u - u^3, on a grid of any dimension, with the terms
/// "lap u", "u" and "u^3".
Semilinear allen_cahn(const Grid& grid, double diffusion);

/// The nonlinear Schroedinger equation psi_t = i (dispersion psi_xx + focusing |psi|^2 psi) for psi = a + i b, with the
/// fields a and b. Its linear part turns a into b, so that it is no symbol of one field: it stands in N, an exponential
/// method gains nothing, and a step of rk4 obeys dt |dispersion| k^2 < 2.8. The mass, int |psi|^2, is conserved. Throws
/// Error unless the grid is a line.
Semilinear nonlinear_schroedinger(const Grid& line, double dispersion = 0.5, double focusing = 1);

}  // namespace semiflow
