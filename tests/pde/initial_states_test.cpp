#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>
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
