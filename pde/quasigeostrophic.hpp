#pragma once
#include <semiflow/pde/semilinear.hpp>

namespace semiflow {

/// Coefficients of barotropic or equivalent-barotropic quasi-geostrophic flow over topography,
///
///   q_t + u . grad (q + eta) + U q_x + beta v = nu lap q - mu q - nu_p (-lap)^p q,  q = lap psi - psi / R^2.
struct BarotropicCoefficients {
  double beta = 0;                 ///< of "v"
  double inverse_radius = 0;       ///< 1 / R; 0 is the rigid lid
  double mean_x = 0;               ///< U, of "U q_x" and of the topography
  double viscosity = 0;            ///< nu, of "lap q"
  double drag = 0;                 ///< mu, of "q"
  double hyperviscosity = 0;       ///< nu_p, of "lap^p q"
  Index hyperviscosity_order = 4;  ///< p
  Eigen::VectorXd topography{};    ///< eta [points]; empty for a flat bottom
  /// (u q)_x + (v q)_y with five transforms, as in pyqg. It is the form for a finite radius; with a rigid lid that of
  /// Basdevant takes four. Without aliases both are the same.
  bool flux_form = false;
};

/// One layer. Throws Error unless the grid is a plane {y, x}.
Semilinear barotropic(const Grid& plane, const BarotropicCoefficients& coefficients = {});

/// Coefficients of the two-layer model of Phillips (1954) with a sheared flow U_1, U_2 along x, as in pyqg:
///
///   q1_t + J(psi1, q1) + U_1 q1_x + (beta + F1 (U_1 - U_2)) psi1_x = 0,
///   q2_t + J(psi2, q2) + U_2 q2_x + (beta - F2 (U_1 - U_2)) psi2_x = -drag lap psi2,
///   q1 = lap psi1 + F1 (psi2 - psi1),  q2 = lap psi2 + F2 (psi1 - psi2),
///   F1 = 1 / (R^2 (1 + ratio)),  F2 = ratio F1.
///
/// (The documentation of pyqg divides by 1 + ratio^2; its code and this do not.)
struct TwoLayerCoefficients {
  double beta = 1.5e-11;
  double radius = 15e3;  ///< R, deformation radius
  double ratio = 0.25;   ///< of the depths, H1 / H2
  double upper_velocity = 0.025;
  double lower_velocity = 0;
  double drag = 5.787e-7;  ///< linear, at the bottom
};

/// Two layers; the fields are q1 and q2, the deviations from the sheared flow. Throws Error unless the grid is a
/// plane {y, x}.
Semilinear two_layer(const Grid& plane, const TwoLayerCoefficients& coefficients = {});

/// Surface quasi-geostrophic flow of infinite depth (Held et al. 1995), b_t + J(psi, b) = -nu_p (-lap)^p b with
/// psi = |k|^-1 b / N. Throws Error unless the grid is a plane {y, x}.
Semilinear surface_quasigeostrophic(const Grid& plane, double buoyancy_frequency = 1, double hyperviscosity = 0,
                                    Index hyperviscosity_order = 4);

}  // namespace semiflow
