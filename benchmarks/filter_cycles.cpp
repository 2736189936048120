// Cycles of filters on one rank: forecast, analysis with rotation, RMSE and spread before and after; what
// benchmarks/dapper_cycles.py times of DAPPER with error_only.
#include <benchmark/benchmark.h>
#include <mpi.h>

#include <numbers>
#include <numeric>
#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/assimilation/letkf.hpp>
#include <semiflow/assimilation/observations.hpp>
#include <semiflow/assimilation/scores.hpp>
#include <semiflow/core/blas_kernels.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/pde/kuramoto_sivashinsky.hpp>
#include <semiflow/pde/lorenz.hpp>
#include <semiflow/pde/spectral_model.hpp>

using namespace semiflow;

namespace {

std::vector<Index> all_points(const Grid& grid) {
  std::vector<Index> rows(static_cast<std::size_t>(grid.points()));
  std::iota(rows.begin(), rows.end(), Index{0});
  return rows;
}

Eigen::MatrixXd positions_of(const Grid& grid) {
  Eigen::MatrixXd positions(grid.dimensions(), grid.points());
  for (Index i = 0; i < grid.points(); ++i) positions.col(i) = point_position(grid, i);
  return positions;
}

template <class Model, class Scheme>
void cycle(benchmark::State& run, const Grid& grid, Model& model, Ensemble truth, Index size, double interval,
           const Scheme& filter) {
  const Communicator comm = Communicator::self();
  Ensemble members(truth.rows(), size);
  for (Index j = 0; j < size; ++j)
    members.col(j) =
        truth + 0.03 * standard_normal(truth.rows(), {1, member_perturbation, static_cast<std::uint64_t>(j)});
  const PointObservations observe(all_points(grid));
  const Eigen::VectorXd variance = Eigen::VectorXd::Ones(truth.rows());
  const Eigen::MatrixXd positions = positions_of(grid);
  std::uint64_t event = 0;
  double error = 0;
  for (auto _ : run) {
    run.PauseTiming();  // DAPPER's truth and observations are made beforehand too
    ++event;
    model.advance(truth, {0, interval});
    Measurement measurement = noisy_measurement(observe(truth).col(0), variance, event, 0, 1);
    measurement.positions = positions;
    run.ResumeTiming();
    model.advance(members, {0, interval});
    const Scores forecast = score(members, truth.col(0), comm, {.crps = false, .ranks = false});
    if constexpr (LocalAnalysisScheme<Scheme>) {
      filter.analyse(members, 0, observe(members), measurement);
    } else {
      filter.analyse(members, observe(members), measurement);
    }
    const Scores analysis = score(members, truth.col(0), comm, {.crps = false, .ranks = false});
    benchmark::DoNotOptimize(forecast.rmse);
    error += analysis.rmse;
  }
  run.counters["rmse_analysis"] = error / static_cast<double>(run.iterations());
}

void lorenz_etkf(benchmark::State& run) {
  const Grid grid({{40, 40.0}});
  RungeKutta4 model(Lorenz96{}, 0.05);
  Ensemble truth = Ensemble::Zero(40, 1);
  truth(0) = 1;
  model.advance(truth, {0, 20});
  cycle(run, grid, model, truth, 24, 0.05, Etkf({.inflation = {.posterior_std = 1.02}, .rotate = true, .seed = 1}));
}

void lorenz_letkf(benchmark::State& run) {
  const Grid grid({{40, 40.0}});
  RungeKutta4 model(Lorenz96{}, 0.05);
  Ensemble truth = Ensemble::Zero(40, 1);
  truth(0) = 1;
  model.advance(truth, {0, 20});
  cycle(run, grid, model, truth, 7, 0.05,
        Letkf(grid, {.taper = GaspariCohn{.half_width = 7.28},
                     .batch = {2},
                     .inflation = {.posterior_std = 1.04},
                     .rotate = true,
                     .seed = 1}));
}

void ks_letkf(benchmark::State& run) {
  const Grid grid({{128, 32 * std::numbers::pi}});
  SpectralModel model(kuramoto_sivashinsky(grid), 0.5);
  const Eigen::ArrayXd s = grid.coordinate(0) / 16;
  Ensemble truth = (s.cos() * (1 + s.sin())).matrix();
  model.advance(truth, {0, 150});
  const double half_width = 51 * grid.axis(0).length / 128;
  cycle(run, grid, model, truth, 16, 1.0,
        Letkf(grid, {.taper = GaspariCohn{.half_width = half_width},
                     .batch = {4},
                     .inflation = {.posterior_std = 1.04},
                     .rotate = true,
                     .seed = 1}));
}

}  // namespace

BENCHMARK(lorenz_etkf)->Iterations(10000);
BENCHMARK(lorenz_letkf)->Iterations(5000);
BENCHMARK(ks_letkf)->Iterations(1000);

int main(int argc, char* argv[]) {
  use_better_blas_kernels(argv);
  MPI_Init(&argc, &argv);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  MPI_Finalize();
}
