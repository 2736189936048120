#include <catch2/catch.hpp>
#include <semiflow/assimilation/discovery/band_limited.hpp>
#include <semiflow/assimilation/discovery/nearest_sensor.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/initial_states.hpp>

using namespace semiflow;

TEST_CASE("a band-limited field is exact between three quarters of its points", "[discovery]") {
  const Grid box({{32, 68.0}, {24, 46.0}});
  std::vector<Index> sensors;
  for (Index i = 0; i < box.points(); ++i)
    if ((7 * i) % 4 != 3) sensors.push_back(i);
  const Eigen::VectorXd field = plane_waves(box, {{.harmonics = {3, 2, 0}, .phase = 0.4}}) +
                                plane_waves(box, {{.harmonics = {1, 4, 0}, .phase = 1}}) +
                                Eigen::VectorXd::Constant(box.points(), 0.3);
  BandLimitedFit fit(box, sensors, {.max_wavenumber = 0.7});
  CHECK((fit(field(sensors)) - field).cwiseAbs().maxCoeff() <= 1e-10);
  // One linear operator.
  const Eigen::VectorXd other = plane_waves(box, {{.harmonics = {9, 9, 0}, .phase = 0}});
  const Eigen::VectorXd sum = fit((field + 2 * other)(sensors));
  CHECK((sum - fit(field(sensors)) - 2 * fit(other(sensors))).cwiseAbs().maxCoeff() <= 1e-9);
}

TEST_CASE("a band-limited fit refuses what cannot be fitted", "[discovery]") {
  const Grid box({{16, 1.0}, {16, 1.0}});
  const std::vector<Index> few{1, 2, 3}, repeated{1, 1}, beyond{256};
  CHECK_THROWS_AS(BandLimitedFit(box, few, {.max_wavenumber = 30}), Error);
  CHECK_THROWS_AS(BandLimitedFit(box, few, {}), Error);
  CHECK_THROWS_AS(BandLimitedFit(box, repeated, {.max_wavenumber = 1}), Error);
  CHECK_THROWS_AS(BandLimitedFit(box, beyond, {.max_wavenumber = 1}), Error);
  CHECK_THROWS_AS(BandLimitedFit(box, few, {.max_wavenumber = 1})(Eigen::VectorXd::Zero(2)), Error);
}

TEST_CASE("the nearest sensor may lie across the edge of the box", "[discovery]") {
  const Grid line({{8, 1.0}});
  const std::vector<Index> sensors{1, 4}, none{}, beyond{8};
  CHECK(nearest_sensor(line, sensors) == std::vector<Index>{1, 1, 1, 4, 4, 4, 4, 1});
  CHECK_THROWS_AS(nearest_sensor(line, none), Error);
  CHECK_THROWS_AS(nearest_sensor(line, beyond), Error);
}
