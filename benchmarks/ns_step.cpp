// One ETDRK4 step of the vorticity equation beside its sixteen transforms, one core, in the same run.
#include <benchmark/benchmark.h>

#include <numbers>
#include <semiflow/pde/exponential_runge_kutta.hpp>
#include <semiflow/pde/navier_stokes.hpp>

using namespace semiflow;

namespace {

Grid square(Index points) { return Grid({{points, 2 * std::numbers::pi}, {points, 2 * std::numbers::pi}}); }

Eigen::VectorXd vortices(const Grid& grid) {
  const Eigen::ArrayXd x = grid.coordinate(1), y = grid.coordinate(0);
  return (2 * x).cos() * (3 * y).sin() + (5 * x + y).sin() + (3 * y - 2 * x).cos();
}

void step(benchmark::State& run) {
  const Grid grid = square(run.range(0));
  ExponentialRungeKutta stepper(navier_stokes(grid, {.viscosity = 1e-4}), RungeKutta::etdrk4, 1e-3);
  Spectrum modes(grid.modes(), 1);
  Fft(grid).forward(vortices(grid), modes);
  modes /= static_cast<double>(grid.points());
  Eigen::VectorXcd packed = stepper.nonlinearity().modes().pick<Eigen::VectorXcd>(modes.col(0));
  for (auto _ : run) stepper.advance(packed.data(), 1);
}

void sixteen_transforms(benchmark::State& run) {
  const Grid grid = square(run.range(0));
  const Fft fft(grid, FftPlanning::measured);
  Eigen::VectorXd values = vortices(grid);
  Eigen::VectorXcd modes = Eigen::VectorXcd::Zero(grid.modes());
  for (auto _ : run) {
    for (int i = 0; i < 8; ++i) {
      fft.forward_unchecked(values.data(), modes.data());
      fft.inverse_unchecked(modes.data(), values.data());
    }
    values.setConstant(1);  // there and back multiplies by the number of points
  }
}

}  // namespace

BENCHMARK(step)->Arg(64)->Arg(128)->Arg(256)->Arg(512)->Arg(1024)->Unit(benchmark::kMillisecond);
BENCHMARK(sixteen_transforms)->Arg(64)->Arg(128)->Arg(256)->Arg(512)->Arg(1024)->Unit(benchmark::kMillisecond);
BENCHMARK_MAIN();
