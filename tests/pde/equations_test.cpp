#include "equations.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>
#include <semiflow/core/conformance.hpp>

#include "fields.hpp"

using namespace semiflow;

namespace {

const double pi = std::numbers::pi;

}  // namespace

TEST_CASE("every equation makes a forecast model", "[equations]") {
  for (const Case& test : every_equation()) {
    CAPTURE(test.name);
    SpectralModel model(test.equation, test.dt);
    const auto broken = check_forecast_model(model, random_states(test.equation, 3, 5), {0, 6 * test.dt}, 2 * test.dt);
    CAPTURE(broken);
    CHECK(broken.empty());
  }
}

namespace {

struct Symbols {
  const char* name;
  Semilinear equation;
};

// Burgers' nonlinearity with a real, an imaginary and a complex symbol.
std::vector<Symbols> all_symbols(const Grid& line) {
  const Term dispersion = monomial(line, 0, 3, -2e-3);
  return {{"real", burgers(line, 0.02)},
          {"imaginary", burgers(line, 0) + dispersion},
          {"mixed", burgers(line, 0.02) + dispersion}};
}

}  // namespace

TEST_CASE("one-step methods have their order", "[equations]") {
  const Grid line({{64, 3.0}});
  const Eigen::VectorXd u = (2 * pi / 3 * line.coordinate(0)).sin();
  for (const auto& [name, equation] : all_symbols(line)) {
    CAPTURE(name);
    const auto slope = [&, &equation = equation](RungeKutta method, double dt) {
      const Eigen::VectorXd exact = advanced({equation, dt / 64}, u, 0.2);
      const auto error = [&](double h) { return (advanced({equation, h, method}, u, 0.2) - exact).norm(); };
      return std::log2(error(dt) / error(dt / 4)) / 2;
    };
    CHECK(slope(RungeKutta::etdrk4, 0.01) == Approx(4).margin(0.1));
    CHECK(slope(RungeKutta::ifrk4, 0.01) == Approx(4).margin(0.1));
    CHECK(slope(RungeKutta::rk4, 0.004) == Approx(4).margin(0.1));  // all of L is explicit
    CHECK(slope(RungeKutta::etdrk2, 0.005) == Approx(2).margin(0.1));
  }
}

TEST_CASE("a soliton of Korteweg and de Vries travels", "[equations]") {
  // specs/spectral.md, row 6: u = 3 c sech^2(sqrt(c) / 2 (x - 10 - c t)), c = 4, at t = 2.
  const Grid line({{512, 40.0}});
  const auto soliton = [&](double t) -> Eigen::VectorXd {
    return 12 * (line.coordinate(0) - 10 - 4 * t).cosh().square().inverse();
  };
  const double dt[] = {4e-3, 2e-3, 1e-3}, error[] = {3.54e-5, 1.88e-6, 1.06e-7};
  for (int i = 0; i < 3; ++i) {
    const double measured = largest(advanced({korteweg_de_vries(line), dt[i]}, soliton(0), 2) - soliton(2));
    CHECK(measured == Approx(error[i]).epsilon(0.05));
  }
}

TEST_CASE("Burgers' equation agrees with the integral of Cole and Hopf", "[equations]") {
  // specs/spectral.md, row 8: u_0 = -sin(pi x) on [-1, 1], viscosity 0.1 / pi; x = -1 + coordinate.
  const Grid line({{512, 2.0}});
  const Eigen::VectorXd u = (pi * line.coordinate(0)).sin();
  const SpectralModel model(burgers(line, 0.1 / pi), 1.0 / 2000);
  const Index quarter = 512 / 2 + 512 / 8, half = 512 / 2 + 512 / 4;
  CHECK(advanced(model, u, 0.5)(quarter) == Approx(-0.799110998015).epsilon(1e-10));
  CHECK(advanced(model, u, 1)(half) == Approx(-0.367776874636).epsilon(1e-10));
}

TEST_CASE("Taylor-Green vortices decay and are carried by the wind", "[equations]") {
  // specs/spectral.md, rows 3 and 4: exact, since the advection of the vortices by themselves vanishes.
  const Grid square({{32, 2 * pi}, {32, 2 * pi}});
  const double nu = 0.05;
  const auto vortices = [&](double wind, double t) -> Eigen::VectorXd {
    return 4 * std::exp(-8 * nu * t) * (2 * (square.coordinate(1) - wind * t)).cos() * (2 * square.coordinate(0)).cos();
  };
  for (const double wind : {0.0, 1.0}) {
    const SpectralModel model(navier_stokes(square, {.viscosity = nu, .mean_x = wind}), 0.05);
    CHECK(largest(advanced(model, vortices(wind, 0), 1) - vortices(wind, 1)) <= 1e-13);
  }
  const auto error = [&](double dt) {
    const SpectralModel model(navier_stokes(square, {.viscosity = nu, .mean_x = 1}), dt, RungeKutta::rk4);
    return largest(advanced(model, vortices(1, 0), 1) - vortices(1, 1));
  };
  CHECK(std::log2(error(0.025) / error(0.0125)) == Approx(4).margin(0.1));
}

TEST_CASE("a double shear layer has the published energy, enstrophy and palinstrophy", "[equations]") {
  // specs/spectral.md, row 22, at 128^2 (256^2 agrees with 384^2 to 9 digits; 128^2 is resolved to 6).
  const Grid square({{128, 1.0}, {128, 1.0}});
  const Eigen::ArrayXd x = square.coordinate(1), y = square.coordinate(0);
  // w = v_x - u_y
  const Eigen::ArrayXd v_x = 0.05 * 2 * pi * (2 * pi * x).cos();
  const Eigen::ArrayXd u_y = (y <= 0.5).select(30 * (30 * (y - 0.25)).cosh().square().inverse(),
                                               -30 * (30 * (0.75 - y)).cosh().square().inverse());
  const Eigen::VectorXd w = advanced({navier_stokes(square, {.viscosity = 1e-4}), 1e-3}, v_x - u_y, 0.4);
  Spectrum modes(square.modes(), 1);
  Fft(square).forward(w, modes);
  const Eigen::ArrayXd k2 = square.wavenumber(0).square() + square.wavenumber(1).square();
  const Eigen::ArrayXd power = square.multiplicity() * modes.col(0).array().abs2() / std::pow(square.points(), 2);
  CHECK(0.5 * (k2 > 0).select(power / k2, 0).sum() == Approx(0.4308430375).epsilon(1e-6));
  CHECK(0.5 * power.sum() == Approx(37.91549141).epsilon(1e-5));
}

TEST_CASE("Rossby waves travel with their frequency", "[equations]") {
  // specs/spectral.md, row 9.
  const Grid square({{64, 2 * pi}, {64, 2 * pi}});
  const double beta = 2, radius = 0.8, wind = 0.3, k = 3, l = 2, t = 0.2;
  const double omega = k * wind - beta * k / (k * k + l * l + 1 / (radius * radius));
  const auto wave = [&](double phase) -> Eigen::VectorXd {
    return 0.01 * (k * square.coordinate(1) - phase).cos() * (l * square.coordinate(0)).cos();
  };
  for (const double inverse_radius : {1 / radius, 0.0}) {
    const double frequency = inverse_radius == 0 ? k * wind - beta * k / (k * k + l * l) : omega;
    const SpectralModel model(barotropic(square, {.beta = beta, .inverse_radius = inverse_radius, .mean_x = wind}),
                              0.01);
    CHECK(largest(advanced(model, wave(0), t) - wave(frequency * t)) <= 1e-14);
  }
}

TEST_CASE("a force holds a manufactured flow", "[equations]") {
  // specs/spectral.md, row 10: psi = sin 2x cos 2y + 2 sin x cos 3y, viscosity 0.01.
  const Grid square({{64, 2 * pi}, {64, 2 * pi}});
  const Eigen::ArrayXd x = square.coordinate(1), y = square.coordinate(0);
  const double nu = 0.01;
  const Eigen::VectorXd w = -8 * (2 * x).sin() * (2 * y).cos() - 20 * x.sin() * (3 * y).cos();
  const Eigen::VectorXd force = -(nu * (64 * (2 * x).sin() * (2 * y).cos() + 200 * x.sin() * (3 * y).cos()) +
                                  8 * (x.cos() * (3 * y).cos() * (2 * x).sin() * (2 * y).sin() -
                                       3 * (2 * x).cos() * (2 * y).cos() * x.sin() * (3 * y).sin()));
  Semilinear equation = navier_stokes(square, {.viscosity = nu});
  equation.terms.push_back({.name = "force", .factors = {{.multiplier = {.name = "manufactured"}, .given = force}}});
  CHECK(largest(advanced({equation, 0.01}, w, 1) - w) <= 1e-12 * largest(w));
}

TEST_CASE("two layers grow as Phillips says", "[equations]") {
  // specs/spectral.md, row 13: the fastest wave of a box of 1000 km is (7, 0), at 1.37434476e-6 / s.
  const double length = 1e6;
  const Grid square({{32, length}, {32, length}});
  const TwoLayerCoefficients c{.beta = 1.5e-11, .radius = 15e3, .ratio = 1, .upper_velocity = 0.1, .drag = 0};
  const SpectralModel model(two_layer(square, c), 3600);
  const Eigen::ArrayXd wave = (14 * pi / length * square.coordinate(1)).cos();
  Eigen::VectorXd u(2 * square.points());
  u << 1e-12 * wave, -1e-12 * wave;
  // The growing eigenvector wins; then its growth over a day is the rate.
  const double day = 86400;
  const Eigen::VectorXd grown = advanced(model, u, 200 * day);
  const double rate = std::log(advanced(model, grown, 40 * day).norm() / grown.norm()) / (40 * day);
  CHECK(rate == Approx(1.37434476e-6).epsilon(1e-6));
}

TEST_CASE("Taylor-Green vortices in a box agree with spectralDNS", "[equations]") {
  // specs/spectral.md, row 21: 32^3, nu = 1/1600, classical Runge-Kutta of step 0.01, t = 0.1.
  const Grid box({{32, 2 * pi}, {32, 2 * pi}, {32, 2 * pi}});
  const Eigen::ArrayXd x = box.coordinate(2), y = box.coordinate(1), z = box.coordinate(0);
  Eigen::VectorXd u(3 * box.points());
  u << x.sin() * y.cos() * z.cos(), -x.cos() * y.sin() * z.cos(), Eigen::ArrayXd::Zero(box.points());
  const Eigen::VectorXd moved = advanced({navier_stokes_3d(box, 0.000625), 0.01, RungeKutta::rk4}, u, 0.1);
  CHECK(0.5 * moved.squaredNorm() / static_cast<double>(box.points()) == Approx(0.124953117517).epsilon(1e-10));
  // Divergence-free: the energy of the projected part is all of it.
  Spectrum modes(3 * box.modes(), 1);
  Fft(box).forward(moved, modes);
  Eigen::ArrayXcd divergence = Eigen::ArrayXcd::Zero(box.modes());
  for (Index d = 0; d < 3; ++d)
    divergence += box.wavenumber(2 - d) * modes.col(0).segment(d * box.modes(), box.modes()).array();
  CHECK(divergence.matrix().norm() <= 1e-12 * modes.norm());
  // Then half the mean square of the curl is a sum of |k|^2 |u|^2.
  const Eigen::ArrayXd k2 = box.wavenumber(0).square() + box.wavenumber(1).square() + box.wavenumber(2).square();
  double enstrophy = 0;
  for (Index field = 0; field < 3; ++field)
    enstrophy +=
        0.5 * (box.multiplicity() * k2 * modes.col(0).segment(field * box.modes(), box.modes()).array().abs2()).sum();
  CHECK(enstrophy / std::pow(box.points(), 2) == Approx(0.375249930801).epsilon(1e-8));
}

TEST_CASE("a velocity loses its divergence and nothing else", "[equations]") {
  for (const std::array<Index, 3>& n : {std::array<Index, 3>{8, 6, 10}, {7, 8, 9}}) {
    const Grid box({{n[0], 5.0}, {n[1], 6.0}, {n[2], 7.0}});
    const Ensemble u = standard_normal(3 * box.points(), {.seed = 1, .purpose = 0, .item = 0});
    const Ensemble free = without_divergence(box, u);
    Eigen::VectorXd divergence = Eigen::VectorXd::Zero(box.points()), curl = divergence;
    const auto part = [&](const Ensemble& field, Index i) {
      return Eigen::VectorXd(field.col(0).segment(i * box.points(), box.points()));
    };
    for (Index i = 0; i < 3; ++i) divergence += apply(box, derivative(box, 2 - i, 1), part(free, i));
    CHECK(largest(divergence) <= 1e-13 * largest(u));
    CHECK(largest(without_divergence(box, free) - free) <= 1e-14 * largest(u));
    // What was taken away is a gradient, and the mean stays.
    for (Index i = 0; i < 3; ++i) {
      const Index j = (i + 1) % 3;
      curl = apply(box, derivative(box, 2 - i, 1), part(u - free, j)) -
             apply(box, derivative(box, 2 - j, 1), part(u - free, i));
      CHECK(largest(curl) <= 1e-13 * largest(u));
      CHECK(part(free, i).mean() == Approx(part(u, i).mean()).epsilon(1e-12));
    }
    CHECK((u - free).norm() > 0.3 * u.norm());
  }
}

TEST_CASE("multistep methods have their order", "[equations]") {
  const Grid line({{64, 3.0}});
  const Eigen::VectorXd u = (2 * pi / 3 * line.coordinate(0)).sin();
  // AB3 takes the stiff part explicitly, so the steps are small.
  for (const auto& [name, equation] : all_symbols(line)) {
    CAPTURE(name);
    const auto slope = [&, &equation = equation](LinearMultistep method, double dt) {
      const Eigen::VectorXd exact = advanced({equation, dt / 16}, u, 0.2);
      const auto error = [&](double h) { return (advanced({equation, h, method}, u, 0.2) - exact).norm(); };
      return std::log2(error(dt / 2) / error(dt / 4));
    };
    CHECK(slope(LinearMultistep::ab3, 0.002) == Approx(3).margin(0.1));
    CHECK(slope(LinearMultistep::ab3_euler, 0.002) == Approx(2).margin(0.1));
    CHECK(slope(LinearMultistep::cn_euler, 0.002) == Approx(1).margin(0.1));
    CHECK(slope(LinearMultistep::cnab2, 0.002) == Approx(2).margin(0.1));
    CHECK(slope(LinearMultistep::sbdf2, 0.002) == Approx(2).margin(0.1));
  }
  SpectralModel model(burgers(line, 0.02), 0.01, LinearMultistep::ab3);
  Ensemble v = u;
  Eigen::VectorXd state = u;
  CHECK_THROWS_WITH(model.advance_tangent(state, v, {0, 0.1}), Catch::Contains("one-step"));
}

TEST_CASE("the numbers of pyqg come out", "[equations]") {
  // specs/spectral.md, rows 18 and 19: two Gaussian vortices of unit energy on 64^2, AB3, 2000 steps of 0.0025. The
  // points of pyqg lie half a spacing further; its stream function is that of the step before.
  const Grid square({{64, 2 * pi}, {64, 2 * pi}});
  const Eigen::ArrayXd x = square.coordinate(1) + pi / 64, y = square.coordinate(0) + pi / 64;
  const auto vortex = [&](double centre) { return (-(2 * (x - centre)).square() - (2 * (y - pi)).square()).exp(); };
  const Eigen::VectorXd shape = vortex(1.75 * pi / 2) + vortex(2.25 * pi / 2);
  Fft fft(square);
  const Eigen::ArrayXd k2 = square.wavenumber(0).square() + square.wavenumber(1).square();
  const double n2 = std::pow(static_cast<double>(square.points()), 2);

  const auto check = [&](Semilinear equation, const Eigen::ArrayXd& inverse, double q2, double psi2, double energy) {
    equation.dealiasing = Dealiasing::none;
    equation.filter.strength = 23.6;
    Spectrum modes(square.modes(), 1);
    fft.forward(shape, modes);
    const auto kinetic = [&](const Eigen::ArrayXd& weight) {
      return 0.5 * (square.multiplicity() * weight * k2 * modes.col(0).array().abs2()).sum() / n2;
    };
    modes.col(0).array() /= std::sqrt(kinetic(equation.step_filter().square()));
    modes.col(0).array() *= (inverse != 0).select(inverse.inverse(), 0);
    Ensemble q(square.points(), 1), before;
    fft.inverse(modes, q);
    SpectralModel model(equation, 0.0025, LinearMultistep::ab3_euler);
    before = q;
    model.advance(q, {0, 5});
    model.advance(before, {0, 5 - 0.0025});
    CHECK(q.squaredNorm() == Approx(q2).epsilon(1e-11));
    fft.forward(before, modes);
    modes.col(0).array() *= inverse;
    CHECK(kinetic(Eigen::ArrayXd::Ones(k2.size())) == Approx(energy).epsilon(1e-11));
    Ensemble psi(square.points(), 1);
    fft.inverse(modes, psi);
    CHECK(psi.squaredNorm() == Approx(psi2).epsilon(1e-11));
  };
  check(barotropic(square, {.flux_form = true}), (k2 > 0).select(-k2.inverse(), 0), 89101.741238768518,
        1493.217664248918, 0.9950360837282386);
  check(surface_quasigeostrophic(square), (k2 > 0).select(k2.sqrt().inverse(), 0), 7847.5169609881032,
        1346.8874163575524, 0.9579493831013508);
}

TEST_CASE("the two-layer run of pyqg comes out", "[equations]") {
  // specs/spectral.md, row 20: three years on 32^2 with AB3. The growing waves make the last digits sensitive: AB2 and
  // AB3 differ by 1e-3, so that the 1 % of pyqg's own test stands.
  const double length = 1e6, year = 360 * 86400.0, dt = 12800;
  const Grid square({{32, length}, {32, length}});
  Semilinear equation =
      two_layer(square, {.beta = 1.5e-11, .radius = 30e3, .ratio = 0.25, .upper_velocity = 0.05, .drag = 5.787e-7});
  equation.dealiasing = Dealiasing::none;
  equation.filter.strength = 18.4;
  const Eigen::ArrayXd x = square.coordinate(1) + length / 64, y = square.coordinate(0) + length / 64;
  Eigen::VectorXd q = Eigen::VectorXd::Zero(2 * square.points());
  q.head(square.points()) = 1e-6 * (10 * pi / length * x).cos() + 1e-7 * (10 * pi / length * y).cos();
  Ensemble members = q;
  SpectralModel(equation, dt, LinearMultistep::ab3_euler).advance(members, {0, 3 * year});
  CHECK(members.topRows(square.points()).squaredNorm() / 9.561430503712755e-8 == Approx(1).epsilon(0.01));
}
