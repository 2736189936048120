#include <algorithm>
#include <cmath>
#include <limits>
#include <semiflow/assimilation/discovery/nearest_sensor.hpp>
#include <semiflow/core/error.hpp>

namespace semiflow {

std::vector<Index> nearest_sensor(const Grid& grid, std::span<const Index> sensors) {
  require(!sensors.empty(), "an interpolation needs a sensor");
  require(std::ranges::all_of(sensors, [&](Index i) { return i >= 0 && i < grid.points(); }),
          "a sensor lies beyond the grid");
  Eigen::ArrayXXd position(grid.points(), grid.dimensions());
  for (Index d = 0; d < grid.dimensions(); ++d) position.col(d) = grid.coordinate(d);
  const std::vector<Index> at(sensors.begin(), sensors.end());
  const Eigen::ArrayXXd of_sensors = position(at, Eigen::all);
  std::vector<Index> nearest(static_cast<std::size_t>(grid.points()));
  Eigen::ArrayXd square(of_sensors.rows());
  for (Index i = 0; i < grid.points(); ++i) {
    square.setZero();
    for (Index d = 0; d < grid.dimensions(); ++d) {
      const Eigen::ArrayXd distance = (of_sensors.col(d) - position(i, d)).abs();
      square += distance.min(grid.axis(d).length - distance).square();
    }
    Index best = 0;
    square.minCoeff(&best);
    nearest[static_cast<std::size_t>(i)] = at[static_cast<std::size_t>(best)];
  }
  return nearest;
}

}  // namespace semiflow
