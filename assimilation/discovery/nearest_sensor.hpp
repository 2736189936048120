#pragma once
#include <semiflow/core/grid.hpp>
#include <span>
#include <vector>

namespace semiflow {

/// The sensor that is nearest to each point of a periodic grid, as a point of the grid: field(nearest_sensor(...)) is the
/// interpolation by the nearest neighbour, the baseline of every other. Of two as near, the first. Throws Error if there
/// are no sensors or one lies beyond the grid.
std::vector<Index> nearest_sensor(const Grid& grid, std::span<const Index> sensors);

}  // namespace semiflow
