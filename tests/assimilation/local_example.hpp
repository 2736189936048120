#pragma once
#include <semiflow/assimilation/localization.hpp>

#include "example.hpp"

namespace semiflow {

// A line whose points are one unit of length apart.
inline Grid line_of(Index points) { return Grid({{points, static_cast<double>(points)}}); }

// The example with the positions of its sensors; its state is one or more fields on the grid.
inline Example located(Example example, const Grid& grid) {
  example.measurement.positions.resize(grid.dimensions(), example.observe.sensors());
  for (Index j = 0; j < example.observe.sensors(); ++j)
    example.measurement.positions.col(j) =
        point_position(grid, example.observe.rows()[static_cast<std::size_t>(j)] % grid.points());
  return example;
}

inline Example random_example_on(const Grid& grid, Index fields, Index members, Index sensors) {
  return located(random_example(fields * grid.points(), members, sensors), grid);
}

}  // namespace semiflow
