#pragma once
#include <array>
#include <cstdint>
#include <semiflow/core/grid.hpp>
#include <vector>

namespace semiflow {

// Initial states that the field knows by name, each [points].

/// cos(s) (1 + sin(s)) with s = 2 pi x / length, along the last axis (Kassam & Trefethen 2005).
Eigen::VectorXd kassam_trefethen(const Grid& grid);

/// amplitude cos(2 pi (n_x x / Lx + n_y y / Ly + n_z z / Lz) + phase).
struct PlaneWave {
  double amplitude = 1;
  std::array<Index, 3> harmonics{1, 0, 0};  ///< n_x, n_y, n_z; 0 for an axis that the grid does not have
  double phase = 0;
};
/// A sum of plane waves.
Eigen::VectorXd plane_waves(const Grid& grid, const std::vector<PlaneWave>& waves);

/// A soliton of u_t + u u_x + dispersion u_xxx = 0 of speed c > 0 at x = centre: 3 c sech^2(sqrt(c / dispersion) (x -
/// centre) / 2), with the nearest image of the periodic line.
Eigen::VectorXd soliton(const Grid& line, double speed, double centre, double dispersion = 1);

/// Two solitons of u_t + u u_x + dispersion u_xxx = 0 that meet about time 0 at x = centre, exact on an infinite line
/// (Hirota 1971, Phys. Rev. Lett. 27, 1192):
///
///   u = 12 dispersion d_xx ln(1 + e1 + e2 + ((k1 - k2) / (k1 + k2))^2 e1 e2),
///   e_i = exp(k_i (x - centre) - dispersion k_i^3 time),
///
/// with k_i the wavenumbers, in 1 / length. Far from time 0 each has the shape of soliton() with the speed dispersion
/// k_i^2; the collision moves the first by ln(A) / k1 and the second by -ln(A) / k2 for k1 > k2, A = ((k1 + k2) /
/// (k1 - k2))^2. Takes the nearest image of the periodic line. Throws Error unless k_i and dispersion are positive and
/// k1 and k2 differ.
Eigen::VectorXd two_solitons(const Grid& line, const std::array<double, 2>& wavenumbers, double centre, double time,
                             double dispersion = 1);

/// The breather of Peregrine (1983, J. Austral. Math. Soc. B 25, 16, Eq. 6.7) of psi_t = i (dispersion psi_xx + focusing
/// |psi|^2 psi), psi = a + i b, which rises out of a plane wave of amplitude one to three times that at time 0, x =
/// centre: [2 points], a before b,
///
///   psi = (1 - 4 (1 + 2 i s) / (1 + 4 r^2 + 4 s^2)) exp(i s),  s = focusing time,
///   r^2 = focusing / (2 dispersion) (x - centre)^2,
///
/// exact on an infinite line; on a periodic one it has a kink of size 1 / r^2 where its nearest images meet. Throws Error
/// unless dispersion and focusing have the same sign.
Eigen::VectorXd peregrine(const Grid& line, double centre, double time, double dispersion = 0.5, double focusing = 1);

/// The vorticity amplitude cos(harmonic 2 pi x / Lx) cos(harmonic 2 pi y / Ly) of Taylor & Green (1937), which only
/// viscosity changes. Throws Error for a harmonic that the grid takes for another one.
Eigen::VectorXd taylor_green(const Grid& plane, double amplitude = 4, Index harmonic = 2);

/// The vorticity of the double shear layer of Bell, Colella & Glaz (1989): along x, u = tanh(thickness (y - 1/4)) below
/// the middle and tanh(thickness (3/4 - y)) above, v = perturbation sin(2 pi x), lengths in units of the box.
Eigen::VectorXd double_shear(const Grid& plane, double thickness = 30, double perturbation = 0.05);

/// The vorticity of the dipole of Lamb (Hydrodynamics, 6th ed. 1932, art. 165) in the middle of the box. Alone on an
/// infinite plane it moves along x with the speed and without change; beyond the radius there is no vorticity. With k
/// radius = 3.8317... the first zero of the Bessel function J_1, r the distance from the middle and y that along y, it
/// is -2 speed k / J_0(k radius) J_1(k r) y / r. Throws Error unless the radius is positive and fits the box.
Eigen::VectorXd lamb_dipole(const Grid& plane, double speed, double radius);

/// A Gaussian random field with the covariance scale^2 (-lap + tau^2)^-alpha and no mean, on a grid of one to three
/// axes, drawn mode by mode from a counter-based generator: a mode has the same value on every grid that holds it, and
/// for every number of ranks.
Eigen::VectorXd gaussian_random_field(const Grid& grid, double alpha, double tau, double scale, std::uint64_t seed,
                                      std::uint64_t member = 0);

/// The vorticity of McWilliams (1984): |psi_k|^2 ~ 1 / (kappa (1 + (kappa / peak)^4)) with random phases, energy 1/2.
/// kappa and peak are wavenumbers |k|, with the factor 2 pi over the length. (The codes of pyqg and GeophysicalFlows.jl have
/// kappa^2 in the place of the first kappa; the documentation of pyqg has kappa.)
Eigen::VectorXd mcwilliams(const Grid& plane, double peak, std::uint64_t seed, std::uint64_t member = 0);

}  // namespace semiflow
