#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>
#include <semiflow/pde/diagnostics.hpp>
#include <semiflow/pde/multipliers.hpp>

using namespace semiflow;

TEST_CASE("energy, enstrophy and palinstrophy of a known flow", "[diagnostics]") {
  // specs/spectral.md, row 5 (GeophysicalFlows): psi = sin 2 k x cos 2 l y + 2 sin k x cos 3 l y, k = 1, l = 2/3.
  const double pi = std::numbers::pi;
  const Grid plane({{126, 3 * pi}, {128, 2 * pi}});
  const double k = 1, l = 2.0 / 3;
  const Eigen::ArrayXd x = plane.coordinate(1), y = plane.coordinate(0);
  const Eigen::ArrayXd first = (2 * k * x).sin() * (2 * l * y).cos(), second = 2 * (k * x).sin() * (3 * l * y).cos();
  const Eigen::VectorXd w = -4 * (k * k + l * l) * first - (k * k + 9 * l * l) * second;
  SpectralDiagnostics diagnostics(plane);
  CHECK(diagnostics.energy(w) == Approx(29.0 / 9).epsilon(1e-13));
  CHECK(diagnostics.enstrophy(w) == Approx(2701.0 / 162).epsilon(1e-13));
  CHECK(diagnostics.palinstrophy(w) == Approx(126277.0 / 1458).epsilon(1e-13));
  const Eigen::VectorXd spectrum = diagnostics.isotropic_spectrum(w);
  CHECK(spectrum.sum() == Approx(diagnostics.enstrophy(w)).epsilon(1e-13));
  // The two waves have |k| = 2 sqrt(13) / 3 and sqrt(5), in units of 2/3: 3.6 and 3.35.
  CHECK(spectrum(4) == Approx(0.5 * std::pow(4 * (1 + l * l), 2) / 4).epsilon(1e-12));
  CHECK(spectrum(3) == Approx(0.5 * std::pow(1 + 9 * l * l, 2)).epsilon(1e-12));
  CHECK(diagnostics.tail(w) == Approx(0).margin(1e-25));
  const Eigen::VectorXd noisy = w + ((30 * x).cos() * std::sqrt(2)).matrix();
  CHECK(diagnostics.tail(noisy) == Approx(0.5 / diagnostics.enstrophy(noisy)).epsilon(1e-10));
  CHECK(diagnostics.tail(noisy, 2) == Approx(0).margin(1e-25));
}

TEST_CASE("every axis of a grid has its own last third", "[diagnostics]") {
  // 96 points along x resolve harmonics below 32, of which those from 21.3 on are the last third; 24 points along y below
  // 8, and from 5.3 on.
  const Grid plane({{24, 1.0}, {96, 1.0}});
  SpectralDiagnostics diagnostics(plane);
  const double pi = std::numbers::pi;
  const auto wave = [&](Index axis, double n) -> Eigen::VectorXd {
    return (2 * pi * n * plane.coordinate(axis)).cos();
  };
  CHECK(diagnostics.tail(wave(1, 21)) == Approx(0).margin(1e-25));
  CHECK(diagnostics.tail(wave(1, 22)) == Approx(1));
  CHECK(diagnostics.tail(wave(0, 5)) == Approx(0).margin(1e-25));
  CHECK(diagnostics.tail(wave(0, 6)) == Approx(1));
}

TEST_CASE("spectra need a field of the grid", "[diagnostics]") {
  SpectralDiagnostics diagnostics(Grid({{16, 1.0}}));
  CHECK_THROWS(diagnostics.half_mean(Eigen::VectorXd::Zero(15)));
  CHECK(diagnostics.half_mean(Eigen::VectorXd::Constant(16, 3)) == Approx(4.5));
  CHECK(diagnostics.tail(Eigen::VectorXd::Constant(16, 3)) == 0);
}
