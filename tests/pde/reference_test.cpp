// Rows of specs/spectral.md, section b, beside those of equations_test.cpp.
#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/diagnostics.hpp>
#include <semiflow/pde/forces.hpp>
#include <semiflow/pde/initial_states.hpp>
#include <semiflow/pde/line_equations.hpp>
#include <semiflow/pde/navier_stokes.hpp>
#include <semiflow/pde/quasigeostrophic.hpp>

#include "fields.hpp"

using namespace semiflow;

namespace {

const double pi = std::numbers::pi;

}  // namespace

TEST_CASE("vortices that an explicit wind carries have the error of their method", "[reference]") {
  // Row 4: 4 cos 2x cos 2y exp(-8 nu t) in a wind of 1, at t = 1. navier_stokes() has a uniform wind in L, where it is
  // exact; here it is a product, as it was for the errors of the row, so that ETDRK4 has them.
  const Grid square({{32, 2 * pi}, {32, 2 * pi}});
  const double nu = 0.05;
  const auto vortices = [&](double t) -> Eigen::VectorXd {
    return 4 * std::exp(-8 * nu * t) * (2 * (square.coordinate(1) - t)).cos() * (2 * square.coordinate(0)).cos();
  };
  Semilinear equation = navier_stokes(square, {.viscosity = nu});
  equation.terms.push_back({.name = "wind",
                            .coefficient = -1,
                            .factors = {{.multiplier = {.name = "one"}, .given = Eigen::VectorXd::Ones(32 * 32)},
                                        {.multiplier = derivative(square, 1, 1)}}});
  const double dt[] = {0.05, 0.025, 0.0125}, error[] = {4.57e-6, 2.87e-7, 1.80e-8};
  for (int i = 0; i < 3; ++i)
    CHECK(largest(advanced({equation, dt[i]}, vortices(0), 1) - vortices(1)) == Approx(error[i]).epsilon(0.005));
}

TEST_CASE("surface buoyancy of a finite depth has the energy and variance of the closed form", "[reference]") {
  // Row 11: psi = sin 2 k x cos 2 l y + 2 sin k x cos 3 l y on 2 pi x 3 pi, b = K tanh(K H) psi.
  const double k0 = 1, l0 = 2.0 / 3, depth = 0.7;
  const Grid plane({{126, 3 * pi}, {128, 2 * pi}});
  const Eigen::ArrayXd x = plane.coordinate(1), y = plane.coordinate(0);
  const double K1 = std::hypot(2 * k0, 2 * l0), K2 = std::hypot(k0, 3 * l0);
  const double t1 = std::tanh(K1 * depth), t2 = std::tanh(K2 * depth);
  const Eigen::VectorXd psi1 = (2 * k0 * x).sin() * (2 * l0 * y).cos(), psi2 = 2 * (k0 * x).sin() * (3 * l0 * y).cos();
  const Eigen::VectorXd b = K1 * t1 * psi1 + K2 * t2 * psi2;
  CHECK(largest(apply(plane, surface_stream(plane, 1, depth), b) - psi1 - psi2) <= 1e-14);

  const Semilinear equation = surface_quasigeostrophic(plane, {.depth = depth});
  REQUIRE(equation.terms[0].name == "u q");
  REQUIRE(equation.terms[1].name == "v q");
  const Eigen::VectorXd u = apply(plane, equation.terms[0].factors[0].multiplier, b);
  const Eigen::VectorXd v = apply(plane, equation.terms[1].factors[0].multiplier, b);
  const auto points = static_cast<double>(plane.points());
  CHECK((u.squaredNorm() + v.squaredNorm()) / (2 * points) == Approx((K1 * K1 + 4 * K2 * K2) / 8).epsilon(1e-13));
  CHECK(b.squaredNorm() / points == Approx((K1 * K1 * t1 * t1 + 4 * K2 * K2 * t2 * t2) / 4).epsilon(1e-13));
  // A deep layer is one without a bottom; a buoyancy frequency stretches the depth.
  CHECK(largest(apply(plane, surface_stream(plane, 1, 60), b) - apply(plane, surface_stream(plane), b)) <= 1e-15);
  CHECK(largest(2 * apply(plane, surface_stream(plane, 2, depth / 2), b) - psi1 - psi2) <= 1e-14);
  CHECK_THROWS_AS(surface_stream(plane, 1, 0), Error);
  CHECK_THROWS_AS(surface_stream(plane, 0), Error);
}

TEST_CASE("a plane wave does not advect itself", "[reference]") {
  // Row 12: J(psi, q) = 0 for q = cos(k x + l y), at 256^2.
  const Grid square({{256, 2 * pi}, {256, 2 * pi}});
  for (const auto& [k, l] : {std::pair<Index, Index>{1, 0}, {0, 3}, {4, 7}, {-13, 29}, {60, 41}}) {
    CAPTURE(k, l);
    const Eigen::VectorXd q = plane_waves(square, {{.harmonics = {k, l, 0}, .phase = 0.3}});
    CHECK(largest(q) > 0.99);
    for (const bool flux : {false, true}) CHECK(largest(tendency(barotropic(square, {.flux_form = flux}), q)) < 1e-13);
    // The velocity of surface flow is as large as b itself, and its flux is differentiated: rounding grows with |k|.
    const double wavenumber = std::hypot(static_cast<double>(k), static_cast<double>(l));
    CHECK(largest(tendency(surface_quasigeostrophic(square), q)) < 1e-13 * wavenumber);
    // Two waves do: the residual above is no zero of the machinery.
    const Eigen::VectorXd two = q + plane_waves(square, {{.harmonics = {2, 5, 0}}});
    CHECK(largest(tendency(barotropic(square), two)) > 1e-3);
  }
}

TEST_CASE("a Lamb dipole moves with its speed", "[reference]") {
  // Row 15: 2 pi box, speed 1, radius L / 20, 256^2, filtered RK4 of step 1e-3, t = L / 100 to 3 L / 100. The images of a
  // periodic box, whose mean velocity is zero, make the dipole slower by its impulse 2 pi R^2 over twice the area. The
  // centroid of y w is taken, which the scraps of vorticity that a grid leaves behind do not move: that of |w|, as in the
  // tests of GeophysicalFlows.jl, has a speed of 0.979 at 256^2, of 0.989 at 512^2. (They divide the way of 63 steps by
  // the time of 62, which makes it 0.995 and lets the tolerance of 1e-2 hold.)
  const Grid square({{256, 2 * pi}, {256, 2 * pi}});
  Semilinear equation = navier_stokes(square);
  equation.filter.strength = 23.6;
  SpectralModel model(equation, 1e-3, RungeKutta::rk4);
  Ensemble w = lamb_dipole(square, 1, 2 * pi / 20);
  const auto centroid = [&] {
    const Eigen::ArrayXd weight = w.array() * (square.coordinate(0) - pi);
    return (weight * square.coordinate(1)).sum() / weight.sum();
  };
  const double window = 0.063;
  CHECK(centroid() == Approx(pi).epsilon(1e-10));
  model.advance(w, {0, window});
  const double before = centroid();
  model.advance(w, {window, 3 * window});
  const double speed = (centroid() - before) / (2 * window);
  CHECK(speed == Approx(1).epsilon(0.01));
  CHECK(speed == Approx(1 - pi / 400).epsilon(1e-3));
}

TEST_CASE("the breather of Peregrine rises and falls", "[reference]") {
  // Row 34: psi_t = -i psi_xx / 8 - i |psi|^2 psi / 2 on 40 pi, products as they come. Its spectrum falls by 1e-4 over
  // 512 harmonics at time 0, and truncation would leave 256 of them. The row's own time, -8 to 8, is in
  // examples/reference-spectral: the plane wave is unstable, and the kink between the images grows by exp(8).
  const Grid line({{1024, 40 * pi}});
  const double dispersion = -1.0 / 8, focusing = -0.5;
  const Eigen::VectorXd top = peregrine(line, 20 * pi, 0, dispersion, focusing);
  CHECK(top(512) == Approx(-3).epsilon(1e-14));
  Semilinear equation = nonlinear_schroedinger(line, dispersion, focusing);
  equation.dealiasing = Dealiasing::none;
  const auto moved = [&](double dt) {
    return advanced({equation, dt, RungeKutta::rk4}, peregrine(line, 20 * pi, -1, dispersion, focusing), 2);
  };
  const Eigen::VectorXd exact = peregrine(line, 20 * pi, 1, dispersion, focusing), fine = moved(0.0025);
  CHECK((fine - exact).cwiseAbs().mean() < 1e-5);
  CHECK(fine.squaredNorm() == Approx(peregrine(line, 20 * pi, -1, dispersion, focusing).squaredNorm()).epsilon(1e-10));
  // The order shows where the shortest wave, of frequency 82, is resolved in time.
  CHECK(std::log2((moved(0.005) - fine).norm() / (fine - moved(0.00125)).norm()) == Approx(4).margin(0.1));
  CHECK_THROWS_AS(peregrine(line, 0, 0, 1, -1), Error);
}

TEST_CASE("two solitons of Korteweg and de Vries collide", "[reference]") {
  // Row 7. The invariants int u = 12 sum k, int u^2 = 24 sum k^3, int (u^3 / 3 - u_x^2) = (72 / 5) sum k^5.
  const Grid line({{1024, 120.0}});
  const double spacing = 120.0 / 1024;
  const auto check_invariants = [&](const Eigen::VectorXd& u, double tolerance) {
    const Eigen::VectorXd slope = apply(line, derivative(line, 0, 1), u);
    CHECK(u.sum() * spacing == Approx(30).epsilon(1e-8));
    CHECK(u.squaredNorm() * spacing == Approx(105).epsilon(tolerance));
    CHECK((u.array().cube().sum() / 3 - slope.squaredNorm()) * spacing == Approx(123.75).epsilon(tolerance));
  };
  const auto exact = [&](double t) { return two_solitons(line, {1.5, 1}, 60, t); };
  // The tail that ends at the seam of the line holds 1e-7 of the integral at t = 20.
  for (const double t : {-20.0, -1.0, 0.0, 20.0}) check_invariants(exact(t), 1e-10);
  const Eigen::VectorXd u = advanced({korteweg_de_vries(line), 0.01}, exact(-20), 40);
  CHECK(largest(u - exact(20)) == Approx(7.6e-4).epsilon(0.05));
  check_invariants(advanced({korteweg_de_vries(line), 0.005}, exact(-20), 40), 4e-5);
}

TEST_CASE("viscosities of every order damp a wave at their rate", "[reference]") {
  const Grid plane({{16, 3.0}, {16, 2.0}});
  const Eigen::VectorXd w = plane_waves(plane, {{.harmonics = {2, -1, 0}}});
  const double k2 = std::pow(2 * pi, 2) * (1 + 1.0 / 9);
  const VorticityCoefficients c{.viscosity = 0.01,
                                .drag = 0.2,
                                .hyperviscosity = 1e-5,
                                .hyperviscosity_order = 2,
                                .hypoviscosity = 3,
                                .hypoviscosity_order = 2};
  const double rate = c.viscosity * k2 + c.drag + c.hyperviscosity * k2 * k2 + c.hypoviscosity / (k2 * k2);
  CHECK(largest(advanced({navier_stokes(plane, c), 0.1}, w, 1) - std::exp(-rate) * w) <= 1e-14);
  // The mean has a drag and no hypoviscosity.
  const Eigen::VectorXd mean = Eigen::VectorXd::Ones(plane.points());
  CHECK(largest(advanced({navier_stokes(plane, c), 0.1}, mean, 1) - std::exp(-c.drag) * mean) <= 1e-14);
  CHECK_THROWS_AS(navier_stokes(plane, {.hypoviscosity_order = 0}), Error);
}

TEST_CASE("forces have their shape, and two of one shape add", "[reference]") {
  const Grid plane({{16, 3.0}, {24, 2.0}});
  const Eigen::ArrayXd x = plane.coordinate(1) / 2, y = plane.coordinate(0) / 3;
  Semilinear still = navier_stokes(plane);
  const Eigen::VectorXd zero = Eigen::VectorXd::Zero(plane.points());
  const Eigen::ArrayXd s = 2 * pi * (x + y);
  CHECK(largest(tendency(still + diagonal_force(plane), zero) - Eigen::VectorXd(0.1 * (s.sin() + s.cos()))) <= 1e-15);
  // The curl of (sin(2 pi 2 y / 3), 0)
  const Eigen::VectorXd curl = -2 * pi * 2 / 3 * (2 * pi * 2 * y).cos();
  CHECK(largest(tendency(still + kolmogorov_force(plane, 1, 2) + kolmogorov_force(plane, 0.5, 2), zero) - 1.5 * curl) <=
        1e-14);
  CHECK(largest(tendency(still + kolmogorov_force(plane, 1, 2) + kolmogorov_force(plane, 1, 4), zero) - curl) > 1);
  CHECK_THROWS_AS(steady_force("nothing", {}), Error);
  CHECK_THROWS_AS(diagonal_force(Grid({{16, 1.0}})), Error);
  // Beyond half the points a harmonic would be taken for another one.
  CHECK_THROWS_AS(diagonal_force(plane, 1, 9), Error);
  CHECK_THROWS_AS(kolmogorov_force(plane, 1, 9), Error);
  CHECK_THROWS_AS(taylor_green(plane, 1, 9), Error);
}
