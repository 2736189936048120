#include <catch2/catch.hpp>
#include <numbers>
#include <semiflow/core/error.hpp>
#include <semiflow/core/grid.hpp>

using namespace semiflow;

TEST_CASE("a grid knows its points and modes", "[grid]") {
  const Grid plane({{6, 3.0}, {5, 2.0}});
  CHECK(plane.points() == 30);
  CHECK(plane.modes() == 6 * 3);
  CHECK(plane.coordinate(0)(5) == Approx(0.5));  // second row
  CHECK(plane.coordinate(1)(6) == Approx(0.4));  // second point of the second row
  CHECK(plane.harmonic(0)(3 * 4) == -2);         // fifth row of a six-point axis
  CHECK(plane.harmonic(0)(3 * 3) == 3);          // its Nyquist row
  CHECK(plane.wavenumber(1)(2) == Approx(2 * std::numbers::pi / 2.0 * 2));
}

TEST_CASE("multiplicities count the full spectrum", "[grid]") {
  const Index n = GENERATE(8, 9);
  const Grid line({{n, 1.0}});
  CHECK(line.multiplicity().sum() == static_cast<double>(n));
  const Grid plane({{6, 1.0}, {n, 1.0}});
  CHECK(plane.multiplicity().sum() == static_cast<double>(6 * n));
}

TEST_CASE("a grid refuses what is not a box", "[grid]") {
  CHECK_THROWS_AS(Grid({}), Error);
  CHECK_THROWS_AS(Grid({{4, 1.0}, {4, 1.0}, {4, 1.0}, {4, 1.0}}), Error);
  CHECK_THROWS_AS(Grid({{0, 1.0}}), Error);
  const Index huge = Index{1} << 31;
  CHECK_THROWS_AS(Grid({{huge, 1.0}, {huge, 1.0}}), Error);
  CHECK_THROWS_AS(Grid({{huge, 1.0}, {huge, 1.0}, {huge, 1.0}}), Error);
  CHECK_THROWS_AS(Grid({{8, -1.0}}), Error);
  CHECK_THROWS_AS(Grid({{8, std::numeric_limits<double>::quiet_NaN()}}), Error);
}
