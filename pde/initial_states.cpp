#include <cmath>
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

Eigen::VectorXd soliton(const Grid& line, double speed, double centre, double dispersion) {
  require(line.dimensions() == 1, "a soliton lives on a line");
  require(speed > 0 && dispersion > 0, "a soliton has a positive speed and dispersion");
  const double length = line.axis(0).length;
  return line.coordinate(0).unaryExpr([=](double x) {
    const double distance = std::remainder(x - centre, length);
    return 3 * speed / std::pow(std::cosh(std::sqrt(speed / dispersion) / 2 * distance), 2);
  });
}

Eigen::VectorXd taylor_green(const Grid& plane, double amplitude, Index harmonic) {
  require(plane.dimensions() == 2, "a vorticity lives on a plane");
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
