#pragma once
#include <semiflow/pde/semilinear.hpp>

namespace semiflow {

/// Coefficients of u_t = -a u u_x - b u_xx - c u_xxxx - d u_xxx. With d = 0 and the others 1 it is the
/// equation of Kuramoto (1976) and Sivashinsky (1977); with d it is also called Kawahara's.
struct KuramotoSivashinskyCoefficients {
  double advection = 1;       ///< a, of u u_x
  double antidiffusion = 1;   ///< b, of u_xx
  double hyperdiffusion = 1;  ///< c, of u_xxxx
  double dispersion = 0;      ///< d, of u_xxx
};

/// The equation on a periodic line, with the terms "u u_x", "u_xx", "u_xxxx" and "u_xxx". All four are
/// there even if their coefficient is zero. Throws Error for a grid that is not a line.
Semilinear kuramoto_sivashinsky(const Grid& grid, const KuramotoSivashinskyCoefficients& coefficients = {});

}  // namespace semiflow
