// One field on all ranks of mpirun beside as many runs of whole fields at once, one a rank, in the same run: the
// efficiency is the time of a whole step over ranks times the time of a dealt one.
#include <mpi.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <numbers>
#include <semiflow/core/random.hpp>
#include <semiflow/pde/navier_stokes.hpp>
#include <semiflow/pde/spectral_model.hpp>
#include <vector>

using namespace semiflow;

namespace {

// Seconds a step, of the slowest rank.
double seconds(SpectralModel& model, Ensemble& state, Index steps, const Communicator& world) {
  MPI_Barrier(world.get());
  const auto start = std::chrono::steady_clock::now();
  model.advance(state, {0, static_cast<double>(steps) * model.dt()});
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
  return world.maximum(passed.count()) / static_cast<double>(steps);
}

void compare(const char* name, const Semilinear& equation, Index steps, Index repetitions, const Communicator& world) {
  const auto ranks = std::make_shared<const Communicator>(Communicator::duplicate_of(world.get()));
  SpectralModel whole(equation, 1e-3), dealt(equation, 1e-3, RungeKutta::etdrk4, ranks);
  Ensemble all = standard_normal(equation.state_size(), {.seed = 1, .purpose = 0, .item = 0});
  Ensemble mine = dealt.domain().part(all);
  std::vector<double> alone, together, ratios;
  for (Index i = -1; i < repetitions; ++i) {
    const double a = seconds(whole, all, steps, world), b = seconds(dealt, mine, steps, world);
    if (i < 0) continue;  // plans, pages
    alone.push_back(a);
    together.push_back(b);
    ratios.push_back(a / (b * world.size()));
  }
  for (auto* values : {&alone, &together, &ratios}) std::ranges::sort(*values);
  const std::size_t middle = ratios.size() / 2;
  if (world.rank() == 0)
    std::printf(
        "%-24s %d ranks: whole %.2f ms (min %.2f), dealt %.2f ms (min %.2f), efficiency %.2f (of minima %.2f)\n", name,
        world.size(), 1e3 * alone[middle], 1e3 * alone[0], 1e3 * together[middle], 1e3 * together[0], ratios[middle],
        alone[0] / (together[0] * world.size()));
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  {
    const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD);
    const double length = 2 * std::numbers::pi;
    const Axis side{1024, length}, edge{128, length};
    compare("navier-stokes 1024^2", navier_stokes(Grid({side, side}), {.viscosity = 1e-3}), 5, 9, world);
    compare("navier-stokes-3d 128^3", navier_stokes_3d(Grid({edge, edge, edge}), 1e-3), 1, 5, world);
  }
  MPI_Finalize();
}
