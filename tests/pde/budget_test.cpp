#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/budget.hpp>
#include <semiflow/pde/diagnostics.hpp>
#include <semiflow/pde/multipliers.hpp>

#include "equations.hpp"

using namespace semiflow;

namespace {

const double pi = std::numbers::pi;

Grid square(Index n) { return Grid({{n, 2 * pi}, {n, 2 * pi}}); }

Term steady_force(const Grid& grid, double amplitude) {
  const Eigen::VectorXd field = amplitude * (4 * grid.coordinate(1)).cos() * (5 * grid.coordinate(0)).cos();
  return {.name = "force", .factors = {{.multiplier = {.name = "cos 4x cos 5y"}, .given = field}}};
}

// What the products change of every invariant, over the sum of what they move: [invariants].
Eigen::VectorXd relative_gain(const Semilinear& equation, const std::vector<QuadraticInvariant>& invariants) {
  Budget budget(equation, invariants);
  REQUIRE(budget.nonlinear() == 0);
  const auto transfer = budget.transfer(random_states(equation, 1, 7).col(0));
  Eigen::VectorXd gain(std::ssize(invariants));
  for (Index i = 0; i < gain.size(); ++i) {
    const Eigen::VectorXd moved = transfer[static_cast<std::size_t>(i)].col(0);
    REQUIRE(moved.cwiseAbs().sum() > 1e-6);
    gain(i) = std::abs(moved.sum()) / moved.cwiseAbs().sum();
  }
  return gain;
}

}  // namespace

TEST_CASE("products conserve what the continuous equation conserves", "[budget]") {
  const Grid p({{32, 5.0}, {40, 7.0}});
  const Eigen::VectorXd eta = (2 * pi / 7 * p.coordinate(1)).cos();
  const TwoLayerCoefficients layers{.beta = 0.5, .radius = 1.2, .ratio = 0.5, .upper_velocity = 0.3, .drag = 0.2};
  const auto none = [](double gain) { return gain <= 1e-14; };

  const auto enstrophy = half_mean_square(p);
  for (const Semilinear& equation : {navier_stokes(p), barotropic(p, {.beta = 0.7, .flux_form = true})}) {
    const Eigen::VectorXd gain = relative_gain(equation, {flow_energy(p), enstrophy});
    CHECK(none(gain(0)));
    CHECK(none(gain(1)));
  }
  const auto screened = flow_energy(p, 0.9);
  CHECK(none(relative_gain(barotropic(p, {.inverse_radius = 0.9}), {enstrophy})(0)));
  CHECK(none(relative_gain(barotropic(p, {.inverse_radius = 0.9, .topography = eta}), {screened})(0)));
  CHECK(none(relative_gain(two_layer(p, layers), {two_layer_energy(p, layers)})(0)));
  // The potential enstrophy of each layer, and with it that of both.
  CHECK(none(relative_gain(two_layer(p, layers), {half_mean_square(p, 2)})(0)));
  const QuadraticInvariant surface{"energy", {wavenumber_power(p, -1).symbol.values().real()}};
  const Eigen::VectorXd gain = relative_gain(surface_quasigeostrophic(p), {surface, half_mean_square(p)});
  CHECK(none(gain(0)));
  CHECK(none(gain(1)));

  // With aliases they do not, nor with the weight of another equation.
  const Grid coarse({{8, 5.0}, {10, 7.0}});
  Semilinear aliased = navier_stokes(coarse);
  CHECK(none(relative_gain(aliased, {half_mean_square(coarse)})(0)));
  aliased.dealiasing = Dealiasing::none;
  CHECK(relative_gain(aliased, {half_mean_square(coarse)})(0) > 1e-3);
  CHECK(relative_gain(barotropic(p, {.inverse_radius = 0.9}), {flow_energy(p)})(0) > 1e-3);
}

TEST_CASE("the rotational form conserves the energy of a flow in a box", "[budget]") {
  const Grid box({{12, 5.0}, {16, 6.0}, {14, 7.0}});
  const Semilinear equation = navier_stokes_3d(box, 0.05);
  // Only for velocities without divergence: one short step makes them so by the projection... of the tendency alone,
  // so they are made of a vector potential.
  const Ensemble potential = random_states(equation, 1, 3);
  Fft fft(box);
  Spectrum a(3 * box.modes(), 1), u(3 * box.modes(), 1);
  fft.forward(potential, a);
  for (Index i = 0; i < 3; ++i) {
    const Index j = (i + 1) % 3, k = (i + 2) % 3;
    const auto part = [&](Index f) { return a.col(0).segment(f * box.modes(), box.modes()).array(); };
    u.col(0).segment(i * box.modes(), box.modes()) =
        derivative(box, 2 - j, 1).symbol.values() * part(k) - derivative(box, 2 - k, 1).symbol.values() * part(j);
  }
  Ensemble velocity(3 * box.points(), 1);
  fft.inverse(u, velocity);
  Budget budget(equation, {half_mean_square(box, 3, "energy")});
  const Eigen::VectorXd moved = budget.transfer(velocity.col(0))[0].col(0);
  CHECK(std::abs(moved.sum()) <= 1e-14 * moved.cwiseAbs().sum());
}

TEST_CASE("the flux vanishes beyond the last shell", "[budget]") {
  const Grid p = square(48);
  const Semilinear equation = navier_stokes(p);
  Budget budget(equation, {flow_energy(p), half_mean_square(p)});
  for (const Eigen::MatrixXd& transfer : budget.transfer(random_states(equation, 1, 2).col(0))) {
    const Eigen::VectorXd flux = spectral_flux(transfer.col(0));
    CHECK(flux.size() == budget.wavenumbers().size());
    CHECK(budget.wavenumbers()(5) == Approx(5));
    CHECK(flux.cwiseAbs().maxCoeff() > 1e-3);
    CHECK(flux(0) == -transfer(0, 0));
    CHECK(flux(4) - flux(5) == Approx(transfer(5, 0)));
    CHECK(std::abs(flux(flux.size() - 1)) <= 1e-14 * flux.cwiseAbs().maxCoeff());
  }
}

TEST_CASE("the rates of one wave are known", "[budget]") {
  const Grid p = square(32);
  const double k2 = 41, drag = 0.1, viscosity = 0.02, hyperviscosity = 1e-4, amplitude = 0.5, force = 0.01;
  const Eigen::VectorXd w = amplitude * (4 * p.coordinate(1)).cos() * (5 * p.coordinate(0)).cos();
  Semilinear equation = navier_stokes(
      p, {.viscosity = viscosity, .drag = drag, .hyperviscosity = hyperviscosity, .hyperviscosity_order = 2});
  equation = equation + steady_force(p, force);
  Budget budget(equation, {flow_energy(p), half_mean_square(p)});
  REQUIRE(budget.terms() == std::vector<std::string>{"nonlinear", "lap w", "w", "lap^p w", "force"});
  const double Z = amplitude * amplitude / 8, work = force * amplitude / 4;
  const Eigen::VectorXd values = budget.values(w);
  CHECK(values(0) == Approx(Z / k2).epsilon(1e-14));
  CHECK(values(1) == Approx(Z).epsilon(1e-14));
  const Eigen::MatrixXd rates = budget.rates(w);
  CHECK(rates.row(0).cwiseAbs().maxCoeff() <= 1e-17);
  const double expected[] = {0, -2 * viscosity * k2 * Z, -2 * drag * Z, -2 * hyperviscosity * k2 * k2 * Z, work};
  const auto transfer = budget.transfer(w);
  for (Index t = 1; t < 5; ++t) {
    CHECK(rates(t, 1) == Approx(expected[t]).epsilon(1e-13));
    CHECK(rates(t, 0) == Approx(expected[t] / k2).epsilon(1e-13));
    CHECK(transfer[1](6, t) == Approx(expected[t]).epsilon(1e-13));  // sqrt(41) is 6.4
    CHECK(transfer[1].col(t).sum() == Approx(rates(t, 1)).epsilon(1e-13));
  }
}

TEST_CASE("budgets of energy and enstrophy close", "[budget]") {
  // specs/spectral.md, row 14, with the force held steady: the sum of all terms is the rate of change along the
  // solver's trajectory, by a centred difference of fourth order.
  const Grid p = square(128);
  Semilinear equation = navier_stokes(p, {.drag = 0.1, .hyperviscosity = 1e-7, .hyperviscosity_order = 2});
  equation = equation + steady_force(p, 0.01);
  SpectralModel model(equation, 0.005, RungeKutta::rk4);
  Ensemble w = 0.5 * random_states(equation, 1, 11);
  model.advance(w, {0, 1});
  Budget budget(equation, {flow_energy(p), half_mean_square(p)});
  std::vector<Eigen::VectorXd> values;
  Eigen::MatrixXd rates;
  for (int i = 0; i < 5; ++i) {
    values.push_back(budget.values(w.col(0)));
    if (i == 2) rates = budget.rates(w.col(0));
    model.advance(w, {0, 0.005});
  }
  const Eigen::VectorXd change = (8 * (values[3] - values[1]) - (values[4] - values[0])) / (12 * 0.005);
  for (Index i = 0; i < 2; ++i) {
    CAPTURE(rates.col(i).transpose(), rates.col(i).sum() - change(i));
    CHECK(rates.col(i).sum() == Approx(change(i)).epsilon(1e-8));
    CHECK(rates.col(i).minCoeff() < -1e-3 * values[2](i));
  }
}

TEST_CASE("two layers take their energy from the shear", "[budget]") {
  const Grid p({{32, 5.0}, {40, 7.0}});
  const TwoLayerCoefficients c{.beta = 0.5, .radius = 1.2, .ratio = 0.5, .upper_velocity = 0.3, .drag = 0.2};
  const Semilinear equation = two_layer(p, c);
  SpectralModel model(equation, 0.002);
  Ensemble q = random_states(equation, 1, 4);
  Budget budget(equation, {two_layer_energy(p, c)});
  std::vector<double> energy;
  double rate = 0;
  for (int i = 0; i < 5; ++i) {
    energy.push_back(budget.values(q.col(0))(0));
    if (i == 2) rate = budget.rates(q.col(0)).sum();
    model.advance(q, {0, 0.002});
  }
  CHECK(rate == Approx((8 * (energy[3] - energy[1]) - (energy[4] - energy[0])) / (12 * 0.002)).epsilon(1e-8));

  // Of the stream functions psi_1 = a cos kx, psi_2 = 0: h_1 (k^2 + F1) a^2 / 4.
  const double k = 4 * pi / 7, F1 = 1 / (1.2 * 1.2 * 1.5), F2 = 0.5 * F1;
  const Eigen::ArrayXd wave = (k * p.coordinate(1)).cos();
  Eigen::VectorXd layers(2 * p.points());
  layers << -(k * k + F1) * wave, F2 * wave;
  CHECK(budget.values(layers)(0) == Approx(0.5 / 1.5 * (k * k + F1) / 4).epsilon(1e-13));
}

TEST_CASE("products can stand apart, and shapes are checked", "[budget]") {
  const Grid p = square(16);
  const Semilinear equation = navier_stokes(p, {.viscosity = 0.1});
  Budget apart(equation, {half_mean_square(p)}, Products::apart);
  CHECK(apart.terms() == std::vector<std::string>{"uv", "vv", "uu", "lap w"});
  CHECK(apart.nonlinear() == -1);
  Budget together(equation, {half_mean_square(p)});
  const Eigen::VectorXd w = random_states(equation, 1, 1).col(0);
  CHECK(apart.rates(w).topRows(3).cwiseAbs().maxCoeff() > 1e-4);
  CHECK(apart.rates(w).sum() == Approx(together.rates(w).sum()).epsilon(1e-12));
  CHECK_THROWS_AS(Budget(equation, {half_mean_square(p, 2)}), Error);
  CHECK_THROWS_AS(Budget(equation, {half_mean_square(square(12))}), Error);
  CHECK_THROWS_AS(together.rates(w.head(5)), Error);
}
