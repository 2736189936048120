// Forty members in one call of advance() beside one alone, per member; every member must have the bits that it has
// alone. The rows of a size belong together:
//
//   ensemble_steps --benchmark_enable_random_interleaving=true
#include <benchmark/benchmark.h>

#include <algorithm>
#include <numbers>
#include <semiflow/core/library_versions.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/pde/initial_states.hpp>
#include <semiflow/pde/kuramoto_sivashinsky.hpp>
#include <semiflow/pde/navier_stokes.hpp>
#include <semiflow/pde/spectral_model.hpp>

using namespace semiflow;

namespace {

constexpr Index together = 40;

struct Run {
  SpectralModel model;
  Ensemble members;
  Index steps;

  void advance(Ensemble& states) { model.advance(states, {0, static_cast<double>(steps) * model.dt()}); }
};

Run kuramoto_sivashinsky_run() {
  const Grid line({{128, 32 * std::numbers::pi}});
  Ensemble members(128, together);
  for (Index j = 0; j < together; ++j)
    members.col(j) =
        kassam_trefethen(line) + 0.1 * standard_normal(128, {1, member_perturbation, static_cast<std::uint64_t>(j)});
  return {.model = {kuramoto_sivashinsky(line), 0.25}, .members = members, .steps = 100};
}

Run navier_stokes_run() {
  const Grid plane({{128, 2 * std::numbers::pi}, {128, 2 * std::numbers::pi}});
  Ensemble members(plane.points(), together);
  for (Index j = 0; j < together; ++j) members.col(j) = mcwilliams(plane, 6, 1, static_cast<std::uint64_t>(j));
  return {.model = {navier_stokes(plane, {.viscosity = 1e-3}), 0.005}, .members = members, .steps = 20};
}

void time_members(benchmark::State& state, Run run) {
  const Index count = state.range(0);
  Ensemble moved;
  for (auto _ : state) {
    moved = run.members.leftCols(count);
    run.advance(moved);
  }
  state.counters["a_step_of_a_member"] = benchmark::Counter(static_cast<double>(state.iterations() * count * run.steps),
                                                            benchmark::Counter::kIsRate | benchmark::Counter::kInvert);

  for (Index j = 0; j < count; ++j) {
    Ensemble alone = run.members.col(j);
    run.advance(alone);
    if (alone != moved.col(j)) return state.SkipWithError("a member alone has other bits than in the batch");
  }
}

void describe(benchmark::internal::Benchmark* rows) {
  rows->Arg(1)->Arg(together)->Repetitions(20)->MinTime(0.1)->ReportAggregatesOnly()->Unit(benchmark::kMillisecond);
  rows->ComputeStatistics("min", [](const std::vector<double>& v) { return *std::ranges::min_element(v); });
}

}  // namespace

BENCHMARK_CAPTURE(time_members, kuramoto_sivashinsky_128, kuramoto_sivashinsky_run())->Apply(describe);
BENCHMARK_CAPTURE(time_members, navier_stokes_128x128, navier_stokes_run())->Apply(describe);

int main(int argc, char* argv[]) {
  benchmark::AddCustomContext("libraries", library_versions());
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
