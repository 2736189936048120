#include <cmath>
#include <limits>
#include <numbers>
#include <semiflow/core/error.hpp>
#include <semiflow/core/grid.hpp>
#include <utility>

namespace semiflow {

Grid::Grid(std::vector<Axis> axes) : axes_(std::move(axes)) {
  require(!axes_.empty() && axes_.size() <= 3, "a grid needs one, two or three axes");
  // A field in doubles must have an address for every byte.
  Index still_fit = std::numeric_limits<Index>::max() / static_cast<Index>(sizeof(double));
  for (const Axis& axis : axes_) {
    require(axis.points > 0, "a grid axis needs at least one point");
    require(std::isfinite(axis.length) && axis.length > 0, "the length of a grid axis must be positive");
    still_fit /= axis.points;
    require(still_fit > 0, "a grid has more points than any memory holds");
  }
}

Index Grid::points() const {
  Index points = 1;
  for (const Axis& axis : axes_) points *= axis.points;
  return points;
}

Index Grid::modes() const { return points() / axes_.back().points * (axes_.back().points / 2 + 1); }

Eigen::ArrayXd Grid::coordinate(Index d) const {
  Index inner = 1;
  for (Index e = d + 1; e < dimensions(); ++e) inner *= axis(e).points;
  const double spacing = axis(d).length / static_cast<double>(axis(d).points);
  return Eigen::ArrayXd::NullaryExpr(
      points(), [=, n = axis(d).points](Index i) { return spacing * static_cast<double>(i / inner % n); });
}

Eigen::ArrayXd Grid::harmonic(Index d) const {
  const auto kept = [this](Index e) { return e + 1 == dimensions() ? axis(e).points / 2 + 1 : axis(e).points; };
  Index inner = 1;
  for (Index e = d + 1; e < dimensions(); ++e) inner *= kept(e);
  return Eigen::ArrayXd::NullaryExpr(modes(), [=, n = axis(d).points, m = kept(d)](Index i) {
    const Index k = i / inner % m;
    return static_cast<double>(k <= n / 2 ? k : k - n);
  });
}

Eigen::ArrayXd Grid::wavenumber(Index d) const { return 2 * std::numbers::pi / axis(d).length * harmonic(d); }

Eigen::ArrayXd Grid::multiplicity() const {
  const Index last = dimensions() - 1, n = axis(last).points;
  return harmonic(last).unaryExpr([n](double k) { return k == 0 || 2 * static_cast<Index>(k) == n ? 1.0 : 2.0; });
}

}  // namespace semiflow
