#include <catch2/catch.hpp>
#include <numbers>
#include <semiflow/assimilation/linear_observations.hpp>
#include <semiflow/assimilation/localization.hpp>
#include <semiflow/assimilation/nonlinear_observations.hpp>
#include <semiflow/core/conformance.hpp>
#include <semiflow/core/random.hpp>

using namespace semiflow;

namespace {

Eigen::MatrixXd positions_on(const Grid& grid, Index sensors) {
  Eigen::MatrixXd positions = uniform(grid.dimensions() * sensors, {7, 1000, 0}).reshaped(grid.dimensions(), sensors);
  for (Index d = 0; d < grid.dimensions(); ++d)
    positions.row(d) = 3 * grid.axis(d).length * (positions.row(d).array() - 0.5);  // any period
  return positions;
}

// A wave that the grid resolves, at a place.
double wave(const Grid& grid, const Position& place) {
  double product = 1;
  for (Index d = 0; d < grid.dimensions(); ++d) {
    const double s = 2 * std::numbers::pi * place(d) / grid.axis(d).length;
    product *= 1 + std::cos(s + 0.3) + 0.5 * std::sin(double((grid.axis(d).points - 1) / 2) * s);
  }
  return product;
}

Eigen::VectorXd field_of(const Grid& grid) {
  Eigen::VectorXd field(grid.points());
  for (Index i = 0; i < field.size(); ++i) field(i) = wave(grid, point_position(grid, i));
  return field;
}

}  // namespace

TEST_CASE("trigonometric interpolation is exact for what the grid resolves", "[observations]") {
  const Grid grid =
      GENERATE(Grid({{9, 2.0}}), Grid({{12, 5.0}}), Grid({{7, 1.0}, {8, 3.0}}), Grid({{4, 1.0}, {5, 2.0}, {6, 3.0}}));
  const Eigen::MatrixXd positions = positions_on(grid, 20);
  const Ensemble read = trigonometric_interpolation(grid, positions)(field_of(grid));
  for (Index j = 0; j < positions.cols(); ++j) CHECK(read(j) == Approx(wave(grid, positions.col(j))).margin(1e-12));
}

TEST_CASE("interpolations read a value of the grid as it is", "[observations]") {
  const Grid grid({{7, 1.0}, {8, 3.0}});
  Eigen::MatrixXd positions(2, grid.points());
  for (Index i = 0; i < grid.points(); ++i) positions.col(i) = point_position(grid, i);
  const Eigen::VectorXd field = field_of(grid);
  CHECK((linear_interpolation(grid, positions)(field) - field).cwiseAbs().maxCoeff() < 1e-14);
  CHECK((trigonometric_interpolation(grid, positions)(field) - field).cwiseAbs().maxCoeff() < 1e-14);
  CHECK((disc_average(grid, positions, 0)(field) - field).cwiseAbs().maxCoeff() == 0);
}

TEST_CASE("linear interpolation is linear between neighbours", "[observations]") {
  const Grid line({{5, 10.0}});
  Eigen::VectorXd field(5);
  field << 1, 4, 2, 8, 3;
  const Eigen::RowVector4d positions(0.5, 3.0, 9.0, -1.0);
  const Ensemble read = linear_interpolation(line, positions)(field);
  CHECK(read(0) == Approx(1.75));
  CHECK(read(1) == Approx(3));
  CHECK(read(2) == Approx(2));  // between the last point and the first
  CHECK(read(3) == Approx(2));  // the same place

  // Of second order: error h^2 / 8 of the second derivative.
  const auto error = [](Index points) {
    const Grid plane({{points, 1.0}, {points, 1.0}});
    const auto f = [](const Position& p) { return std::sin(2 * M_PI * p(0)) * std::cos(2 * M_PI * p(1)); };
    Eigen::VectorXd values(plane.points());
    for (Index i = 0; i < values.size(); ++i) values(i) = f(point_position(plane, i));
    Eigen::MatrixXd places(2, plane.points());  // the middles of the cells
    for (Index i = 0; i < places.cols(); ++i) places.col(i) = point_position(plane, i).array() + 0.5 / double(points);
    const Ensemble found = linear_interpolation(plane, places)(values);
    double worst = 0;
    for (Index j = 0; j < places.cols(); ++j) worst = std::max(worst, std::abs(found(j) - f(places.col(j))));
    return worst;
  };
  CHECK(error(32) < 1.01 * 2 * 4 * M_PI * M_PI / 8 / (32. * 32));
  CHECK(error(32) / error(64) == Approx(4).margin(0.05));
}

TEST_CASE("an area is the mean of its points, of the field that is asked for", "[observations]") {
  const Grid plane({{8, 8.0}, {8, 8.0}});
  const ObservedField second{.field = 1, .fields = 2};
  const Eigen::Vector2d centre(7.0, 0.0);
  Eigen::VectorXd state = standard_normal(2 * plane.points(), {7, 1000, 1});
  const Ensemble read = disc_average(plane, centre, 1.0, second)(state);
  const auto q = [&](Index y, Index x) { return state(64 + y * 8 + x); };
  CHECK(read(0) == Approx((q(7, 0) + q(0, 0) + q(6, 0) + q(7, 1) + q(7, 7)) / 5));
}

TEST_CASE("linear and nonlinear sensors keep the contract of DifferentiableObservation", "[observations]") {
  const Grid plane({{6, 6.0}, {9, 9.0}});
  const Eigen::MatrixXd positions = positions_on(plane, 11);
  const Eigen::VectorXd state = standard_normal(plane.points(), {7, 1000, 2});
  const Ensemble directions = standard_normal(3 * plane.points(), {7, 1000, 3}).reshaped(plane.points(), 3);
  CHECK(check_differentiable_observation(linear_interpolation(plane, positions), state, directions) ==
        std::vector<std::string>{});
  CHECK(check_differentiable_observation(trigonometric_interpolation(plane, positions), state, directions) ==
        std::vector<std::string>{});
  for (const PointwiseFunction& function : {square, cube, modulus})
    CHECK(check_differentiable_observation(NonlinearObservations(linear_interpolation(plane, positions), function),
                                           state, directions) == std::vector<std::string>{});
}

TEST_CASE("sensors that make no sense are refused", "[observations]") {
  const Grid plane({{6, 6.0}, {9, 9.0}});
  CHECK_THROWS_WITH(linear_interpolation(plane, Eigen::MatrixXd::Zero(1, 3)),
                    Catch::Contains("one row for every axis"));
  CHECK_THROWS_WITH(linear_interpolation(plane, Eigen::Vector2d(0, NAN)), Catch::Contains("not finite"));
  CHECK_THROWS_WITH(linear_interpolation(plane, Eigen::Vector2d(0, 0), {.field = 1, .fields = 1}),
                    Catch::Contains("no such field"));
  CHECK_THROWS_WITH(disc_average(plane, Eigen::Vector2d(0.5, 0.5), 0.1), Catch::Contains("in reach"));
  const LinearObservations observe = linear_interpolation(plane, Eigen::Vector2d(0, 0));
  CHECK_THROWS_WITH(observe(Ensemble::Zero(5, 1)), Catch::Contains("does not have the size"));
}
