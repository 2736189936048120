#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/diagnostics.hpp>
#include <semiflow/pde/initial_states.hpp>

using namespace semiflow;

TEST_CASE("random fields have their covariance and no mean", "[initial_states]") {
  const Grid plane({{24, 3.0}, {20, 2.0}});
  const double alpha = 2, tau = 4, scale = 5;
  // E <u^2> is the sum of scale^2 (k^2 + tau^2)^-alpha / volume over the modes but the mean and the Nyquist numbers.
  double expected = 0;
  const Eigen::ArrayXd k2 = plane.wavenumber(0).square() + plane.wavenumber(1).square(), m = plane.multiplicity();
  for (Index k = 1; k < k2.size(); ++k)
    if (plane.harmonic(0)(k) != 12 && plane.harmonic(1)(k) != 10)
      expected += m(k) * scale * scale * std::pow(k2(k) + tau * tau, -alpha) / 6;
  double mean_square = 0;
  const int members = 2000;
  for (int j = 0; j < members; ++j) {
    const Eigen::VectorXd u = gaussian_random_field(plane, alpha, tau, scale, 3, static_cast<std::uint64_t>(j));
    mean_square += u.squaredNorm() / static_cast<double>(u.size()) / members;
    CHECK(std::abs(u.mean()) < 1e-14);
  }
  CHECK(mean_square == Approx(expected).epsilon(0.03));
}

TEST_CASE("a mode of a random field is the same on every grid", "[initial_states]") {
  const Grid coarse({{16, 3.0}, {12, 2.0}}), fine({{32, 3.0}, {24, 2.0}});
  Spectrum a(coarse.modes(), 1), b(fine.modes(), 1);
  Fft(coarse).forward(gaussian_random_field(coarse, 2, 1, 1, 7, 2), a);
  Fft(fine).forward(gaussian_random_field(fine, 2, 1, 1, 7, 2), b);
  for (const Index ky : {1, 3, 12, 15})  // 12 and 15 are -4 and -1 on 16 points
    for (const Index kx : {0, 1, 5})
      CHECK(std::abs(a(ky * 7 + kx, 0) / 192.0 - b((ky < 8 ? ky : ky + 16) * 13 + kx, 0) / 768.0) < 1e-15);
}

TEST_CASE("named vorticities have their energy", "[initial_states]") {
  const Grid square({{64, 2 * std::numbers::pi}, {64, 2 * std::numbers::pi}});
  SpectralDiagnostics diagnostics(square);
  CHECK(diagnostics.energy(mcwilliams(square, 6, 1)) == Approx(0.5).epsilon(1e-12));
  // w = 4 cos 2x cos 2y: psi = -w / 8, <u^2 + v^2> / 2 = <-psi w> / 2 = <w^2> / 16 = 1/4
  CHECK(diagnostics.energy(taylor_green(square)) == Approx(0.25).epsilon(1e-12));
  // specs/spectral.md, row 22 at t = 0.
  const Grid unit({{256, 1.0}, {256, 1.0}});
  SpectralDiagnostics unit_diagnostics(unit);
  CHECK(unit_diagnostics.energy(double_shear(unit)) == Approx(0.433958374).epsilon(1e-8));
  CHECK(unit_diagnostics.enstrophy(double_shear(unit)) == Approx(40.02467401).epsilon(1e-8));
}

TEST_CASE("two solitons are single ones far from their collision", "[initial_states]") {
  // The collision moves them by ln A / k_1 and -ln A / k_2: +2.1459 and -3.2189 for 1.5 and 1, A = 25.
  const Grid line({{2048, 160.0}});
  const double k1 = 1.5, k2 = 1, log_a = std::log(25.0), dispersion = 0.7, t = 26;
  const auto together = [&](double shift1, double shift2, double time) -> Eigen::VectorXd {
    return soliton(line, dispersion * k1 * k1, 80 + dispersion * k1 * k1 * time + shift1, dispersion) +
           soliton(line, dispersion * k2 * k2, 80 + dispersion * k2 * k2 * time + shift2, dispersion);
  };
  // Before: the slow one is ahead. Its e2 is in sum with 1; the fast one has e2 (1 + A^-1 e1): later by ln A / k1.
  const auto error = [&](double shift1, double shift2, double time) {
    return (two_solitons(line, {k1, k2}, 80, time, dispersion) - together(shift1, shift2, time)).cwiseAbs().maxCoeff();
  };
  CHECK(error(0, log_a / k2, -t) < 1e-6);
  CHECK(error(log_a / k1, 0, t) < 1e-6);
  // The integral is 12 dispersion (k_1 + k_2) at any time, also in the middle of the collision.
  for (const double time : {-1.0, 0.0, 0.3})
    CHECK(two_solitons(line, {k1, k2}, 80, time, dispersion).sum() * 160 / 2048 ==
          Approx(12 * dispersion * 2.5).epsilon(1e-12));
  CHECK_THROWS_AS(two_solitons(line, {1, 1}, 80, 0), Error);
  CHECK_THROWS_AS(two_solitons(line, {1, -2}, 80, 0), Error);
}

TEST_CASE("a Lamb dipole has no circulation, and its momentum is its speed", "[initial_states]") {
  const double length = 2 * std::numbers::pi, radius = length / 20, speed = 0.7;
  const Grid square({{512, length}, {512, length}});
  const Eigen::VectorXd w = lamb_dipole(square, speed, radius);
  const double area = std::pow(length / 512, 2);
  CHECK(std::abs(w.sum()) * area < 1e-12 * speed * radius);
  // The impulse of an incompressible flow, int y w = 2 pi speed radius^2 (Batchelor 1967, section 7.3).
  const Eigen::ArrayXd y = square.coordinate(0) - length / 2;
  CHECK((w.array() * y).sum() * area == Approx(2 * std::numbers::pi * speed * radius * radius).epsilon(1e-3));
  CHECK_THROWS_AS(lamb_dipole(square, 1, length), Error);
  CHECK_THROWS_AS(lamb_dipole(square, 1, 0), Error);
}
