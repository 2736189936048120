#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/kuramoto_sivashinsky.hpp>
#include <semiflow/pde/linear_stability.hpp>
#include <semiflow/pde/multipliers.hpp>
#include <semiflow/pde/quasigeostrophic.hpp>

using namespace semiflow;

namespace {

const double pi = std::numbers::pi;

}  // namespace

TEST_CASE("two layers have the growth rates of Phillips", "[stability]") {
  // specs/spectral.md, row 13: depths alike, so that the closed form is that of Vallis (2017), Eq. 9.98, with
  // K_d^2 = 1 / radius^2.
  const double length = 1e6;
  const TwoLayerCoefficients c{.beta = 1.5e-11, .radius = 15e3, .ratio = 1, .upper_velocity = 0.1, .drag = 0};
  const Grid plane({{32, length}, {32, length}});
  const Semilinear equation = two_layer(plane, c);
  const auto closed_form = [&](double k, double l) {
    const double shear = c.upper_velocity / 2, K2 = k * k + l * l, kd2 = 1 / (c.radius * c.radius);
    const double beta4 = std::pow(c.beta / shear, 2);
    const double D = 1 + 4 * K2 * K2 * (K2 * K2 - kd2 * kd2) / (beta4 * kd2 * kd2);
    return D < 0 ? k * c.beta / (K2 + kd2) * kd2 / (2 * K2) * std::sqrt(-D) : 0.0;
  };
  const double first = 2 * pi / length;
  for (const Index k : {6, 7, 8}) {
    for (const Index l : {0, 2, -3}) {
      const double exact = closed_form(first * static_cast<double>(k), first * static_cast<double>(l));
      CHECK(normal_modes(equation, {l, k})(0).real() == Approx(exact).epsilon(1e-12));
    }
  }
  Index fastest = 0;
  CHECK(growth_rates(equation).maxCoeff(&fastest) == Approx(1.37434476e-6).epsilon(1e-8));
  CHECK(plane.harmonic(1)(fastest) == 7);
  CHECK(plane.harmonic(0)(fastest) == 0);
  // The other mode of the pair decays at the same rate.
  const Eigen::VectorXcd pair = normal_modes(equation, {0, 7});
  CHECK(pair(1).real() == Approx(-pair(0).real()).epsilon(1e-12));
}

TEST_CASE("waves have their growth rates and frequencies", "[stability]") {
  // specs/spectral.md, rows 16 and 9.
  const double expected[] = {0, 0.074914, 0.219817, 0.195196, -0.398139};
  const Semilinear flames = kuramoto_sivashinsky(Grid({{32, 22.0}}));
  const Eigen::ArrayXd rates = growth_rates(flames);
  for (Index n = 0; n < 5; ++n) CHECK(rates(n) == Approx(expected[n]).margin(5e-7));

  const double beta = 2, radius = 0.8, wind = 0.3, k = 3, l = 2;
  const Grid square({{16, 2 * pi}, {16, 2 * pi}});
  const Semilinear rossby =
      barotropic(square, {.beta = beta, .inverse_radius = 1 / radius, .mean_x = wind, .drag = 0.1});
  const std::complex<double> wave = normal_modes(rossby, {2, 3})(0);
  CHECK(-wave.imag() == Approx(k * wind - beta * k / (k * k + l * l + 1 / (radius * radius))).epsilon(1e-13));
  CHECK(wave.real() == Approx(-0.1).epsilon(1e-13));
}

TEST_CASE("modes that a grid does not have, or that are coupled, are refused", "[stability]") {
  const Grid square({{16, 2 * pi}, {16, 2 * pi}});
  const Semilinear flat = barotropic(square, {.beta = 1});
  CHECK_THROWS_AS(normal_modes(flat, {2}), Error);
  CHECK_THROWS_AS(normal_modes(flat, {0, 9}), Error);
  CHECK_THROWS_AS(normal_modes(flat, {0, -1}), Error);
  const Semilinear hill = barotropic(square, {.topography = square.coordinate(1).cos()});
  CHECK_THROWS_WITH(growth_rates(hill), Catch::Contains("varies in space"));
}
