// One analysis of the LETKF on a plane, with smooth members and sensors at random places: the size of DAPPER's
// quasigeostrophic twin experiment (benchmarks/dapper_letkf.py times its), one for many ranks, one of two fields, and one
// whose sensors are crowded. Run it with one rank and with two.
#include <mpi.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <semiflow/assimilation/dealt_reports.hpp>
#include <semiflow/assimilation/letkf.hpp>
#include <semiflow/assimilation/linear_observations.hpp>
#include <semiflow/core/blas_kernels.hpp>
#include <semiflow/core/communicator.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/pde/initial_states.hpp>
#include <vector>

using namespace semiflow;

namespace {

struct Case {
  Index points, sensors, members;
  double half_width;
  Index repetitions;
  Index fields = 1;
  double part = 1;  ///< of the plane, along the first axis, that has sensors
};

// From the members' predictions to the members' analysis, with all that travels; the analysis alone is timed too. even: the
// points are dealt out as if all cost the same.
void analyse(const Case& c, bool even, const Communicator& world) {
  const auto side = static_cast<double>(c.points);
  const Grid plane({{c.points, side}, {c.points, side}});
  const Index points = plane.points();
  const Share mine = world.share(c.members);
  Ensemble start(c.fields * points, mine.size);
  for (Index j = 0; j < mine.size; ++j)
    for (Index f = 0; f < c.fields; ++f)
      start.col(j).segment(f * points, points) =
          gaussian_random_field(plane, 3, 12 / side, 1, 1, static_cast<std::uint64_t>(c.fields * (mine.begin + j) + f));
  start /= std::sqrt(start.col(0).squaredNorm() / static_cast<double>(start.rows()));
  Eigen::MatrixXd positions = side * uniform(2 * c.sensors, {1, sensor_position, 0}).reshaped(2, c.sensors);
  positions.row(0) *= c.part;
  const LinearObservations sensors = linear_interpolation(plane, positions);
  const Measurement measurement{.event = 1,
                                .values = standard_normal(c.sensors, {1, observation_noise, 0}),
                                .error_variance = Eigen::VectorXd::Constant(c.sensors, 0.5),
                                .positions = positions};
  const Letkf filter(
      plane, {.taper = GaspariCohn{.half_width = c.half_width}, .batch = {2, 2}, .inflation = {.posterior_std = 1.04}});
  const auto now = [&] {
    MPI_Barrier(world.get());
    return std::chrono::steady_clock::now();
  };
  std::vector<double> seconds, alone;
  for (Index i = -1; i < c.repetitions; ++i) {
    Ensemble members = start;
    const auto begin = now();
    const DealtReports reports = deal_reports(world, sensors(members.topRows(points)), c.members, measurement);
    std::vector<Share> shares = filter.balanced_points(world, reports.measurement.positions, c.members, c.fields);
    if (even)
      for (int r = 0; r < world.size(); ++r) shares[static_cast<std::size_t>(r)] = world.share(points, r);
    const Share my_points = shares[static_cast<std::size_t>(world.rank())];
    const DealtReports near = reports_near(world, reports, plane, shares, filter.reach());
    Ensemble rows(c.fields * my_points.size, c.members);
    for (Index f = 0; f < c.fields; ++f)
      rows.middleRows(f * my_points.size, my_points.size) =
          world.members_to_rows(members.middleRows(f * points, points), c.members, shares);
    const auto before = now();
    filter.analyse_points(rows, my_points, near.predicted, near.measurement);
    const auto after = now();
    for (Index f = 0; f < c.fields; ++f)
      members.middleRows(f * points, points) =
          world.rows_to_members(rows.middleRows(f * my_points.size, my_points.size), shares);
    const std::chrono::duration<double> passed = now() - begin, analysis = after - before;
    if (i < 0) continue;
    seconds.push_back(passed.count());
    alone.push_back(analysis.count());
  }
  std::ranges::sort(seconds);
  std::ranges::sort(alone);
  if (world.rank() == 0)
    std::printf(
        "LETKF %ld^2 x %ld, %ld sensors in %3.0f %%, N = %ld, %d ranks%s: %.1f ms (min %.1f), analysis alone %.1f (min "
        "%.1f)\n",
        static_cast<long>(c.points), static_cast<long>(c.fields), static_cast<long>(c.sensors), 100 * c.part,
        static_cast<long>(c.members), world.size(), even ? ", points dealt evenly" : "",
        1e3 * seconds[seconds.size() / 2], 1e3 * seconds.front(), 1e3 * alone[alone.size() / 2], 1e3 * alone.front());
}

}  // namespace

int main(int argc, char** argv) {
  use_better_blas_kernels(argv);
  MPI_Init(&argc, &argv);
  {
    const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD);
    analyse({.points = 129, .sensors = 300, .members = 25, .half_width = 18.2, .repetitions = 15}, false, world);
    analyse({.points = 129, .sensors = 300, .members = 45, .half_width = 18.2, .repetitions = 9}, false, world);
    analyse({.points = 256, .sensors = 2000, .members = 40, .half_width = 12.0, .repetitions = 7}, false, world);
    analyse({.points = 128, .sensors = 600, .members = 25, .half_width = 12.0, .repetitions = 9, .fields = 2}, false,
            world);
    const Case clustered{
        .points = 128, .sensors = 600, .members = 25, .half_width = 8.0, .repetitions = 9, .part = 0.4};
    for (const bool even : {true, false}) analyse(clustered, even, world);
  }
  MPI_Finalize();
}
