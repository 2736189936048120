#pragma once
#include <semiflow/core/ensemble.hpp>
#include <vector>

namespace semiflow {

/// One periodic direction.
struct Axis {
  Index points;
  double length;
  bool operator==(const Axis&) const = default;
};

/// A periodic line, plane or box. Axes are listed slowest first, so a plane is {y, x}.
class Grid {
 public:
  /// Throws Error unless there are one to three axes, each with at least one point and a positive, finite length,
  /// and no more points in all than memory has addresses for.
  explicit Grid(std::vector<Axis> axes);

  Index dimensions() const { return static_cast<Index>(axes_.size()); }
  const Axis& axis(Index d) const { return axes_[static_cast<std::size_t>(d)]; }
  Index points() const;  ///< values in physical space
  Index modes() const;   ///< values in Fourier space: the last axis keeps its non-negative half

  /// Coordinate of every point along axis d, in the units of the length: [points].
  Eigen::ArrayXd coordinate(Index d) const;
  /// Angular wavenumber 2 pi n / length of every mode along axis d: [modes]. The Nyquist number is positive.
  Eigen::ArrayXd wavenumber(Index d) const;
  /// Integer wavenumber n of every mode along axis d: [modes].
  Eigen::ArrayXd harmonic(Index d) const;
  /// How often a mode stands in the full spectrum, 1 or 2, so that sums over modes obey Parseval: [modes].
  Eigen::ArrayXd multiplicity() const;

  bool operator==(const Grid&) const = default;

 private:
  std::vector<Axis> axes_;
};

}  // namespace semiflow
