#pragma once
#include <semiflow/pde/semilinear.hpp>

namespace semiflow {

/// Coefficients of w_t + u . grad w = nu lap w - mu w - nu_p (-lap)^p w - mu_m (-lap)^-m w.
struct VorticityCoefficients {
  double viscosity = 0;            ///< nu, of "lap w"
  double drag = 0;                 ///< mu, of "w"
  double hyperviscosity = 0;       ///< nu_p, of "lap^p w"
  Index hyperviscosity_order = 4;  ///< p, >= 1
  double hypoviscosity = 0;        ///< mu_m, of "lap^-m w": damps the largest scales, and not the mean
  Index hypoviscosity_order = 1;   ///< m, >= 1
  double mean_x = 0;               ///< uniform velocity along x, which the vorticity does not know: "U w_x"
};

/// Incompressible flow of a periodic plane {y, x} in terms of the vorticity w = v_x - u_y. The advection is in the
/// form of Basdevant (1983, Eq. 8), (d_xx - d_yy)(u v) + d_xy (v^2 - u^2), which takes four transforms; its terms are
/// "uv", "vv" and "uu". The mean of w is conserved. Throws Error unless the grid is a plane.
Semilinear navier_stokes(const Grid& plane, const VorticityCoefficients& coefficients = {});

/// Incompressible flow of a periodic box {z, y, x} in terms of the velocity (fields u, v, w), in rotational form,
/// u_t = P (u x curl u) + viscosity lap u with P the projection on divergence-free fields: nine transforms. Throws
/// Error unless the grid is a box.
Semilinear navier_stokes_3d(const Grid& box, double viscosity);

/// The divergence-free part of velocities [3 * points x column], fields u, v, w; the mean stays. navier_stokes_3d() keeps
/// the divergence of its initial state at zero, and does not remove it. Throws Error unless the grid is a box.
Ensemble without_divergence(const Grid& box, EnsembleView velocity);

/// The advection terms of a vorticity with the given stream function, -(d_xx - d_yy)(u v) - d_xy (v^2 - u^2), for a
/// stream function that is a multiplier of field 0: psi = stream w.
std::vector<Term> vorticity_advection(const Grid& plane, const Multiplier& stream);

}  // namespace semiflow
