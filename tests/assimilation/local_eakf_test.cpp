#include <catch2/catch.hpp>
#include <semiflow/assimilation/ensemble_update.hpp>
#include <semiflow/assimilation/ensrf.hpp>
#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/assimilation/local_eakf.hpp>
#include <semiflow/core/communicator.hpp>
#include <semiflow/core/conformance.hpp>
#include <semiflow/core/error.hpp>

#include "local_example.hpp"

using namespace semiflow;

namespace {

Ensemble analysed(const LocalEakf& filter, const Example& example) {
  Ensemble members = example.members;
  filter.analyse(members, 0, example.predicted(), example.measurement);
  return members;
}

// Anderson 2003 as it is written, on the state with the predictions appended: [state; sensor] rows at their places.
Ensemble plain_serial_filter(const Grid& grid, const LocalEakf::Options& options, const Ensemble& state,
                             const Eigen::MatrixXd& predicted, const Measurement& measurement) {
  const Index n = state.rows(), p = predicted.rows();
  const double members_less_one = static_cast<double>(state.cols() - 1);
  Ensemble all(n + p, state.cols());
  all << state, predicted;
  const auto place = [&](Index row) -> Position {
    return row < n ? point_position(grid, row % grid.points()) : Position(measurement.positions.col(row - n));
  };
  Eigen::VectorXd mean = all.rowwise().mean();
  all = (options.inflation.prior_std * (all.colwise() - mean)).colwise() + mean;
  for (Index j = 0; j < p; ++j) {
    mean = all.rowwise().mean();
    const Eigen::RowVectorXd deviations = all.row(n + j).array() - mean(n + j);
    const double variance = deviations.squaredNorm() / members_less_one, R = measurement.error_variance(j);
    const double shift = variance / (variance + R) * (measurement.values(j) - mean(n + j));
    const Eigen::RowVectorXd increments = (std::sqrt(R / (variance + R)) - 1) * deviations.array() + shift;
    for (Index row = 0; row < n + p; ++row) {
      const double weight = taper_weight(options.taper, periodic_distance(grid, place(row), place(n + j)));
      if (weight <= options.smallest_weight) continue;
      const double covariance = (all.row(row).array() - mean(row)).matrix().dot(deviations) / members_less_one;
      all.row(row) += weight * covariance / variance * increments;
    }
  }
  return all.topRows(n);
}

}  // namespace

TEST_CASE("without a taper the local EAKF is the EnSRF, member by member", "[eakf]") {
  const auto [state, members, sensors] =
      GENERATE(std::array<Index, 3>{5, 40, 2}, std::array<Index, 3>{40, 7, 40}, std::array<Index, 3>{33, 20, 20},
               std::array<Index, 3>{4, 2, 1}, std::array<Index, 3>{300, 20, 290}, std::array<Index, 3>{12, 6, 0});
  const Inflation inflation = GENERATE(Inflation{}, Inflation{.prior_std = 1.02,
                                                              .relaxation_to_prior_perturbations = 0.1,
                                                              .posterior_std = 1.01,
                                                              .relaxation_to_prior_spread = 0.2});
  const Grid line = line_of(state);
  const Example example = random_example_on(line, 1, members, sensors);
  Ensemble expected = example.members;
  Ensrf({.inflation = inflation}).analyse(expected, example.predicted(), example.measurement);
  CHECK(largest(analysed(LocalEakf(line, {.inflation = inflation}), example) - expected) < 1e-12);

  apply_weights(expected, random_rotation(members, 5, example.measurement.event));
  const LocalEakf rotating(line, {.inflation = inflation, .rotate = true, .seed = 5});
  CHECK(largest(analysed(rotating, example) - expected) < 1e-12);
}

TEST_CASE("the local EAKF regresses the adjustment of each sensor on rows and later sensors", "[eakf]") {
  const Grid grid = GENERATE(Grid({{9, 9.0}}), Grid({{7, 7.0}, {10, 5.0}}), Grid({{4, 2.0}, {5, 4.0}, {6, 9.0}}));
  const Index fields = GENERATE(1, 2);
  const Index sensors = GENERATE(3, 25);
  const LocalEakf::Options options{
      .taper = GENERATE(Taper(GaspariCohn{.half_width = 1.3}), Taper(StepTaper{.radius = 1.1}),
                        Taper(GaussianTaper{.standard_deviation = 0.6})),
      .inflation = {.prior_std = GENERATE(1.0, 1.1)}};
  Example example = random_example_on(grid, fields, 8, sensors);
  // Sensors that are not rows of the state: between the points, and not linear.
  example.measurement.positions.array() += 0.3;
  const Eigen::MatrixXd predicted = example.predicted().array().square() / 2;

  Ensemble members = example.members;
  LocalEakf(grid, options).analyse(members, 0, predicted, example.measurement);
  CHECK(largest(members - plain_serial_filter(grid, options, example.members, predicted, example.measurement)) < 1e-12);
}

TEST_CASE("with a taper the order of the sensors moves the mean of the local EAKF", "[eakf]") {
  const Grid line = line_of(12);
  Example example = random_example_on(line, 1, 6, 6);
  const LocalEakf filter(line, {.taper = GaspariCohn{.half_width = 3}});
  const Ensemble forwards = analysed(filter, example);
  const Eigen::MatrixXd predicted = example.predicted().colwise().reverse();
  Measurement& measurement = example.measurement;
  measurement.values.reverseInPlace();
  measurement.error_variance.reverseInPlace();
  measurement.positions = measurement.positions.rowwise().reverse().eval();
  filter.analyse(example.members, 0, predicted, measurement);
  CHECK(largest(sample_moments(forwards).mean - sample_moments(example.members).mean) > 1e-3);
}

TEST_CASE("the local EAKF keeps the contract of LocalAnalysisScheme", "[eakf]") {
  const Grid plane({{9, 9.0}, {11, 11.0}});
  const Inflation inflation = GENERATE(Inflation{}, Inflation{.prior_std = 1.02, .relaxation_to_prior_spread = 0.2});
  const Example example = random_example_on(plane, 2, 9, GENERATE(4, 60));
  const LocalEakf filter(
      plane, {.taper = GaspariCohn{.half_width = 2.2}, .inflation = inflation, .rotate = GENERATE(false, true)});
  // Rows of both fields.
  const Index begin = 13, count = 150;
  CHECK(check_local_analysis_scheme(filter, example.members.middleRows(begin, count), begin, example.predicted(),
                                    example.measurement) == std::vector<std::string>{});
}

TEST_CASE("the local EAKF has the same bits on any number of ranks", "[eakf][mpi]") {
  const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD);
  const Grid plane({{10, 10.0}, {13, 13.0}});
  const Example example = random_example_on(plane, 1, 9, 40);
  const LocalEakf filter(plane, {.taper = GaspariCohn{.half_width = 2.5}, .rotate = true});
  const Share mine = world.row_share(plane.points());
  Ensemble rows = example.members.middleRows(mine.begin, mine.size);
  filter.analyse(rows, mine.begin, example.predicted(), example.measurement);
  CHECK(world.all_rows(rows, plane.points()) == analysed(filter, example));
}

TEST_CASE("a row out of reach of every sensor keeps its forecast", "[eakf]") {
  const Grid line = line_of(40);
  Example example = random_example_on(line, 1, 6, 1);  // at point 0
  const Taper taper = GaspariCohn{.half_width = 4};
  const Ensemble analysis = analysed(LocalEakf(line, {.taper = taper}), example);
  CHECK(analysis.middleRows(8, 25) == example.members.middleRows(8, 25));
  CHECK(largest(analysis.topRows(7) - example.members.topRows(7)) > 1e-3);

  example.members(20, 3) = NAN;
  CHECK_THROWS_WITH(analysed(LocalEakf(line, {.taper = taper}), example), Catch::Contains("row 20 of member"));
}

TEST_CASE("the local EAKF learns nothing from useless sensors and from an ensemble without spread", "[eakf]") {
  const Grid line = line_of(12);
  const LocalEakf filter(line, {.taper = GaspariCohn{.half_width = 3}});
  Example example = random_example_on(line, 1, 5, 4);
  example.measurement.error_variance.setConstant(1e30);
  CHECK(largest(analysed(filter, example) - example.members) < 1e-14);

  example = random_example_on(line, 1, 5, 4);
  example.members.colwise() = Eigen::VectorXd(example.members.col(0));
  CHECK(largest(analysed(filter, example) - example.members) < 1e-14);
}

TEST_CASE("the local EAKF refuses what makes no sense", "[eakf]") {
  const Grid plane({{6, 6.0}, {6, 6.0}});
  const auto refused = [&](const LocalEakf::Options& options, const std::string& message) {
    CHECK_THROWS_WITH(LocalEakf(plane, options), Catch::Contains(message));
  };
  refused({.taper = GaspariCohn{.half_width = -1}}, "half_width");
  refused({.smallest_weight = 1}, "smallest_weight");
  refused({.inflation = {.prior_std = -1}}, "prior_std");

  Example example = random_example_on(plane, 1, 5, 4);
  const LocalEakf filter(plane, {.taper = GaspariCohn{.half_width = 2}});
  CHECK_THROWS_WITH(filter.analyse(example.members, -1, example.predicted(), example.measurement),
                    Catch::Contains("first row"));
  CHECK_THROWS_WITH(filter.analyse(example.members, 0, example.predicted().leftCols(4), example.measurement),
                    Catch::Contains("same members"));
  example.measurement.error_variance.setConstant(1e-20);
  CHECK_THROWS_WITH(analysed(filter, example), Catch::Contains("10^7 times the observation error"));
  example.measurement.positions.resize(0, 0);
  CHECK_THROWS_WITH(analysed(filter, example), Catch::Contains("the position of every sensor"));
}
