#pragma once
#include <Eigen/SparseCore>
#include <semiflow/core/differentiable.hpp>
#include <semiflow/core/grid.hpp>

namespace semiflow {

/// Sensors that read weighted sums of the state: off the grid, over an area, of the spectrum. A
/// DifferentiableObservation.
class LinearObservations {
 public:
  using Matrix = Eigen::SparseMatrix<double, Eigen::RowMajor>;

  /// matrix: [sensor x state]. Throws Error if a weight is not finite.
  explicit LinearObservations(Matrix matrix);

  /// [state x member] to [sensor x member]. Throws Error if the sizes do not fit, as those below.
  Ensemble operator()(EnsembleView members) const;
  Ensemble tangent(const Eigen::Ref<const Eigen::VectorXd>& state, EnsembleView perturbations) const;
  Ensemble adjoint(const Eigen::Ref<const Eigen::VectorXd>& state, EnsembleView sensitivities) const;

  const Matrix& matrix() const { return matrix_; }
  Index sensors() const { return matrix_.rows(); }

 private:
  Matrix matrix_;
};

static_assert(DifferentiableObservation<LinearObservations>);

/// Which part of the state a sensor looks at: the state is field after field, each [point] of the grid in C order.
struct ObservedField {
  Index field = 0;
  Index fields = 1;  ///< of the state
};

/// The field at positions [axis x sensor], axes slowest first and any period, by linear interpolation between the 2, 4
/// or 8 points around. Throws Error unless there is a finite row for every axis and the field exists.
LinearObservations linear_interpolation(const Grid& grid, const Eigen::MatrixXd& positions,
                                        const ObservedField& observed = {});

/// The trigonometric polynomial through all values of the field, at positions: exact for every wave that the grid
/// resolves. Every sensor has a weight for every point. Throws Error as linear_interpolation().
LinearObservations trigonometric_interpolation(const Grid& grid, const Eigen::MatrixXd& positions,
                                               const ObservedField& observed = {});

/// The mean of the field over the points at most radius away from each position. Throws Error as linear_interpolation(),
/// and if there is no point in reach of a sensor.
LinearObservations disc_average(const Grid& grid, const Eigen::MatrixXd& positions, double radius,
                                const ObservedField& observed = {});

}  // namespace semiflow
