#include <catch2/catch.hpp>
#include <semiflow/assimilation/ensemble_update.hpp>
#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/assimilation/letkf.hpp>
#include <semiflow/core/communicator.hpp>
#include <semiflow/core/conformance.hpp>
#include <semiflow/core/error.hpp>

#include "local_example.hpp"

using namespace semiflow;

namespace {

const Inflation everything{.prior_std = 1.02,
                           .relaxation_to_prior_perturbations = 0.1,
                           .posterior_std = 1.01,
                           .relaxation_to_prior_spread = 0.2};

Ensemble analysed(const Letkf& filter, const Example& example) {
  Ensemble members = example.members;
  filter.analyse(members, 0, example.predicted(), example.measurement);
  return members;
}

// The parts of an axis by hand: 9 points in twos are 3, 2, 2, 2.
struct Part {
  Index first, last;
};
Part part_around(Index point, Index points, Index in_a_batch) {
  const auto count = static_cast<Index>(std::nearbyint(double(points) / double(in_a_batch)));
  Index first = 0;
  for (Index p = 0;; ++p) {
    const Index size = points / count + (p < points % count ? 1 : 0);
    if (point < first + size) return {first, first + size - 1};
    first += size;
  }
}

// One row after the other by the global filter, with the sensors around the centre of its batch and R over the taper.
Ensemble row_by_row(const Grid& grid, const Letkf::Options& options, const Example& example) {
  Ensemble members = example.members;
  const Eigen::MatrixXd predicted = example.predicted();
  for (Index row = 0; row < members.rows(); ++row) {
    Position centre = point_position(grid, row % grid.points());
    for (Index d = 0; d < grid.dimensions(); ++d) {
      const double spacing = grid.axis(d).length / double(grid.axis(d).points);
      const auto [first, last] = part_around(static_cast<Index>(std::nearbyint(centre(d) / spacing)),
                                             grid.axis(d).points, options.batch[static_cast<std::size_t>(d)]);
      centre(d) = spacing * double(first + last) / 2;
    }
    std::vector<Index> kept;
    Measurement local = example.measurement;
    for (Index j = 0; j < predicted.rows(); ++j) {
      const double weight =
          taper_weight(options.taper, periodic_distance(grid, centre, example.measurement.positions.col(j)));
      if (weight <= options.smallest_weight) continue;
      kept.push_back(j);
      local.error_variance(j) /= weight;
    }
    local.values = Eigen::VectorXd(local.values(kept));
    local.error_variance = Eigen::VectorXd(local.error_variance(kept));
    local.positions.resize(0, 0);
    Etkf({.inflation = options.inflation}).analyse(members.middleRows(row, 1), predicted(kept, Eigen::all), local);
  }
  return members;
}

}  // namespace

TEST_CASE("without a taper the LETKF is the ETKF", "[letkf]") {
  const auto [state, members, sensors] =
      GENERATE(std::array<Index, 3>{5, 40, 2}, std::array<Index, 3>{40, 7, 40}, std::array<Index, 3>{33, 20, 20},
               std::array<Index, 3>{33, 20, 19}, std::array<Index, 3>{4, 2, 1}, std::array<Index, 3>{300, 20, 290},
               std::array<Index, 3>{12, 6, 0});
  const Inflation inflation = GENERATE(Inflation{}, everything);
  const Index batch = GENERATE(1, 3, 1000);
  const Grid line = line_of(state);
  const Example example = random_example_on(line, 1, members, sensors);
  Ensemble expected = example.members;
  Etkf({.inflation = inflation}).analyse(expected, example.predicted(), example.measurement);
  CHECK(largest(analysed(Letkf(line, {.batch = {batch}, .inflation = inflation}), example) - expected) < 1e-12);

  apply_weights(expected, random_rotation(members, 5, example.measurement.event));
  const Letkf rotating(line, {.batch = {batch}, .inflation = inflation, .rotate = true, .seed = 5});
  CHECK(largest(analysed(rotating, example) - expected) < 1e-12);
}

TEST_CASE("each row is the ETKF with R over the taper around the centre of its batch", "[letkf]") {
  const auto [grid, batch] =
      GENERATE(std::pair(Grid({{9, 9.0}}), std::vector<Index>{2}), std::pair(Grid({{40, 4.0}}), std::vector<Index>{4}),
               std::pair(Grid({{7, 7.0}, {10, 5.0}}), std::vector<Index>{2, 3}),
               std::pair(Grid({{4, 2.0}, {5, 4.0}, {6, 9.0}}), std::vector<Index>{2, 1, 9}));
  const Index fields = GENERATE(1, 2);
  const Index sensors = GENERATE(3, 25);
  const Taper taper = GENERATE(Taper(GaspariCohn{.half_width = 1.3}), StepTaper{.radius = 1.1},
                               GaussianTaper{.standard_deviation = 0.6});
  const Example example = random_example_on(grid, fields, 8, sensors);
  const Letkf::Options options{.taper = taper, .batch = batch, .inflation = everything};
  CHECK(largest(analysed(Letkf(grid, options), example) - row_by_row(grid, options, example)) < 1e-12);
}

TEST_CASE("the LETKF keeps the contract of LocalAnalysisScheme", "[letkf]") {
  const Grid plane({{9, 9.0}, {11, 11.0}});
  const Inflation inflation = GENERATE(Inflation{}, everything);
  const Index sensors = GENERATE(4, 60);
  const Example example = random_example_on(plane, 2, 9, sensors);
  const Letkf filter(plane, {.taper = GaspariCohn{.half_width = 2.2},
                             .batch = {2, 2},
                             .inflation = inflation,
                             .rotate = GENERATE(false, true)});
  // Rows of both fields, both ends within a batch.
  const Index begin = 13, count = 150;
  CHECK(check_local_analysis_scheme(filter, example.members.middleRows(begin, count), begin, example.predicted(),
                                    example.measurement) == std::vector<std::string>{});
}

TEST_CASE("the LETKF has the same bits on any number of ranks", "[letkf][mpi]") {
  const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD);
  const Grid plane({{10, 10.0}, {13, 13.0}});
  const Example example = random_example_on(plane, 1, 9, 40);
  const Letkf filter(plane, {.taper = GaspariCohn{.half_width = 2.5}, .batch = {2, 2}, .rotate = true});
  const Share mine = world.row_share(plane.points());
  Ensemble rows = example.members.middleRows(mine.begin, mine.size);
  filter.analyse(rows, mine.begin, example.predicted(), example.measurement);
  CHECK(world.all_rows(rows, plane.points()) == analysed(filter, example));
}

TEST_CASE("a batch out of reach of every sensor keeps its forecast", "[letkf]") {
  const Grid line = line_of(40);
  Example example = random_example_on(line, 1, 6, 1);  // at point 0
  const Taper taper = GaspariCohn{.half_width = 4};
  const Ensemble analysis = analysed(Letkf(line, {.taper = taper}), example);
  CHECK(analysis.middleRows(8, 25) == example.members.middleRows(8, 25));
  CHECK(largest(analysis.topRows(7) - example.members.topRows(7)) > 1e-3);

  const Ensemble inflated =
      analysed(Letkf(line, {.taper = taper, .inflation = {.prior_std = 1.5, .posterior_std = 2}}), example);
  const Gaussian before = sample_moments(example.members.middleRows(8, 25));
  const Gaussian after = sample_moments(inflated.middleRows(8, 25));
  CHECK(largest(after.mean - before.mean) < 1e-14);
  CHECK(largest(after.covariance - 9 * before.covariance) < 1e-12);

  example.members(20, 3) = NAN;
  CHECK_THROWS_WITH(analysed(Letkf(line, {.taper = taper}), example), Catch::Contains("row 20 of member"));
}

TEST_CASE("the LETKF refuses what makes no sense", "[letkf]") {
  const Grid plane({{6, 6.0}, {6, 6.0}});
  const auto refused = [&](const Letkf::Options& options, const std::string& message) {
    CHECK_THROWS_WITH(Letkf(plane, options), Catch::Contains(message));
  };
  refused({.taper = GaspariCohn{.half_width = -1}}, "half_width");
  refused({.smallest_weight = 1}, "smallest_weight");
  refused({.batch = {2}}, "as many numbers as the grid has axes");
  refused({.batch = {2, 0}}, "at least one point");
  refused({.inflation = {.prior_std = -1}}, "prior_std");

  Example example = random_example_on(plane, 1, 5, 4);
  const Letkf filter(plane, {.taper = GaspariCohn{.half_width = 2}});
  CHECK_THROWS_WITH(filter.analyse(example.members, -1, example.predicted(), example.measurement),
                    Catch::Contains("first row"));
  CHECK_THROWS_WITH(filter.analyse(example.members, 0, example.predicted().leftCols(4), example.measurement),
                    Catch::Contains("same members"));
  example.measurement.error_variance.setConstant(1e-20);
  CHECK_THROWS_WITH(analysed(filter, example), Catch::Contains("10^7 times the observation error"));
  example.measurement.positions.resize(0, 0);
  CHECK_THROWS_WITH(analysed(filter, example), Catch::Contains("the position of every sensor"));
}
