#include <catch2/catch.hpp>
#include <numbers>
#include <semiflow/core/conformance.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/diagnostics.hpp>
#include <semiflow/pde/multipliers.hpp>
#include <semiflow/pde/stochastic_model.hpp>

#include "equations.hpp"

using namespace semiflow;

namespace {

const Grid square({{32, 2 * std::numbers::pi}, {32, 2 * std::numbers::pi}});

// The modes of N are the modes of the solver, so the advection stays, too weak to be seen.
Semilinear linear(double drag) {
  Semilinear equation = navier_stokes(square, {.drag = drag});
  for (const char* name : {"uv", "vv", "uu"}) equation = with_coefficient(equation, name, 1e-30);
  return equation;
}

double mean_energy(const StochasticModel& model, const Ensemble& states) {
  SpectralDiagnostics diagnostics(model.model().equation().grid);
  double sum = 0;
  for (Index j = 0; j < states.cols(); ++j) sum += diagnostics.energy(states.col(j).head(model.field_size()));
  return sum / static_cast<double>(states.cols());
}

Ensemble at_rest(const StochasticModel& model, Index members) {
  return model.with_memory(Ensemble::Zero(model.field_size(), members));
}

}  // namespace

TEST_CASE("a stochastic model is a forecast model", "[stochastic]") {
  const double correlation_time = GENERATE(0.0, 0.3);
  const Semilinear equation = navier_stokes(plane(20, 18), {.viscosity = 0.01});
  StochasticModel model(
      SpectralModel(equation, 0.02),
      {.injection = 0.3, .wavenumber = 3, .half_width = 1, .correlation_time = correlation_time, .seed = 5});
  const Ensemble members = model.with_memory(random_states(equation, 3, 1));
  CHECK(check_forecast_model(model, members, {1, 1.4}, 1.14) == std::vector<std::string>{});

  // The memory keeps its bits in a window that is split.
  Ensemble whole = members, split = members;
  model.advance(whole, {1, 1.4});
  model.advance(split, {1, 1.14});
  model.advance(split, {1.14, 1.4});
  const Index memory = model.state_size() - model.field_size();
  CHECK(whole.bottomRows(memory) == split.bottomRows(memory));
  CHECK(whole.row(model.field_size()) == members.row(model.field_size()));
}

TEST_CASE("noise is keyed by seed, stream and step", "[stochastic]") {
  RingForcing forcing{.injection = 0.3, .wavenumber = 4, .half_width = 1, .seed = 5};
  StochasticModel model(SpectralModel(linear(0), 0.1), forcing);
  forcing.seed = 6;
  StochasticModel other(SpectralModel(linear(0), 0.1), forcing);
  const auto after = [](StochasticModel& m, double stream, double begin) {
    Ensemble state = at_rest(m, 1);
    state(m.field_size()) = stream;
    m.advance(state, {begin, begin + 0.1});
    return Ensemble(state.topRows(m.field_size()));
  };
  const Ensemble reference = after(model, 0, 0);
  CHECK(after(model, -0.0, 0) == reference);
  CHECK(after(model, 1e-9, 0) != reference);
  CHECK(after(model, 0, 0.1) != reference);
  CHECK(after(other, 0, 0) != reference);
  CHECK_THROWS_WITH(after(model, 0, 0.05), Catch::Contains("multiple"));
  CHECK_THROWS_WITH(after(model, std::nan(""), 0), Catch::Contains("stream"));

  // The same field on a finer grid.
  const Grid fine({{64, 2 * std::numbers::pi}, {64, 2 * std::numbers::pi}});
  forcing.seed = 5;
  StochasticModel finer(SpectralModel(navier_stokes(fine), 0.1), forcing);
  const Ensemble state = after(finer, 0, 0);
  double difference = 0;
  for (Index y = 0; y < 32; ++y)
    for (Index x = 0; x < 32; ++x)
      difference = std::max(difference, std::abs(state(2 * (64 * y + x), 0) - reference(32 * y + x, 0)));
  CHECK(difference < 1e-13);
}

TEST_CASE("a ring that cannot be forced is an error", "[stochastic]") {
  const auto force = [](const RingForcing& forcing) { StochasticModel(SpectralModel(linear(0), 0.1), forcing); };
  CHECK_THROWS_WITH(force({.injection = 1, .wavenumber = 4.55, .half_width = 0.01}), Catch::Contains("no mode"));
  CHECK_THROWS_WITH(force({.injection = 1, .wavenumber = 10, .half_width = 2}), Catch::Contains("dealiasing"));
  CHECK_THROWS_WITH(force({.injection = 1, .wavenumber = 15, .half_width = 1}), Catch::Contains("Nyquist"));
  CHECK_THROWS_WITH(force({.injection = 1, .wavenumber = 1, .half_width = 1}), Catch::Contains("mean"));
  CHECK_THROWS_WITH(force({.injection = -1, .wavenumber = 4, .half_width = 1}), Catch::Contains("injection"));
  CHECK_THROWS_WITH(StochasticModel(SpectralModel(linear(0), 0.1, LinearMultistep::ab3),
                                    {.injection = 1, .wavenumber = 4, .half_width = 1}),
                    Catch::Contains("multistep"));
}

TEST_CASE("a kick has exactly the energy that it should", "[stochastic]") {
  const double inverse_radius = GENERATE(0.0, 2.0), dt = 0.05, injection = 0.7;
  const Grid grid = plane(40, 56);
  const RingForcing forcing{
      .injection = injection, .wavenumber = 5, .half_width = 2, .inverse_radius = inverse_radius, .seed = 3};
  StochasticModel model(SpectralModel(barotropic(grid, {.inverse_radius = inverse_radius}), dt), forcing);
  Ensemble states = at_rest(model, 4);
  model.advance(states, {7 * dt, 8 * dt});
  SpectralDiagnostics diagnostics(grid);
  const Eigen::ArrayXd k2 = square_wavenumber(grid);
  const Multiplier weight = named("energy", (k2 + inverse_radius * inverse_radius > 0)
                                                .select((k2 + inverse_radius * inverse_radius).inverse(), 0.0)
                                                .cast<std::complex<double>>());
  // The kick would lose energy where k and -k both stand in the array and are not conjugates.
  for (Index j = 0; j < states.cols(); ++j)
    CHECK(std::abs(diagnostics.half_mean(states.col(j).head(model.field_size()), weight) / (injection * dt) - 1) <
          1e-13);
}

TEST_CASE("the column of k and -k stays Hermitian", "[stochastic]") {
  const Semilinear equation = navier_stokes(square, {.viscosity = 0.001});
  StochasticModel model(SpectralModel(equation, 0.02), {.injection = 0.5, .wavenumber = 4, .half_width = 1});
  Ensemble states = at_rest(model, 1);
  model.advance(states, {0, 10});
  // Steps without kicks show the packed array after 500 kicks.
  double asymmetry = 0, size = 0;
  SpectralModel seen = model.model();
  seen.advance(states.topRows(model.field_size()), {0, 0.02}, [&](std::complex<double>* packed, Index, Index) {
    std::vector<std::complex<double>> all(static_cast<std::size_t>(square.modes()));
    seen.modes().scatter(packed, all.data());
    for (std::size_t y = 1; y < 32; ++y) {
      asymmetry = std::max(asymmetry, std::abs(all[17 * y] - std::conj(all[17 * (32 - y)])));
      size = std::max(size, std::abs(all[17 * y]));
    }
  });
  CHECK(size > 0.1);
  CHECK(asymmetry < 1e-13 * size);
}

TEST_CASE("the energy of an undamped system grows by epsilon t on average", "[stochastic]") {
  const double dt = 0.1, injection = 0.4;
  const Index members = 64, steps = 100;
  StochasticModel model(SpectralModel(linear(0), dt), {.injection = injection, .wavenumber = 4, .half_width = 1});
  Ensemble states = at_rest(model, members);
  model.advance(states, {0, dt * steps});
  // The energy of a pair is exponentially distributed after many kicks: sd of the mean = 1 / sqrt(pairs members).
  const double sd = 1 / std::sqrt(static_cast<double>(model.ring_size() * members));
  const double error = mean_energy(model, states) / (injection * dt * steps) - 1;
  INFO("error " << error << ", sd " << sd);
  CHECK(sd < 0.025);
  CHECK(std::abs(error) < 3 * sd);
}

TEST_CASE("drag balances the injection", "[stochastic]") {
  const double correlation_time = GENERATE(0.0, 0.5), dt = 0.02, injection = 0.1, drag = 0.5;
  const Index members = 8, samples = 60;
  StochasticModel model(
      SpectralModel(navier_stokes(square, {.drag = drag}), dt),
      {.injection = injection, .wavenumber = 4, .half_width = 1, .correlation_time = correlation_time});
  Ensemble states = at_rest(model, members);
  model.advance(states, {0, 10});  // ten times 1 / (2 mu)
  double sum = 0, squares = 0;
  for (Index s = 0; s < samples; ++s) {
    model.advance(states, {10.0 + static_cast<double>(s), 11.0 + static_cast<double>(s)});
    const double energy = mean_energy(model, states);
    sum += energy;
    squares += energy * energy;
  }
  // Of the discrete process: <E> = e^(-2 mu dt) <E> + epsilon dt.
  const double n = static_cast<double>(samples), mean = sum / n;
  const double white = injection * dt / -std::expm1(-2 * drag * dt);
  // Samples 1 / (2 mu) apart have correlation 1/e: effectively n (1 - 1/e) / (1 + 1/e) of them.
  const double sd = std::sqrt((squares / n - mean * mean) / n * 2.164);
  const double expected = correlation_time == 0 ? white : white / (1 + drag * correlation_time);
  INFO("mean " << mean << ", expected " << expected << ", sd " << sd);
  CHECK(sd < 0.03 * expected);
  // The advection turns a mode while its force persists, which lowers the work of coloured noise further.
  if (correlation_time == 0) {
    CHECK(std::abs(mean - expected) < 3 * sd);
  } else {
    CHECK(mean < expected + 3 * sd);
    CHECK(mean > 0.5 * expected);
  }
}

TEST_CASE("coloured forces on a linear system", "[stochastic]") {
  const double dt = 0.1, injection = 0.4, tau = 0.35, drag = GENERATE(0.0, 0.5);
  const Index members = 2048, steps = 100;
  StochasticModel model(SpectralModel(linear(drag), dt),
                        {.injection = injection, .wavenumber = 4, .half_width = 1, .correlation_time = tau});
  Ensemble states = at_rest(model, members);
  const Index pairs = model.ring_size();
  const auto amplitudes = [&] { return Ensemble(states.bottomRows(2 * pairs)); };
  const Ensemble before = amplitudes();
  model.advance(states, {0, dt});
  const Ensemble next = amplitudes();
  model.advance(states, {dt, dt * steps});
  const Ensemble last = amplitudes();
  // A dozen numbers are compared, so one may be 3 sd off; many members make 4 sd a narrow band, 2 % of the energy.
  // 2 pairs members numbers of variance 1/2: sd of a relative variance sqrt(2 / n), of a correlation sqrt(1 / n).
  const double n = static_cast<double>(before.size()), r = std::exp(-dt / tau);
  INFO("n " << n << ", variance " << last.squaredNorm() / n << ", correlation "
            << 2 * before.cwiseProduct(next).sum() / n - r);
  for (const Ensemble& a : {before, next, last}) CHECK(std::abs(2 * a.squaredNorm() / n - 1) < 4 * std::sqrt(2 / n));
  CHECK(std::abs(2 * before.cwiseProduct(next).sum() / n - r) < 4 * std::sqrt((1 + r * r) / n));
  CHECK(std::abs(2 * before.cwiseProduct(last).sum() / n) < 4 / std::sqrt(n));

  // <|w|^2> of w_n = q w_(n-1) + g z_n from rest, with <z_m z_n*> = r^|m - n|, g^2 = a^2 dt tanh(dt / 2 tau).
  const double q = std::exp(-drag * dt);
  double second = 0, cross = 0;  // <|w|^2> and Re <w z*> of the same step, over g^2 and g
  for (Index s = 0; s < steps; ++s) {
    second = q * q * second + 2 * q * r * cross + 1;
    cross = q * r * cross + 1;
  }
  const double expected = injection * dt * std::tanh(dt / (2 * tau)) * second;
  if (drag == 0) CHECK(std::abs(expected / (injection * dt * steps) - 1) < 2 * tau / (dt * steps));
  const double sd = 1 / std::sqrt(static_cast<double>(pairs * members));
  const double error = mean_energy(model, states) / expected - 1;
  INFO("energy " << error << ", sd " << sd);
  CHECK(std::abs(error) < 4 * sd);
}

TEST_CASE("random forcing has the same bits on many ranks", "[domain][stochastic]") {
  const auto ranks = std::make_shared<const Communicator>(Communicator::duplicate_of(MPI_COMM_WORLD));
  const Semilinear flow = navier_stokes(plane(40, 56), {.viscosity = 0.01});
  for (const double correlation_time : {0.0, 0.3}) {
    const RingForcing forcing{
        .injection = 0.5, .wavenumber = 5, .half_width = 3, .correlation_time = correlation_time, .seed = 9};
    StochasticModel whole(SpectralModel(flow, 0.02), forcing);
    StochasticModel dealt(SpectralModel(flow, 0.02, RungeKutta::etdrk4, ranks), forcing);
    const Ensemble fields = random_states(flow, 2, 7);
    Ensemble all = whole.with_memory(fields, 3), mine = dealt.with_memory(dealt.domain().part(fields), 3);
    REQUIRE(whole.ring_size() == dealt.ring_size());
    whole.advance(all, {1, 1.2});
    dealt.advance(mine, {1, 1.2});
    CHECK(all.allFinite());
    CHECK(mine.topRows(dealt.field_size()) == dealt.domain().part(all.topRows(whole.field_size())));
    const Index memory = whole.state_size() - whole.field_size();
    CHECK(mine.bottomRows(memory) == all.bottomRows(memory));
  }
}
