// Semiflow's side of the comparisons in this directory; their Python programs call it, so that both sides start from the
// same bits.
//
//   semiflow_side EQUATION POINTS DT STEPS METHOD FILTER run  < states > states
//   semiflow_side EQUATION POINTS DT STEPS METHOD FILTER time [--benchmark_...] < states
//
// States are doubles, member after member. Timed is the whole call of advance(), transforms of the state in and out of
// Fourier space included, for default plans (FftPlanning::estimated, the same bits in every run) and for measured ones.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <iostream>
#include <iterator>
#include <numbers>
#include <semiflow/core/blas_kernels.hpp>
#include <semiflow/core/library_versions.hpp>
#include <semiflow/pde/kuramoto_sivashinsky.hpp>
#include <semiflow/pde/navier_stokes.hpp>
#include <semiflow/pde/nonlinearity.hpp>
#include <semiflow/pde/quasigeostrophic.hpp>
#include <semiflow/pde/spectral_model.hpp>

using namespace semiflow;

namespace {

Semilinear make_equation(const std::string& name, Index points, double filter) {
  const double pi = std::numbers::pi;
  const auto square = [points](double length) { return Grid({{points, length}, {points, length}}); };
  if (name == "kuramoto-sivashinsky") return kuramoto_sivashinsky(Grid({{points, 32 * pi}}));
  if (name == "navier-stokes") return navier_stokes(square(2 * pi), {.viscosity = 5e-3});
  Semilinear equation = two_layer(square(1e6));  // the defaults are those of pyqg
  equation.dealiasing = Dealiasing::none;
  equation.filter.strength = filter;
  return equation;
}

Ensemble read_states(Index rows) {
  const std::string bytes(std::istreambuf_iterator<char>(std::cin), {});
  const auto count = static_cast<Index>(bytes.size() / sizeof(double));
  return Eigen::Map<const Ensemble>(reinterpret_cast<const double*>(bytes.data()), rows, count / rows);
}

}  // namespace

int main(int argc, char* argv[]) {
  use_better_blas_kernels(argv);
  if (argc < 8) {
    std::cerr << "semiflow_side: called by the Python programs beside its source\n";
    return 2;
  }
  const std::string name = argv[1], method = argv[5];
  const double dt = std::atof(argv[3]), end = std::atof(argv[4]) * dt;
  const Semilinear equation = make_equation(name, std::atoll(argv[2]), std::atof(argv[6]));
  const Stepping stepping = method == "etdrk4" ? Stepping(RungeKutta::etdrk4) : Stepping(LinearMultistep::ab3_euler);
  const Ensemble states = read_states(equation.state_size());

  if (std::string(argv[7]) == "run") {
    Ensemble moved = states;
    SpectralModel(equation, dt, stepping).advance(moved, {0, end});
    std::cout.write(reinterpret_cast<const char*>(moved.data()), moved.size() * static_cast<Index>(sizeof(double)));
    return 0;
  }

  argv[7] = argv[0];
  int left = argc - 7;
  benchmark::Initialize(&left, argv + 7);
  const Split split = method == "etdrk4" ? Split::semilinear : Split::everything;
  const Index stages = method == "etdrk4" ? 4 : 1;
  benchmark::AddCustomContext("libraries", library_versions());
  benchmark::AddCustomContext("transforms", std::to_string(stages * Nonlinearity(equation, split).transforms()));
  for (const FftPlanning planning : {FftPlanning::estimated, FftPlanning::measured})
    benchmark::RegisterBenchmark(planning == FftPlanning::estimated ? "default" : "measured",
                                 [&, planning](benchmark::State& run) {
                                   SpectralModel model(equation, dt, stepping, planning);
                                   Ensemble moved = states;
                                   model.advance(moved, {0, end});  // warm-up
                                   for (auto _ : run) {             // from the same state, one that the flow visits
                                     moved = states;
                                     model.advance(moved, {0, end});
                                   }
                                 })
        ->MinTime(1e-9)  // one call a repetition
        ->Unit(benchmark::kMillisecond);
  benchmark::RunSpecifiedBenchmarks();
}
