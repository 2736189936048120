// A cycle of examples/ks-twin on one rank: forecast, analysis with rotation, RMSE and spread before and after; what
// benchmarks/dapper_ks.py times of DAPPER with error_only.
#include <benchmark/benchmark.h>
#include <mpi.h>

#include <numbers>
#include <numeric>
#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/assimilation/observations.hpp>
#include <semiflow/assimilation/scores.hpp>
#include <semiflow/core/blas_kernels.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/pde/kuramoto_sivashinsky.hpp>
#include <semiflow/pde/spectral_model.hpp>

using namespace semiflow;

namespace {

void cycle(benchmark::State& run) {
  const Communicator comm = Communicator::self();
  const Grid grid({{128, 32 * std::numbers::pi}});
  SpectralModel model(kuramoto_sivashinsky(grid), 0.5);
  const Eigen::ArrayXd s = grid.coordinate(0) / 16;
  Ensemble truth = (s.cos() * (1 + s.sin())).matrix();
  model.advance(truth, {0, 150});
  Ensemble members(128, 20);
  for (Index j = 0; j < 20; ++j)
    members.col(j) = truth + 0.03 * standard_normal(128, {1, member_perturbation, static_cast<std::uint64_t>(j)});
  std::vector<Index> rows(128);
  std::iota(rows.begin(), rows.end(), Index{0});
  const PointObservations observe(rows);
  const Etkf filter({.inflation = {.posterior_std = 1.03}, .rotate = true, .seed = 1});
  const Eigen::VectorXd variance = Eigen::VectorXd::Ones(128);
  std::uint64_t event = 0;
  double error = 0;
  for (auto _ : run) {
    run.PauseTiming();  // DAPPER's truth and observations are made beforehand too
    ++event;
    model.advance(truth, {0, 1});
    const Measurement measurement = noisy_measurement(observe(truth).col(0), variance, event, 0, 1);
    run.ResumeTiming();
    model.advance(members, {0, 1});
    const Scores forecast = score(members, truth.col(0), comm, {.crps = false, .ranks = false});
    filter.analyse(members, observe(members), measurement);
    const Scores analysis = score(members, truth.col(0), comm, {.crps = false, .ranks = false});
    benchmark::DoNotOptimize(forecast.rmse);
    error += analysis.rmse;
  }
  run.counters["rmse_analysis"] = error / static_cast<double>(run.iterations());
}

}  // namespace

BENCHMARK(cycle)->Iterations(4000);

int main(int argc, char* argv[]) {
  use_better_blas_kernels(argv);
  MPI_Init(&argc, &argv);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  MPI_Finalize();
}
