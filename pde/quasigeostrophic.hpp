#pragma once
#include <limits>
#include <semiflow/pde/semilinear.hpp>
#include <semiflow/pde/term_sum.hpp>

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
  Index hyperviscosity_order = 4;  ///< p, >= 1
  Eigen::VectorXd topography{};    ///< eta [points]; empty for a flat bottom
  /// (u q)_x + (v q)_y with five transforms, as in pyqg. It is the form for a finite radius; with a rigid lid that of
  /// Basdevant takes four. Without aliases both are the same.
  bool flux_form = false;
};

/// One layer. Throws Error unless the grid is a plane {y, x} and the order is at least 1.
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

/// Coefficients of two layers that are relaxed to a jet, with lengths in deformation radii and velocities in those of the
/// jet (Lutsko, Marshall & Green 2015; Mojgani, Chattopadhyay & Hassanzadeh 2024, whose values are the defaults):
///
///   q1_t + advection J(psi1, q1) + beta psi1_x = +relaxation (psi1 - psi2 - jet psi_R) - s (q1 - <q1>) - nu (d_x^8 + d_y^8) q1,
///   q2_t + advection J(psi2, q2) + beta psi2_x = -relaxation (psi1 - psi2 - jet psi_R) - s (q2 - <q2>) - nu (d_x^8 + d_y^8) q2
///                                                - drag lap psi2,
///   q1 = lap psi1 - (psi1 - psi2),  q2 = lap psi2 + (psi1 - psi2).
///
/// <q> is the mean along x. With y from the middle of the box and e = Ly / 2 - |y| the distance from its edge, the jet is
/// -d psi_R / dy = jet_velocity (sech^2(y / jet_width) - sech^2(e / jet_width)), and s = sponge sech^2(e / jet_width) damps
/// the waves that would come in again on the other side.
struct JetCoefficients {
  double beta = 0.196;
  double advection = 1;  ///< 1, or another value for a model that is wrong on purpose
  double relaxation = 0.01;
  double jet = 1;  ///< of psi_R, or another value likewise
  double drag = 0.07;
  double hyperdiffusion = 1e-6;  ///< nu
  double jet_velocity = 1;
  double jet_width = 3.5;
  double sponge = 1;
};

/// Two layers with a jet; the fields are q1 and q2 without beta y. The box of the paper has the lengths {68, 46} and {192,
/// 96} points. The mean of psi1 + psi2 is zero. Throws Error unless the grid is a plane {y, x} and jet_width is positive.
Semilinear two_layer_jet(const Grid& plane, const JetCoefficients& coefficients = {});
/// The stream function of the jet, psi_R: [points].
Eigen::VectorXd jet_stream(const Grid& plane, double jet_velocity = 1, double jet_width = 3.5);

/// psi1 and psi2 of q1 and q2 of two_layer_jet(), and the way back, but for the mean of psi1 + psi2, which is zero:
/// [2 * points]. Throws Error unless the grid is a plane {y, x} and the state has that size.
Eigen::VectorXd jet_streams(const Grid& plane, const Eigen::Ref<const Eigen::VectorXd>& vorticities);
Eigen::VectorXd jet_vorticities(const Grid& plane, const Eigen::Ref<const Eigen::VectorXd>& streams);

/// What a model of the jet may lack, the library of Mojgani et al. (2024) with the derivatives psi_x and psi_y apart: for
/// each of the two equations, q1 first, the candidates
///
///   laplacian psi1, laplacian psi2, psi1_x, psi1_y, psi2_x, psi2_y, psi1, psi2, psi_R, J1, J2, y
///
/// with " in q1" or " in q2" after the name. J1 = J(psi1, q1) and J2 = J(psi2, q2) are without beta y, whose part is psi1_x
/// and psi2_x; y is from the middle of the box. Terms of two_layer_jet() have the names that they have there. Throws Error
/// as two_layer_jet() does.
std::vector<TermSum> jet_candidates(const Grid& plane, const JetCoefficients& coefficients = {});

/// Coefficients of surface quasi-geostrophic flow over a layer of uniform potential vorticity, b_t + J(psi, b) = - nu_p
/// (-lap)^p b with b = N |k| tanh(N |k| H) psi, lengths along z in units in which the Coriolis parameter is one.
struct SurfaceCoefficients {
  double buoyancy_frequency = 1;                           ///< N
  double depth = std::numeric_limits<double>::infinity();  ///< H: infinite as of Held et al. (1995), or finite
  double hyperviscosity = 0;                               ///< nu_p, of "lap^p b"
  Index hyperviscosity_order = 4;                          ///< p
};

/// The stream function of a surface buoyancy b, psi = stream b; the mean is sent to zero.
Multiplier surface_stream(const Grid& plane, double buoyancy_frequency = 1,
                          double depth = std::numeric_limits<double>::infinity());

/// Surface quasi-geostrophic flow. With N = 1 the inversion is that of GeophysicalFlows.jl, whose b has the other sign.
/// Throws Error unless the grid is a plane {y, x}, and the buoyancy frequency and the depth are positive.
Semilinear surface_quasigeostrophic(const Grid& plane, const SurfaceCoefficients& coefficients = {});

}  // namespace semiflow
