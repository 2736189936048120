#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <semiflow/core/error.hpp>
#include <semiflow/core/fft.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/pde/diagnostics.hpp>
#include <semiflow/pde/initial_states.hpp>
#include <semiflow/pde/multipliers.hpp>

namespace semiflow {

namespace {

const double pi = std::numbers::pi;

// A key of its own for every mode and member, whatever the grid.
std::uint64_t mode_item(std::uint64_t member, const std::array<Index, 3>& harmonics) {
  std::uint64_t item = member;
  for (const Index n : harmonics) item = item << 16 | (static_cast<std::uint64_t>(n) & 0xffff);
  return item;
}

// Complex numbers of variance one for every mode, those of -k the conjugates of those of k; none for the mean and for
// the Nyquist numbers.
Eigen::VectorXcd random_modes(const Grid& grid, std::uint64_t seed, std::uint64_t member) {
  require(member < 1 << 16, "a random field has members up to 2^16");
  std::vector<Eigen::ArrayXd> harmonics;
  for (Index d = 0; d < grid.dimensions(); ++d) {
    require(grid.axis(d).points < 1 << 16, "a random field has axes of less than 2^16 points");
    harmonics.push_back(grid.harmonic(d));
  }
  Eigen::VectorXcd modes = Eigen::VectorXcd::Zero(grid.modes());
  for (Index k = 0; k < modes.size(); ++k) {
    std::array<Index, 3> n{};
    bool nyquist = false;
    for (Index d = 0; d < grid.dimensions(); ++d) {
      const auto harmonic = static_cast<Index>(harmonics[static_cast<std::size_t>(d)](k));
      nyquist = nyquist || 2 * harmonic == grid.axis(d).points;
      n[static_cast<std::size_t>(3 - grid.dimensions() + d)] = harmonic;
    }
    if (nyquist || n == std::array<Index, 3>{}) continue;
    // Of k and -k the one with the positive last number that is not zero is drawn.
    const Index sign = n[2] != 0 ? n[2] : n[1] != 0 ? n[1] : n[0];
    if (sign < 0)
      for (Index& component : n) component = -component;
    const Eigen::VectorXd xi =
        standard_normal(2, {.seed = seed, .purpose = random_field, .item = mode_item(member, n)});
    modes(k) = std::sqrt(0.5) * std::complex<double>(xi(0), sign < 0 ? -xi(1) : xi(1));
  }
  return modes;
}

// From coefficients with u(x) = sum u_k exp(i k x).
Eigen::VectorXd field_of(const Grid& grid, const Eigen::VectorXcd& modes) {
  Ensemble field(grid.points(), 1);
  Fft(grid).inverse(static_cast<double>(grid.points()) * modes, field);
  return field;
}

}  // namespace

Eigen::VectorXd kassam_trefethen(const Grid& grid) {
  const Index last = grid.dimensions() - 1;
  const Eigen::ArrayXd s = 2 * pi / grid.axis(last).length * grid.coordinate(last);
  return s.cos() * (1 + s.sin());
}

Eigen::VectorXd plane_waves(const Grid& grid, const std::vector<PlaneWave>& waves) {
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(grid.points());
  for (const PlaneWave& wave : waves) {
    Eigen::ArrayXd phase = Eigen::ArrayXd::Constant(grid.points(), wave.phase);
    for (Index axis = 0; axis < 3; ++axis) {
      const auto harmonic = static_cast<double>(wave.harmonics[static_cast<std::size_t>(axis)]);
      const Index d = grid.dimensions() - 1 - axis;  // the last axis of a grid is x
      require(d >= 0 || harmonic == 0, "a wave has no wavenumber along an axis that the grid does not have");
      if (harmonic != 0) phase += 2 * pi * harmonic / grid.axis(d).length * grid.coordinate(d);
    }
    sum.array() += wave.amplitude * phase.cos();
  }
  return sum;
}

Eigen::VectorXd soliton(const Grid& line, double speed, double centre, double dispersion) {
  require(line.dimensions() == 1, "a soliton lives on a line");
  require(speed > 0 && dispersion > 0, "a soliton has a positive speed and dispersion");
  const double length = line.axis(0).length;
  return line.coordinate(0).unaryExpr([=](double x) {
    const double distance = std::remainder(x - centre, length);
    return 3 * speed / std::pow(std::cosh(std::sqrt(speed / dispersion) / 2 * distance), 2);
  });
}

Eigen::VectorXd two_solitons(const Grid& line, const std::array<double, 2>& wavenumbers, double centre, double time,
                             double dispersion) {
  require(line.dimensions() == 1, "a soliton lives on a line");
  const auto [k1, k2] = wavenumbers;
  require(k1 > 0 && k2 > 0 && k1 != k2, "two solitons have positive wavenumbers that differ");
  require(dispersion > 0, "a soliton has a positive dispersion");
  const double length = line.axis(0).length, log_coupling = 2 * std::log(std::abs(k1 - k2) / (k1 + k2));
  // d_xx ln of a sum of exponentials is the variance of their slopes, weighted by them: nothing overflows, and where u
  // is small no digits cancel.
  const Eigen::Array4d slopes{0, k1, k2, k1 + k2};
  return line.coordinate(0).unaryExpr([=](double x) {
    const double distance = std::remainder(x - centre, length);
    const double phase1 = k1 * (distance - dispersion * k1 * k1 * time);
    const double phase2 = k2 * (distance - dispersion * k2 * k2 * time);
    const Eigen::Array4d exponents{0, phase1, phase2, phase1 + phase2 + log_coupling};
    Eigen::Array4d weights = (exponents - exponents.maxCoeff()).exp();
    weights /= weights.sum();
    const double mean = (weights * slopes).sum();
    return 12 * dispersion * (weights * (slopes - mean).square()).sum();
  });
}

Eigen::VectorXd peregrine(const Grid& line, double centre, double time, double dispersion, double focusing) {
  require(line.dimensions() == 1, "a breather lives on a line");
  require(dispersion * focusing > 0, "a breather wants a dispersion and a focusing of one sign");
  const double length = line.axis(0).length, s = focusing * time;
  Eigen::VectorXd state(2 * line.points());
  const Eigen::ArrayXd x = line.coordinate(0);
  for (Index i = 0; i < line.points(); ++i) {
    const double distance = std::remainder(x(i) - centre, length);
    const double r2 = focusing / (2 * dispersion) * distance * distance;
    const std::complex<double> psi =
        (1.0 - 4.0 * std::complex<double>(1, 2 * s) / (1 + 4 * r2 + 4 * s * s)) * std::polar(1.0, s);
    state(i) = psi.real();
    state(line.points() + i) = psi.imag();
  }
  return state;
}

Eigen::VectorXd taylor_green(const Grid& plane, double amplitude, Index harmonic) {
  require(plane.dimensions() == 2, "a vorticity lives on a plane");
  require(2 * std::abs(harmonic) <= std::min(plane.axis(0).points, plane.axis(1).points),
          "the harmonic of the vortices is at most half the points of each axis");
  const auto number = static_cast<double>(harmonic);
  const double kx = 2 * pi * number / plane.axis(1).length, ky = 2 * pi * number / plane.axis(0).length;
  return amplitude * (kx * plane.coordinate(1)).cos() * (ky * plane.coordinate(0)).cos();
}

Eigen::VectorXd double_shear(const Grid& plane, double thickness, double perturbation) {
  require(plane.dimensions() == 2, "a vorticity lives on a plane");
  const double lx = plane.axis(1).length, ly = plane.axis(0).length;
  const Eigen::ArrayXd x = plane.coordinate(1) / lx, y = plane.coordinate(0) / ly;
  const Eigen::ArrayXd v_x = 2 * pi / lx * perturbation * (2 * pi * x).cos();
  const Eigen::ArrayXd u_y = thickness / ly *
                             (y <= 0.5).select((thickness * (y - 0.25)).cosh().square().inverse(),
                                               -(thickness * (0.75 - y)).cosh().square().inverse());
  return v_x - u_y;
}

Eigen::VectorXd lamb_dipole(const Grid& plane, double speed, double radius) {
  require(plane.dimensions() == 2, "a vorticity lives on a plane");
  const double lx = plane.axis(1).length, ly = plane.axis(0).length;
  require(radius > 0 && 2 * radius < std::min(lx, ly), "a dipole has a positive radius and fits the box");
  constexpr double first_zero = 3.8317059702075123156;  // of J_1
  const double k = first_zero / radius, amplitude = -2 * speed * k / std::cyl_bessel_j(0, first_zero);
  const Eigen::ArrayXd x = plane.coordinate(1) - lx / 2, y = plane.coordinate(0) - ly / 2;
  return Eigen::VectorXd::NullaryExpr(plane.points(), [&](Index i) {
    const double r = std::hypot(x(i), y(i));
    return r == 0 || r > radius ? 0 : amplitude * std::cyl_bessel_j(1, k * r) * y(i) / r;
  });
}

Eigen::VectorXd gaussian_random_field(const Grid& grid, double alpha, double tau, double scale, std::uint64_t seed,
                                      std::uint64_t member) {
  require(alpha > 0 && tau >= 0 && scale >= 0, "a random field has alpha > 0, tau >= 0 and scale >= 0");
  double volume = 1;
  for (Index d = 0; d < grid.dimensions(); ++d) volume *= grid.axis(d).length;
  Eigen::VectorXcd modes = random_modes(grid, seed, member);
  const Eigen::ArrayXd k2 = square_wavenumber(grid);
  for (Index k = 1; k < modes.size(); ++k)
    modes(k) *= scale * std::pow(k2(k) + tau * tau, -alpha / 2) / std::sqrt(volume);
  return field_of(grid, modes);
}

Eigen::VectorXd mcwilliams(const Grid& plane, double peak, std::uint64_t seed, std::uint64_t member) {
  require(plane.dimensions() == 2, "a vorticity lives on a plane");
  require(peak > 0, "the peak of a spectrum is a positive wavenumber");
  Eigen::VectorXcd modes = random_modes(plane, seed, member);
  const Eigen::ArrayXd k2 = square_wavenumber(plane);
  for (Index k = 1; k < modes.size(); ++k) {
    const double kappa = std::sqrt(k2(k));
    const double phase_only = std::abs(modes(k)) > 0 ? 1 / std::abs(modes(k)) : 0;
    modes(k) *= phase_only * kappa * kappa / std::sqrt(kappa * (1 + std::pow(kappa / peak, 4)));
  }
  const Eigen::VectorXd vorticity = field_of(plane, modes);
  return vorticity / std::sqrt(2 * SpectralDiagnostics(plane).energy(vorticity));
}

}  // namespace semiflow
