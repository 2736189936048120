#pragma once
#include <Eigen/Sparse>
#include <semiflow/core/grid.hpp>
#include <span>

namespace semiflow {

struct LocalSplineOptions {
  Index neighbours = 30;  ///< sensors that a point's value is made of
};

/// Fields on a periodic grid from their values at some of its points: at each other point, the cubic polyharmonic spline
/// (kernel r^3, with all polynomials up to degree 3) through the nearest sensors, as in the finite differences of Flyer et
/// al. (2016). It stands in for the piecewise cubics that MATLAB and SciPy call griddata, without their hull and triangles.
///
/// Sensors keep their values; a field that is a cubic polynomial around a point is exact there. One linear operator for all
/// fields, as a sparse matrix.
class LocalSpline {
 public:
  /// Throws Error if a sensor is repeated or beyond the grid, neighbours are fewer than the polynomials or more than the
  /// sensors, or those near a point do not tell its polynomials apart: take more neighbours.
  LocalSpline(const Grid& grid, std::span<const Index> sensors, const LocalSplineOptions& options = {});

  /// The fields [point x column] from their values [sensor x column]. Throws Error if the shape does not fit.
  Eigen::MatrixXd operator()(const Eigen::MatrixXd& values) const;

 private:
  Eigen::SparseMatrix<double, Eigen::RowMajor> weights_;  // [point x sensor]
};

}  // namespace semiflow
