#include <catch2/catch.hpp>
#include <limits>
#include <numeric>
#include <semiflow/assimilation/dealt_reports.hpp>
#include <semiflow/assimilation/letkf.hpp>
#include <semiflow/core/error.hpp>

#include "local_example.hpp"

using namespace semiflow;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

Communicator world() { return Communicator::duplicate_of(MPI_COMM_WORLD); }

// The example as the ranks of a filter hold it.
DealtReports dealt(const Communicator& comm, const Example& example) {
  const Share members = comm.share(example.members.cols());
  return deal_reports(comm, example.predicted().middleCols(members.begin, members.size), example.members.cols(),
                      example.measurement);
}

std::vector<Share> even(const Communicator& comm, Index points) {
  std::vector<Share> shares;
  for (int r = 0; r < comm.size(); ++r) shares.push_back(comm.share(points, r));
  return shares;
}

}  // namespace

TEST_CASE("every report is on one rank, and comes back to all in order", "[mpi][dealt_reports]") {
  const Communicator comm = world();
  const Grid line = line_of(50);
  const Example example = random_example_on(line, 2, 7, 75);
  const DealtReports mine = dealt(comm, example);
  CHECK(comm.sum_in_order(Eigen::MatrixXd::Constant(1, 1, static_cast<double>(mine.reports())))(0) == 75);
  if (comm.size() > 1) CHECK(mine.reports() < 75);
  const DealtReports all = reports_near(comm, mine, line, {}, infinity);
  CHECK(all.predicted == example.predicted());
  CHECK(all.measurement.values == example.measurement.values);
  CHECK(all.measurement.error_variance == example.measurement.error_variance);
  CHECK(all.measurement.positions == example.measurement.positions);
  for (Index j = 0; j < 75; ++j) CHECK(all.number[static_cast<std::size_t>(j)] == j);
}

TEST_CASE("reports near some points are those within reach along the first axis", "[mpi][dealt_reports]") {
  const Communicator comm = world();
  const Grid plane({{12, 6.0}, {5, 20.0}});
  const double reach = GENERATE(0.0, 1.1, 2.6, 4.0);
  const Example example = random_example_on(plane, 1, 4, 60);
  const std::vector<Share> shares = even(comm, 60);
  const DealtReports near = reports_near(comm, dealt(comm, example), plane, shares, reach);
  const Share points = shares[static_cast<std::size_t>(comm.rank())];
  std::vector<Index> expected;
  for (Index j = 0; j < 60; ++j) {
    double closest = infinity;
    for (Index p = points.begin; p < points.end(); ++p)
      closest = std::min(
          closest, std::abs(std::remainder(example.measurement.positions(0, j) - point_position(plane, p)(0), 6.0)));
    if (closest <= reach + 1e-12) expected.push_back(j);
  }
  CHECK(near.number == expected);
  CHECK(near.predicted == example.predicted()(expected, Eigen::all));
}

TEST_CASE("statistics of dealt reports are those of all", "[mpi][dealt_reports]") {
  const Communicator comm = world();
  const Example example = random_example(120, 9, 100);
  DealtReports mine = dealt(comm, example);
  // Without every seventh: shares are then no longer even.
  std::vector<Index> kept, kept_of_all;
  for (Index j = 0; j < mine.reports(); ++j)
    if (mine.number[static_cast<std::size_t>(j)] % 7 != 0) kept.push_back(j);
  for (Index j = 0; j < 100; ++j)
    if (j % 7 != 0) kept_of_all.push_back(j);
  mine = some_of(mine, kept);
  Measurement measurement = example.measurement;
  measurement.values = Eigen::VectorXd(example.measurement.values(kept_of_all));
  measurement.error_variance = Eigen::VectorXd(example.measurement.error_variance(kept_of_all));
  const Ensemble predicted = example.predicted()(kept_of_all, Eigen::all);

  const InnovationStatistics found = innovation_statistics(comm, mine);
  const InnovationStatistics expected = innovation_statistics(predicted, measurement);
  CHECK(found.chi_squared == Approx(expected.chi_squared).epsilon(1e-12));
  CHECK(found.signal_degrees_of_freedom == Approx(expected.signal_degrees_of_freedom).epsilon(1e-12));
  // One rank's sums are those of any number, to the last bit.
  const Communicator self = Communicator::self();
  std::vector<Index> places = kept_of_all;
  const InnovationStatistics alone = innovation_statistics(self, some_of(dealt(self, example), places));
  CHECK(found.chi_squared == alone.chi_squared);
  CHECK(found.signal_degrees_of_freedom == alone.signal_degrees_of_freedom);

  DesroziersDiagnostics desroziers, whole_desroziers;
  Reliability reliability, whole_reliability;
  add_departures(comm, mine, 0.5 * mine.predicted, desroziers, reliability);
  whole_desroziers.add(predicted, 0.5 * predicted, measurement);
  whole_reliability.add(predicted, measurement);
  CHECK(desroziers.state().isApprox(whole_desroziers.state(), 1e-13));
  CHECK(reliability.state().isApprox(whole_reliability.state(), 1e-13));
}

TEST_CASE("an LETKF of dealt points and the reports near them is that of the whole", "[mpi][dealt_reports]") {
  const Communicator comm = world();
  const Grid plane({{18, 9.0}, {8, 4.0}});
  const Example example = random_example_on(plane, 2, 6, 70);
  const Letkf filter(plane, {.taper = GaspariCohn{.half_width = 0.9},
                             .batch = {2, 3},
                             .inflation = {.posterior_std = 1.03},
                             .rotate = true,
                             .seed = 3});
  Ensemble expected = example.members;
  filter.analyse(expected, 0, example.predicted(), example.measurement);

  const DealtReports mine = dealt(comm, example);
  const std::vector<Share> shares = filter.balanced_points(comm, mine.measurement.positions, 6, 2);
  const Share points = shares[static_cast<std::size_t>(comm.rank())];
  const DealtReports near = reports_near(comm, mine, plane, shares, filter.reach());
  Ensemble rows(2 * points.size, 6);
  for (Index field = 0; field < 2; ++field)
    rows.middleRows(field * points.size, points.size) =
        example.members.middleRows(field * plane.points() + points.begin, points.size);
  filter.analyse_points(rows, points, near.predicted, near.measurement);
  for (Index field = 0; field < 2; ++field)
    CHECK(rows.middleRows(field * points.size, points.size) ==
          expected.middleRows(field * plane.points() + points.begin, points.size));
}

TEST_CASE("points are dealt by what their sensors cost", "[mpi][dealt_reports]") {
  const Communicator comm = world();
  const Grid line = line_of(240);
  const Letkf filter(line, {.taper = GaspariCohn{.half_width = 2}});
  // All sensors in the first quarter.
  const Share mine = comm.share(240);
  Eigen::MatrixXd positions(1, mine.size);
  for (Index j = 0; j < mine.size; ++j) positions(0, j) = static_cast<double>(mine.begin + j) / 4;
  const std::vector<Share> shares = filter.balanced_points(comm, positions, 20, 1);
  Index next = 0;
  for (const Share& share : shares) {
    CHECK(share.begin == next);
    next = share.end();
  }
  CHECK(next == 240);
  if (comm.size() == 2) CHECK(shares[0].size < 60);
  const std::vector<Share> without = filter.balanced_points(comm, Eigen::MatrixXd(1, 0), 20, 1);
  for (int r = 0; r < comm.size(); ++r) CHECK(without[static_cast<std::size_t>(r)].size == comm.share(240, r).size);
}

TEST_CASE("a report that is not finite is an error on every rank", "[mpi][dealt_reports]") {
  const Communicator comm = world();
  Example example = random_example(64, 5, 64);
  example.measurement.values(63) = std::numeric_limits<double>::quiet_NaN();
  const DealtReports mine = dealt(comm, example);
  CHECK_THROWS_AS(innovation_statistics(comm, mine), Error);
  CHECK_THROWS_WITH(reports_near(comm, dealt(comm, random_example(64, 5, 64)), line_of(64), even(comm, 64), 1.0),
                    Catch::Contains("position"));
}
