#pragma once
#include <cstdint>
#include <semiflow/core/grid.hpp>

namespace semiflow {

// Initial states that the field knows by name, each [points].

/// cos(s) (1 + sin(s)) with s = 2 pi x / length, along the last axis (Kassam & Trefethen 2005).
Eigen::VectorXd kassam_trefethen(const Grid& grid);

/// A soliton of u_t + u u_x + dispersion u_xxx = 0 of speed c > 0 at x = centre: 3 c sech^2(sqrt(c / dispersion) (x -
/// centre) / 2), with the nearest image of the periodic line.
Eigen::VectorXd soliton(const Grid& line, double speed, double centre, double dispersion = 1);

/// The vorticity amplitude cos(harmonic 2 pi x / Lx) cos(harmonic 2 pi y / Ly) of Taylor & Green (1937), which only
/// viscosity changes.
Eigen::VectorXd taylor_green(const Grid& plane, double amplitude = 4, Index harmonic = 2);

/// The vorticity of the double shear layer of Bell, Colella & Glaz (1989): along x, u = tanh(thickness (y - 1/4)) below
/// the middle and tanh(thickness (3/4 - y)) above, v = perturbation sin(2 pi x), lengths in units of the box.
Eigen::VectorXd double_shear(const Grid& plane, double thickness = 30, double perturbation = 0.05);

/// A Gaussian random field with the covariance scale^2 (-lap + tau^2)^-alpha and no mean, on a grid of one to three
/// axes, drawn mode by mode from a counter-based generator: a mode has the same value on every grid that holds it, and
/// for every number of ranks.
Eigen::VectorXd gaussian_random_field(const Grid& grid, double alpha, double tau, double scale, std::uint64_t seed,
                                      std::uint64_t member = 0);

/// The vorticity of McWilliams (1984): |psi_k|^2 ~ 1 / (kappa (1 + (kappa / peak)^4)) with random phases, energy 1/2.
Eigen::VectorXd mcwilliams(const Grid& plane, double peak, std::uint64_t seed, std::uint64_t member = 0);

}  // namespace semiflow
