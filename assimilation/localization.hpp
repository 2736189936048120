#pragma once
#include <semiflow/core/grid.hpp>
#include <variant>
#include <vector>

namespace semiflow {

/// No localisation: everything counts in full at any distance.
struct NoTaper {};

/// The compactly supported correlation function of Gaspari & Cohn (1999), Eq. 4.10, with half-width c: 5/24 at c, zero
/// from 2 c on. Packages mean different things by the radius of it:
///
///     half_width = 1.82 r       DAPPER, loc_rad = r (0.634 at r; a Gaussian has exp(-1/2) = 0.607)
///                = cutoff       DART
///                = sradius / 2  PDAF, the support of its fifth-order function (cradius is a further, sharp cut)
///                = l / 2        OOPS, lengthscale = l of its gc99; in jswhit's codes corrl = l
struct GaspariCohn {
  double half_width;  ///< in the units of the grid's lengths, as all distances here
};

/// 1 up to the radius, included, and 0 beyond.
struct StepTaper {
  double radius;
};

/// exp(-distance^2 / (2 standard_deviation^2)); DAPPER's Gauss with loc_rad = standard_deviation.
struct GaussianTaper {
  double standard_deviation;
};

/// How much two places have to do with each other, by their distance: 1 at no distance, 0 far away.
using Taper = std::variant<NoTaper, GaspariCohn, StepTaper, GaussianTaper>;

/// Throws Error unless the width of the taper is positive and finite.
void validate(const Taper& taper);

/// The taper at a distance, >= 0.
double taper_weight(const Taper& taper, double distance);

/// A distance beyond which no weight exceeds smallest_weight, in [0, 1); infinite if there is none.
double taper_reach(const Taper& taper, double smallest_weight);

/// Coordinates of a place, [axis]; any period.
using Position = Eigen::Matrix<double, Eigen::Dynamic, 1, 0, 3, 1>;

/// Where a point of the grid is; points are counted in C order.
Position point_position(const Grid& grid, Index point);

/// The Euclidean distance by the shortest way around each axis.
double periodic_distance(const Grid& grid, const Position& a, const Position& b);

/// A sensor and how far it is from a place.
struct NearbySensor {
  Index sensor;
  double distance;
};

/// Finds sensors near a place on a periodic grid by a list of cells. Made once for a set of positions in a time
/// proportional to their number; a query costs a time proportional to what it finds.
class SensorSearch {
 public:
  /// positions: [axis x sensor], any period. Throws Error unless there is a finite row for every axis; without sensors
  /// the matrix may be empty.
  SensorSearch(const Grid& grid, const Eigen::MatrixXd& positions);

  Index sensors() const { return static_cast<Index>(order_.size()); }

  /// Replaces found by the sensors that are at most radius away from place, in an order that depends on nothing else.
  void within(const Position& place, double radius, std::vector<NearbySensor>& found) const;

 private:
  // Cells that a ball touches along one axis, first to last, of which the first may lie before the origin.
  struct Span {
    Index first, last;
  };
  Span span(Index axis, double centre, double radius) const;

  Grid grid_;
  std::vector<Index> cells_{};   // how many along each axis
  std::vector<Index> begin_{};   // [cell + 1] of order_, in C order
  std::vector<Index> order_{};   // sensors cell by cell
  Eigen::MatrixXd positions_{};  // [axis x sensor], in that order, within one period
};

}  // namespace semiflow
