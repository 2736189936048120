// One analysis of the LETKF on a plane, with smooth members and sensors at random places: the size of DAPPER's
// quasigeostrophic twin experiment (benchmarks/dapper_letkf.py times its), and one for many ranks. Each rank analyses its
// share of the rows; run it with one rank and with two.
#include <mpi.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <semiflow/assimilation/letkf.hpp>
#include <semiflow/assimilation/linear_observations.hpp>
#include <semiflow/core/communicator.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/pde/initial_states.hpp>
#include <vector>

using namespace semiflow;

namespace {

void analyse(Index points, Index sensors, Index members, double half_width, Index repetitions,
             const Communicator& world) {
  const auto side = static_cast<double>(points);
  const Grid plane({{points, side}, {points, side}});
  Ensemble all(plane.points(), members);
  for (Index j = 0; j < members; ++j)
    all.col(j) = gaussian_random_field(plane, 3, 12 / side, 1, 1, static_cast<std::uint64_t>(j));
  all /= std::sqrt(all.squaredNorm() / static_cast<double>(all.size()));
  const Eigen::MatrixXd positions = side * uniform(2 * sensors, {1, sensor_position, 0}).reshaped(2, sensors);
  const Eigen::MatrixXd predicted = linear_interpolation(plane, positions)(all);
  const Measurement measurement{.event = 1,
                                .values = standard_normal(sensors, {1, observation_noise, 0}),
                                .error_variance = Eigen::VectorXd::Constant(sensors, 0.5),
                                .positions = positions};
  const Letkf filter(
      plane, {.taper = GaspariCohn{.half_width = half_width}, .batch = {2, 2}, .inflation = {.posterior_std = 1.04}});
  const Share mine = world.row_share(plane.points());
  const Ensemble start = all.middleRows(mine.begin, mine.size);
  std::vector<double> seconds;
  for (Index i = -1; i < repetitions; ++i) {
    Ensemble rows = start;
    MPI_Barrier(world.get());
    const auto begin = std::chrono::steady_clock::now();
    filter.analyse(rows, mine.begin, predicted, measurement);
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
    const double slowest = world.maximum(passed.count());
    if (i >= 0) seconds.push_back(slowest);
  }
  std::ranges::sort(seconds);
  const double volumes = static_cast<double>(points * points) / 4;
  if (world.rank() == 0)
    std::printf("LETKF %ld^2, %ld sensors, N = %ld, %d ranks: %.1f ms (min %.1f), %.1f us a volume of 2 x 2\n",
                static_cast<long>(points), static_cast<long>(sensors), static_cast<long>(members), world.size(),
                1e3 * seconds[seconds.size() / 2], 1e3 * seconds.front(),
                1e6 * world.size() * seconds[seconds.size() / 2] / volumes);
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  {
    const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD);
    analyse(129, 300, 25, 18.2, 15, world);
    analyse(129, 300, 45, 18.2, 9, world);
    analyse(256, 2000, 40, 12.0, 7, world);
  }
  MPI_Finalize();
}
