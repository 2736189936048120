// One ETDRK4 step of Kuramoto-Sivashinsky beside its eight transforms, one core. The transforms are timed in the
// same run on the same arrays, so the ratio of the two rows of a size is what counts.
#include <benchmark/benchmark.h>

#include <numbers>
#include <semiflow/pde/exponential_runge_kutta.hpp>
#include <semiflow/pde/kuramoto_sivashinsky.hpp>

using namespace semiflow;

namespace {

Grid line(Index points) { return Grid({{points, static_cast<double>(points) / 4 * std::numbers::pi}}); }

Eigen::VectorXd state(const Grid& grid) {
  const Eigen::ArrayXd s = grid.wavenumber(0)(1) * grid.coordinate(0);
  return (s.cos() * (1 + s.sin())).matrix();
}

void step(benchmark::State& run) {
  const Grid grid = line(run.range(0));
  ExponentialRungeKutta stepper(kuramoto_sivashinsky(grid), RungeKutta::etdrk4, 0.25);
  Spectrum modes(grid.modes(), 1);
  Fft(grid).forward(state(grid), modes);
  modes /= static_cast<double>(grid.points());
  Eigen::VectorXcd packed = stepper.nonlinearity().modes().pick<Eigen::VectorXcd>(modes.col(0));
  for (auto _ : run) stepper.advance(packed.data(), 1);
}

void eight_transforms(benchmark::State& run) {
  const Grid grid = line(run.range(0));
  const Fft fft(grid);
  Eigen::VectorXd values = state(grid);
  Eigen::VectorXcd modes = Eigen::VectorXcd::Zero(grid.modes());
  for (auto _ : run) {
    for (int i = 0; i < 4; ++i) {
      fft.forward_unchecked(values.data(), modes.data());
      fft.inverse_unchecked(modes.data(), values.data());
    }
    values.setConstant(1);  // there and back multiplies by the number of points
  }
}

}  // namespace

BENCHMARK(step)->Arg(64)->Arg(128)->Arg(1024);
BENCHMARK(eight_transforms)->Arg(64)->Arg(128)->Arg(1024);
BENCHMARK_MAIN();
