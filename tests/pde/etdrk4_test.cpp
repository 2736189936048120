#include <Eigen/LU>
#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/kuramoto_sivashinsky.hpp>
#include <semiflow/pde/spectral_model.hpp>

using namespace semiflow;

namespace {

const double pi = std::numbers::pi;

Eigen::VectorXd advanced(const Semilinear& equation, Eigen::VectorXd u, double dt, double time) {
  Ensemble members = u;
  SpectralModel(equation, dt).advance(members, {0, time});
  return members;
}

// Slope of the error against a much smaller step, by least squares over four steps.
double observed_order(const Semilinear& equation, const Eigen::VectorXd& u, double dt, double time) {
  const Eigen::VectorXd reference = advanced(equation, u, dt / 64, time);
  Eigen::Matrix<double, 4, 2> A;
  Eigen::Vector4d b;
  for (int i = 0; i < 4; ++i) {
    const double h = dt / std::pow(2, i);
    A(i, 0) = 1;
    A(i, 1) = std::log(h);
    b(i) = std::log((advanced(equation, u, h, time) - reference).norm());
  }
  return Eigen::Vector2d((A.transpose() * A).inverse() * (A.transpose() * b))(1);
}

}  // namespace

TEST_CASE("ETDRK4 is of order four", "[etdrk4]") {
  const Grid grid({{64, 2 * pi}});
  const Eigen::ArrayXd x = grid.coordinate(0);
  const Eigen::VectorXd u = x.sin() + 0.5 * (2 * x + 1).cos();
  const Term advection = monomial(grid, 1, 1, -1);

  SECTION("for a real symbol (Kuramoto-Sivashinsky)") {
    // The initial condition of Kassam & Trefethen (2005). With more points the slope falls to about 3 at
    // moderate steps before it returns to 4: the known order reduction of this scheme for slaved stiff modes
    // (Hochbruck & Ostermann 2005), which 64 points keep away.
    const Grid line({{64, 32 * pi}});
    const Eigen::ArrayXd y = line.coordinate(0) / 16;
    CHECK(observed_order(kuramoto_sivashinsky(line), y.cos() * (1 + y.sin()), 0.5, 10) == Approx(4).margin(0.1));
  }
  SECTION("for a real stiff symbol (Burgers)") {
    CHECK(observed_order({.grid = grid, .terms = {advection, monomial(grid, 0, 2, 0.05)}}, u, 0.05, 0.8) ==
          Approx(4).margin(0.1));
  }
  SECTION("for an imaginary symbol (Korteweg-de Vries)") {
    CHECK(observed_order({.grid = grid, .terms = {advection, monomial(grid, 0, 3, -0.05)}}, u, 0.01, 0.8) ==
          Approx(4).margin(0.1));
  }
  SECTION("for a mixed symbol") {
    const std::vector<Term> terms{advection, monomial(grid, 0, 1, 2), monomial(grid, 0, 2, 0.05),
                                  monomial(grid, 0, 3, -0.05)};
    CHECK(observed_order({.grid = grid, .terms = terms}, u, 0.01, 0.8) == Approx(4).margin(0.1));
  }
  SECTION("without a linear part") {
    CHECK(observed_order({.grid = grid, .terms = {advection}}, 0.5 * u, 0.05, 0.4) == Approx(4).margin(0.1));
  }
  SECTION("for a tiny symbol") {
    CHECK(observed_order({.grid = grid, .terms = {advection, monomial(grid, 0, 2, 1e-9)}}, 0.5 * u, 0.05, 0.4) ==
          Approx(4).margin(0.1));
  }
}

TEST_CASE("linear equations are solved exactly for any step", "[etdrk4]") {
  const Grid grid({{32, 2 * pi}});
  const Eigen::ArrayXd x = grid.coordinate(0);
  const double a = 0.02, b = 0.3, t = 4;
  const Semilinear equation{.grid = grid, .terms = {monomial(grid, 0, 2, a), monomial(grid, 0, 3, b)}};
  // exp(i k x) is carried to exp(i k x - a k^2 t - i b k^3 t).
  const double k = 3;
  const Eigen::VectorXd exact = 0.7 + std::exp(-a * k * k * t) * (k * x - b * k * k * k * t).cos();
  const Eigen::VectorXd initial = 0.7 + (k * x).cos();
  CHECK((advanced(equation, initial, 2.0, t) - exact).cwiseAbs().maxCoeff() < 1e-13);
  CHECK((advanced(equation, initial, 0.5, t) - exact).cwiseAbs().maxCoeff() < 1e-13);
}

TEST_CASE("KS gives the digits of the reference", "[etdrk4][ks]") {
  // specs/spectral.md, row 17: the initial condition of Kassam & Trefethen (2005).
  const Grid grid({{512, 32 * pi}});
  const Eigen::ArrayXd x = grid.coordinate(0);
  Ensemble u = ((x / 16).cos() * (1 + (x / 16).sin())).matrix();
  SpectralModel model(kuramoto_sivashinsky(grid), 1.0 / 64);
  const auto rms = [&] { return u.norm() / std::sqrt(512.0); };
  model.advance(u, {0, 10});
  CHECK(u(0) == Approx(0.587967873376).margin(1e-8));
  CHECK(rms() == Approx(0.846265572261).margin(1e-8));
  CHECK(u(256) == Approx(-u(0)).margin(1e-9));
  CHECK(std::abs(u(128)) < 1e-9);
  CHECK(std::abs(u.mean()) < 1e-13);
  model.advance(u, {10, 20});
  CHECK(u(0) == Approx(0.413180380798).margin(1e-8));
  CHECK(rms() == Approx(0.627105608686).margin(1e-8));
  CHECK(u(256) == Approx(-u(0)).margin(1e-8));
}

TEST_CASE("a coefficient that overflows is refused", "[etdrk4]") {
  const Grid grid({{64, 2 * pi}});
  const Semilinear backward_heat{.grid = grid, .terms = {monomial(grid, 0, 2, -10)}};
  CHECK_THROWS_WITH(SpectralModel(backward_heat, 1), Catch::Contains("cutoff"));
  Semilinear cut = backward_heat;
  cut.cutoff = 2;
  CHECK_NOTHROW(SpectralModel(cut, 1));
  CHECK_THROWS_AS(SpectralModel(cut, 0), Error);
  CHECK_THROWS_AS(SpectralModel(cut, std::nan("")), Error);
}
