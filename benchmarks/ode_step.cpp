// A classical Runge-Kutta step of the low-order models, its tangent linear with eight perturbations and its adjoint with
// eight sensitivities, one core. member_step is the time for one member (or vector) and step; flops are the additions and
// multiplications of the step a second.
#include <benchmark/benchmark.h>

#include <semiflow/core/random.hpp>
#include <semiflow/pde/lorenz.hpp>

using namespace semiflow;

namespace {

// Operations of the four tendencies, and of the stages and the sum that they go into, for each entry of the state.
constexpr double stages = 2 + 4 + 4 + 3;
double flops(const Lorenz63& f) { return 4 * 9 + stages * static_cast<double>(f.size()); }
double flops(const Lorenz96& f) { return (4 * 4 + stages) * static_cast<double>(f.size()); }
double flops(const TwoScaleLorenz& f) {
  const auto slow = static_cast<double>(f.sectors), fast = static_cast<double>(f.size() - f.sectors);
  return 4 * (slow * (4 + 3) + fast * (6 + 1)) + stages * (slow + fast);
}

template <OrdinaryEquation F>
Ensemble states(RungeKutta4<F>& model, Index members) {
  Ensemble states = standard_normal(model.state_size() * members, {1, 1000, 0}).reshaped(model.state_size(), members);
  model.advance(states, {0, 100 * model.dt()});
  return states;
}

void report(benchmark::State& run, double steps, double flops_of_step) {
  run.counters["member_step"] =
      benchmark::Counter(steps, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  if (flops_of_step > 0)
    run.counters["flops"] = benchmark::Counter(steps * flops_of_step, benchmark::Counter::kIsIterationInvariantRate);
}

template <class F>
void advance(benchmark::State& run, F equation, double dt) {
  RungeKutta4 model(equation, dt);
  const Index members = run.range(0), steps = run.range(1);
  Ensemble E = states(model, members);
  for (auto _ : run) model.advance(E, {0, static_cast<double>(steps) * dt});
  report(run, static_cast<double>(members * steps), flops(equation));
}

template <class F>
void tangent(benchmark::State& run, F equation, double dt) {
  RungeKutta4 model(equation, dt);
  const Index vectors = run.range(0), steps = run.range(1);
  const Ensemble start = states(model, 1);
  for (auto _ : run) {
    Eigen::VectorXd state = start.col(0);
    Ensemble V = Ensemble::Ones(model.state_size(), vectors);
    model.advance_tangent(state, V, {0, static_cast<double>(steps) * dt});
  }
  report(run, static_cast<double>(vectors * steps), 0);
}

template <class F>
void adjoint(benchmark::State& run, F equation, double dt) {
  RungeKutta4 model(equation, dt);
  const Index vectors = run.range(0), steps = run.range(1);
  const Ensemble start = states(model, 1);
  for (auto _ : run) {
    Ensemble W = Ensemble::Ones(model.state_size(), vectors);
    model.adjoint(start.col(0), W, {0, static_cast<double>(steps) * dt});
  }
  report(run, static_cast<double>(vectors * steps), 0);
}

}  // namespace

BENCHMARK_CAPTURE(advance, lorenz63, Lorenz63{}, 0.01)
    ->Args({1, 25})
    ->Args({10, 25})
    ->Args({100, 25})
    ->Args({4000, 25});
BENCHMARK_CAPTURE(advance, lorenz96, Lorenz96{}, 0.05)->Args({1, 1})->Args({8, 1})->Args({24, 1})->Args({24, 20});
BENCHMARK_CAPTURE(advance, two_scale, TwoScaleLorenz{}, 0.005)->Args({20, 10});
BENCHMARK_CAPTURE(tangent, lorenz63, Lorenz63{}, 0.01)->Args({1, 25})->Args({8, 25});
BENCHMARK_CAPTURE(tangent, lorenz96, Lorenz96{}, 0.05)->Args({1, 20})->Args({8, 20})->Args({40, 20});
BENCHMARK_CAPTURE(adjoint, lorenz63, Lorenz63{}, 0.01)->Args({1, 25})->Args({8, 25});
BENCHMARK_CAPTURE(adjoint, lorenz96, Lorenz96{}, 0.05)->Args({1, 20})->Args({8, 20})->Args({40, 20});
BENCHMARK_MAIN();
