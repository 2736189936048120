#include <Eigen/Cholesky>
#include <catch2/catch.hpp>
#include <semiflow/assimilation/enkf.hpp>
#include <semiflow/assimilation/schur_enkf.hpp>
#include <semiflow/core/communicator.hpp>
#include <semiflow/core/conformance.hpp>
#include <semiflow/core/error.hpp>

#include "local_example.hpp"

using namespace semiflow;

namespace {

Ensemble analysed(const SchurEnkf& filter, const Example& example) {
  Ensemble members = example.members;
  filter.analyse(members, 0, example.predicted(), example.measurement);
  return members;
}

// The gain of the header with explicit matrices. D: perturbations [sensor x member].
Ensemble dense_filter(const Grid& grid, const SchurEnkf::Options& options, const Ensemble& state,
                      const Eigen::MatrixXd& predicted, const Measurement& measurement, const Eigen::MatrixXd& D) {
  const double prior_std = options.inflation.prior_std;
  const auto inflated = [&](const Eigen::MatrixXd& members) -> Eigen::MatrixXd {
    const Eigen::VectorXd mean = members.rowwise().mean();
    return (prior_std * (members.colwise() - mean)).colwise() + mean;
  };
  const Ensemble E = inflated(state);
  const Eigen::MatrixXd HE = inflated(predicted);
  const Eigen::MatrixXd A = E.colwise() - E.rowwise().mean(), Y = HE.colwise() - HE.rowwise().mean();
  const double members_less_one = static_cast<double>(state.cols() - 1);
  const auto weight = [&](const Position& a, Index sensor) {
    const double w = taper_weight(options.taper, periodic_distance(grid, a, measurement.positions.col(sensor)));
    return w > options.smallest_weight ? w : 0;
  };
  Eigen::MatrixXd PHt = A * Y.transpose() / members_less_one, HPHt = Y * Y.transpose() / members_less_one;
  for (Index j = 0; j < predicted.rows(); ++j) {
    for (Index i = 0; i < state.rows(); ++i) PHt(i, j) *= weight(point_position(grid, i % grid.points()), j);
    for (Index i = 0; i < predicted.rows(); ++i) HPHt(i, j) *= weight(measurement.positions.col(i), j);
  }
  HPHt.diagonal() += measurement.error_variance;
  return E + PHt * HPHt.ldlt().solve((D - HE).colwise() + measurement.values);
}

}  // namespace

TEST_CASE("without a taper the Schur-localised EnKF is the stochastic EnKF", "[schur]") {
  const auto [state, members, sensors] =
      GENERATE(std::array<Index, 3>{5, 40, 2}, std::array<Index, 3>{40, 7, 40}, std::array<Index, 3>{4, 2, 1},
               std::array<Index, 3>{300, 20, 290}, std::array<Index, 3>{12, 6, 0});
  const Inflation inflation = GENERATE(Inflation{}, Inflation{.prior_std = 1.02,
                                                              .relaxation_to_prior_perturbations = 0.1,
                                                              .posterior_std = 1.01,
                                                              .relaxation_to_prior_spread = 0.2});
  const bool zero_mean = GENERATE(true, false);
  const Grid line = line_of(state);
  const Example example = random_example_on(line, 1, members, sensors);
  Ensemble expected = example.members;
  StochasticEnkf({.inflation = inflation, .zero_mean_perturbations = zero_mean, .seed = 4})
      .analyse(expected, example.predicted(), example.measurement);
  const SchurEnkf filter(line, {.inflation = inflation, .zero_mean_perturbations = zero_mean, .seed = 4});
  CHECK(largest(analysed(filter, example) - expected) < 1e-12);
}

TEST_CASE("the Schur-localised EnKF is the dense formula", "[schur]") {
  const auto [grid, fields, sensors] =
      GENERATE(std::tuple(Grid({{9, 9.0}}), Index{1}, Index{3}), std::tuple(Grid({{9, 9.0}}), Index{2}, Index{25}),
               std::tuple(Grid({{9, 9.0}, {10, 7.0}}), Index{2}, Index{25}),
               std::tuple(Grid({{4, 8.0}, {5, 9.0}, {6, 9.0}}), Index{1}, Index{40}));
  const SchurEnkf::Options options{
      .taper = GENERATE(Taper(GaspariCohn{.half_width = 1.3}), Taper(GaussianTaper{.standard_deviation = 0.6})),
      .smallest_weight = GENERATE(0, 1e-4),
      .inflation = {.prior_std = GENERATE(1.0, 1.1)},
      .seed = 7};
  Example example = random_example_on(grid, fields, 8, sensors);
  // Sensors that are not rows of the state: between the points, and not linear.
  example.measurement.positions.array() += 0.3;
  const Eigen::MatrixXd predicted = example.predicted().array().square() / 2;
  const Eigen::MatrixXd D = observation_perturbations(example.measurement, 8, 7);

  Ensemble members = example.members;
  SchurEnkf(grid, options).analyse(members, 0, predicted, example.measurement);
  CHECK(largest(members - dense_filter(grid, options, example.members, predicted, example.measurement, D)) < 1e-12);
}

TEST_CASE("the Schur-localised EnKF keeps the contract of LocalAnalysisScheme", "[schur]") {
  const Grid plane({{9, 9.0}, {11, 11.0}});
  const Inflation inflation = GENERATE(Inflation{}, Inflation{.prior_std = 1.02, .relaxation_to_prior_spread = 0.2});
  const Example example = random_example_on(plane, 2, 9, GENERATE(4, 60));
  const SchurEnkf filter(plane, {.taper = GaspariCohn{.half_width = 2.2}, .inflation = inflation});
  // Rows of both fields.
  const Index begin = 13, count = 150;
  CHECK(check_local_analysis_scheme(filter, example.members.middleRows(begin, count), begin, example.predicted(),
                                    example.measurement) == std::vector<std::string>{});
}

TEST_CASE("the Schur-localised EnKF has the same bits on any number of ranks", "[schur][mpi]") {
  const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD);
  const Grid plane({{10, 10.0}, {13, 13.0}});
  const Example example = random_example_on(plane, 1, 9, 40);
  const SchurEnkf filter(plane, {.taper = GaspariCohn{.half_width = 2.5}});
  const Share mine = world.row_share(plane.points());
  Ensemble rows = example.members.middleRows(mine.begin, mine.size);
  filter.analyse(rows, mine.begin, example.predicted(), example.measurement);
  CHECK(world.all_rows(rows, plane.points()) == analysed(filter, example));
}

TEST_CASE("with many members and a wide taper the Schur-localised EnKF nears the Kalman filter", "[schur]") {
  const Grid line = line_of(4);
  const Example example = random_example_on(line, 1, 1600, 2);
  const Gaussian expected = kalman_of(example);
  const Gaussian found = sample_moments(analysed(SchurEnkf(line, {.taper = GaspariCohn{.half_width = 1e3}}), example));
  CHECK(largest(found.mean - expected.mean) < 1e-4);  // the taper at distance 2
  CHECK(largest(found.covariance - expected.covariance) < 3 / std::sqrt(1600.0));
}

TEST_CASE("a row that the taper keeps from every sensor keeps its forecast in the Schur-localised EnKF", "[schur]") {
  const Grid line = line_of(40);
  Example example = random_example_on(line, 1, 6, 1);  // at point 0
  const SchurEnkf filter(line, {.taper = GaspariCohn{.half_width = 4}});
  const Ensemble analysis = analysed(filter, example);
  CHECK(analysis.middleRows(8, 25) == example.members.middleRows(8, 25));
  CHECK(largest(analysis.topRows(7) - example.members.topRows(7)) > 1e-3);

  example.members(20, 3) = NAN;
  CHECK_THROWS_WITH(analysed(filter, example), Catch::Contains("row 20 of member"));
}

TEST_CASE("the Schur-localised EnKF refuses what makes no sense", "[schur]") {
  const Grid plane({{6, 6.0}, {6, 6.0}});
  const auto refused = [&](const SchurEnkf::Options& options, const std::string& message) {
    CHECK_THROWS_WITH(SchurEnkf(plane, options), Catch::Contains(message));
  };
  refused({.taper = GaspariCohn{.half_width = -1}}, "half_width");
  refused({.smallest_weight = 1}, "smallest_weight");
  refused({.inflation = {.prior_std = -1}}, "prior_std");

  Example example = random_example_on(plane, 1, 5, 4);
  const SchurEnkf filter(plane, {.taper = GaspariCohn{.half_width = 2}});
  CHECK_THROWS_WITH(filter.analyse(example.members, -1, example.predicted(), example.measurement),
                    Catch::Contains("first row"));
  CHECK_THROWS_WITH(filter.analyse(example.members, 0, example.predicted().leftCols(4), example.measurement),
                    Catch::Contains("same members"));
  example.measurement.error_variance.setConstant(1e-20);
  CHECK_THROWS_WITH(analysed(filter, example), Catch::Contains("10^7 times the observation error"));
  example.measurement.positions.resize(0, 0);
  CHECK_THROWS_WITH(analysed(filter, example), Catch::Contains("the position of every sensor"));

  // A step is no correlation function: of three sensors in a row, the ends may not be uncorrelated if both agree with the
  // one in the middle.
  const Grid line = line_of(12);
  example = random_example_on(line, 1, 5, 12);
  example.measurement.error_variance.setConstant(1e-6);
  example.members = Eigen::VectorXd::Ones(12) * example.members.row(0);
  CHECK_THROWS_WITH(analysed(SchurEnkf(line, {.taper = StepTaper{.radius = 1}}), example),
                    Catch::Contains("not positive definite"));
}
