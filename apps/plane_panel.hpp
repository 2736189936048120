#pragma once
#include <semiflow/core/grid.hpp>

#include "pictures.hpp"

namespace semiflow {

/// Diverging colours, white at zero (Brewer's RdBu), for gnuplot.
inline constexpr const char* diverging =
    "set palette defined (0 '#053061', 1 '#2166ac', 2 '#67a9cf', 3 '#f7f7f7', 4 '#ef8a62', 5 '#b2182b', 6 '#67001f')\n";

/// The grid of a variable [time, ...] of the result file.
Grid grid_of(ResultFile& file, const std::string& field);

/// One frame as a matrix [y, x] for gnuplot: of a box the plane in the middle of z, of a fine plane every step points.
Eigen::MatrixXd plane_of(ResultFile& file, const std::string& field, const Grid& grid, Index frame, Index step);

/// The largest finite size, for colour ranges; never zero, which gnuplot refuses.
double largest_size(const Eigen::MatrixXd& values);

/// "t = 1.5".
std::string time_title(double time);

/// How a plane lies in a panel of gnuplot.
struct PlanePanel {
  Index nx, ny, step;  ///< every so many points are drawn
  double dx, dy;

  explicit PlanePanel(const Grid& grid);
  std::string axes() const;
  double aspect() const { return static_cast<double>(ny) * dy / (static_cast<double>(nx) * dx); }
  /// The curve that draws the data block.
  std::string image(const std::string& data) const;
};

}  // namespace semiflow
