#include "plane_panel.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace semiflow {

namespace {

constexpr Index finest = 512;  // points of a panel; more than a screen shows only make gnuplot slow

}  // namespace

Grid grid_of(ResultFile& file, const std::string& field) {
  std::vector<Axis> axes;
  const std::vector<std::string> names = file.dimensions(field);
  for (std::size_t d = 1; d < names.size(); ++d) {
    const Eigen::VectorXd x = column(file, "/" + names[d]);
    axes.push_back({x.size(), x(1) * static_cast<double>(x.size())});
  }
  return Grid(axes);
}

Eigen::MatrixXd plane_of(ResultFile& file, const std::string& field, const Grid& grid, Index frame, Index step) {
  const Eigen::VectorXd values = file.read(field, frame, 1).col(0);
  const Index last = grid.dimensions() - 1, nx = grid.axis(last).points, ny = grid.axis(last - 1).points;
  const Index first = grid.dimensions() == 3 ? grid.axis(0).points / 2 * nx * ny : 0;
  const Eigen::MatrixXd plane = values.segment(first, nx * ny).reshaped(nx, ny).transpose();
  return plane(Eigen::seq(0, ny - 1, step), Eigen::seq(0, nx - 1, step));
}

double largest_size(const Eigen::MatrixXd& values) {
  double size = 1e-300;
  for (const double value : values.reshaped())
    if (std::isfinite(value)) size = std::max(size, std::abs(value));
  return size;
}

std::string time_title(double time) {
  char text[48];
  std::snprintf(text, sizeof text, "t = %.4g", time);
  return text;
}

PlanePanel::PlanePanel(const Grid& grid) {
  const Axis &x = grid.axis(grid.dimensions() - 1), &y = grid.axis(grid.dimensions() - 2);
  step = std::max<Index>(1, (std::max(x.points, y.points) + finest - 1) / finest);
  nx = x.points;
  ny = y.points;
  dx = x.length / static_cast<double>(nx);
  dy = y.length / static_cast<double>(ny);
}

std::string PlanePanel::axes() const {
  return range("xrange", -0.5 * dx, (static_cast<double>(nx) - 0.5) * dx) +
         range("yrange", -0.5 * dy, (static_cast<double>(ny) - 0.5) * dy);
}

std::string PlanePanel::image(const std::string& data) const {
  const std::string s = std::to_string(step);
  return "$" + data + " matrix using ($1*" + s + "*" + number(dx) + "):($2*" + s + "*" + number(dy) +
         "):3 with image notitle";
}

}  // namespace semiflow
