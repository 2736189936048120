#include <algorithm>
#include <catch2/catch.hpp>
#include <semiflow/assimilation/localization.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>

using namespace semiflow;

TEST_CASE("the function of Gaspari and Cohn at its half-width and around", "[localization]") {
  const Taper taper = GaspariCohn{.half_width = 4};
  const auto exactly = [](double value) { return Approx(value).margin(1e-12).epsilon(0); };
  CHECK(taper_weight(taper, 0) == 1);
  CHECK(taper_weight(taper, 2) == exactly(263.0 / 384));
  CHECK(taper_weight(taper, 4) == exactly(5.0 / 24));
  CHECK(taper_weight(taper, 6) == exactly(19.0 / 1152));
  CHECK(taper_weight(taper, 7) == exactly(0.001127697173));
  CHECK(taper_weight(taper, 8) == 0);
  CHECK(taper_weight(taper, 1e9) == 0);
}

TEST_CASE("the outer branch of Gaspari and Cohn is the polynomial of the paper", "[localization]") {
  for (double z = 0; z < 2; z += 1.0 / 64) {
    const double z2 = z * z, z3 = z * z2;
    const double expected = z <= 1 ? z3 * (-z2 / 4 + z / 2 + 5.0 / 8) - 5 * z2 / 3 + 1
                                   : z3 * (z2 / 12 - z / 2 + 5.0 / 8) + 5 * z2 / 3 - 5 * z + 4 - 2 / (3 * z);
    CHECK(taper_weight(GaspariCohn{.half_width = 1}, z) == Approx(expected).margin(1e-14).epsilon(0));
  }
}

TEST_CASE("tapers fall from 1 and are small beyond their reach", "[localization]") {
  const Taper taper =
      GENERATE(Taper(GaspariCohn{.half_width = 3}), StepTaper{.radius = 3}, GaussianTaper{.standard_deviation = 3});
  const double smallest = GENERATE(1e-3, 0.2);
  CHECK(taper_weight(taper, 0) == 1);
  double before = 1;
  for (double distance = 0; distance < 20; distance += 0.01) {
    const double weight = taper_weight(taper, distance);
    CHECK(weight <= before);
    CHECK(weight >= 0);
    before = weight;
  }
  const double reach = taper_reach(taper, smallest);
  CHECK(taper_weight(taper, reach * (1 + 1e-12)) <= smallest);
  CHECK(taper_weight(taper, reach * (1 - 1e-8)) > smallest);
}

TEST_CASE("the reach of a taper without a smallest weight is its support", "[localization]") {
  CHECK(taper_reach(GaspariCohn{.half_width = 3}, 0) == Approx(6).epsilon(1e-3));
  CHECK(taper_weight(GaspariCohn{.half_width = 3}, taper_reach(GaspariCohn{.half_width = 3}, 0)) == 0);
  CHECK(std::isinf(taper_reach(GaussianTaper{.standard_deviation = 1}, 0)));
  CHECK(std::isinf(taper_reach(NoTaper{}, 1e-3)));
  CHECK(taper_weight(NoTaper{}, 1e300) == 1);
  CHECK(taper_weight(StepTaper{.radius = 2}, 2) == 1);
  CHECK(taper_weight(GaussianTaper{.standard_deviation = 2}, 2) == Approx(std::exp(-0.5)).epsilon(1e-15));
}

TEST_CASE("tapers and positions that make no sense are refused", "[localization]") {
  CHECK_THROWS_WITH(validate(Taper(GaspariCohn{.half_width = 0})), Catch::Contains("half_width"));
  CHECK_THROWS_WITH(validate(Taper(StepTaper{.radius = NAN})), Catch::Contains("radius"));
  CHECK_THROWS_WITH(validate(Taper(GaussianTaper{.standard_deviation = INFINITY})),
                    Catch::Contains("standard_deviation"));
  CHECK_THROWS_AS(taper_reach(NoTaper{}, 1), Error);
  CHECK_THROWS_AS(taper_reach(NoTaper{}, NAN), Error);
  const Grid plane({{8, 1.0}, {8, 2.0}});
  CHECK_THROWS_WITH(SensorSearch(plane, Eigen::MatrixXd::Zero(1, 3)), Catch::Contains("[axis x sensor]"));
  CHECK_THROWS_WITH(SensorSearch(plane, Eigen::MatrixXd::Constant(2, 3, NAN)), Catch::Contains("finite"));
}

TEST_CASE("points of a grid stand where its coordinates say, and distances go around", "[localization]") {
  const Grid box({{4, 2.0}, {6, 3.0}, {5, 10.0}});
  for (Index d = 0; d < 3; ++d) {
    const Eigen::ArrayXd coordinate = box.coordinate(d);
    for (Index i = 0; i < box.points(); ++i) CHECK(point_position(box, i)(d) == coordinate(i));
  }
  const Eigen::Vector3d a(0.25, 0, 9), b(1.75, 1.5, 1);
  CHECK(periodic_distance(box, a, b) == Approx(std::sqrt(0.25 + 2.25 + 4)).epsilon(1e-15));
  CHECK(periodic_distance(box, a, b + Eigen::Vector3d(-20, 3, 100)) == Approx(std::sqrt(6.5)).epsilon(1e-14));
}

TEST_CASE("the search finds what a look at every sensor finds", "[localization]") {
  const Grid grid = GENERATE(Grid({{40, 40.0}}), Grid({{16, 3.0}, {64, 12.0}}), Grid({{8, 1.0}, {8, 2.0}, {8, 30.0}}));
  const Index sensors = GENERATE(0, 1, 2, 7, 200);
  const Index dimensions = grid.dimensions();
  // One period more on either side; the first sensor on the seam.
  Eigen::MatrixXd positions =
      (3 * uniform(dimensions * sensors, {4, 1000, 0}).array() - 1).reshaped(dimensions, sensors);
  for (Index d = 0; d < dimensions; ++d) positions.row(d) *= grid.axis(d).length;
  if (sensors > 0) positions.col(0).setConstant(-1e-18);
  const SensorSearch search(grid, positions);
  CHECK(search.sensors() == sensors);

  std::vector<NearbySensor> found;
  for (const double radius : {1e-12, 0.1, 0.7, 3.0, 19.0, 1e3, double(INFINITY)})
    for (Index point = 0; point < grid.points(); point += 7) {
      const Position place = point_position(grid, point);
      search.within(place, radius, found);
      std::sort(found.begin(), found.end(), [](auto a, auto b) { return a.sensor < b.sensor; });
      std::size_t k = 0;
      bool same = true;
      for (Index j = 0; j < sensors; ++j) {
        const double distance = periodic_distance(grid, place, positions.col(j));
        if (distance > radius) continue;
        same = same && k < found.size() && found[k].sensor == j && std::abs(found[k].distance - distance) < 1e-12;
        ++k;
      }
      CHECK((same && k == found.size()));
    }
}
