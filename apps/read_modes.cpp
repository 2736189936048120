// The keys 'modes' of networks.
#include <algorithm>
#include <semiflow/core/error.hpp>

#include "experiment.hpp"

namespace semiflow {

std::vector<Index> usual_modes(const Grid& grid) {
  std::vector<Index> modes;
  for (Index d = 0; d < grid.dimensions(); ++d) modes.push_back(std::clamp<Index>(grid.axis(d).points / 2, 1, 16));
  return modes;
}

std::vector<Index> read_modes(const Table& table, const Grid& grid) {
  const Index axes = grid.dimensions();
  std::vector<Index> modes = usual_modes(grid);
  if (table.has("modes")) {
    try {
      modes = table.integers("modes");
    } catch (const Error&) {
      modes.assign(static_cast<std::size_t>(axes), table.integer("modes", Range{.at_least = 1, .at_most = 1e6}));
    }
  }
  if (std::ssize(modes) != axes)
    throw table.error("modes", "'modes' is one integer, or one for each of the " + std::to_string(axes) + " axes");
  for (Index d = 0; d < axes; ++d) {
    const Index m = modes[static_cast<std::size_t>(d)], points = grid.axis(d).points;
    const Index most = d + 1 == axes ? points / 2 + 1 : points / 2;
    if (m < 1 || m > most)
      throw table.error("modes", "'modes' is from 1 to " + std::to_string(most) + " where there are " +
                                     std::to_string(points) + " points");
  }
  return modes;
}

}  // namespace semiflow
