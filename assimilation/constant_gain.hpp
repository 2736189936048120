#pragma once
#include <semiflow/core/grid.hpp>
#include <vector>

namespace semiflow {

/// Corrects every member on its own by a gain that never changes, x + K (y - H x), a LocalAnalysisScheme for a fixed
/// network of sensors. With one member it is an observer:
///
///     K = B H'(H B H' + R)^-1, kalman_gain()   3D-Var with the forecast as its background (Lorenc 1986)
///     K = strength I_h, nudging_gain()         nudging at the times of the data (Foias, Mondaini & Titi 2016)
class ConstantGain {
 public:
  /// gain: [state x sensor]. Throws Error if it is not finite.
  explicit ConstantGain(const Eigen::MatrixXd& gain);

  /// rows: [row x member], the rows begin, begin + 1, ... of the state, at least one member; predicted: [sensor x
  /// member]. Not collective. Throws Error as validate() does, if there is not one sensor a column of the gain, or if the
  /// rows are not among those of the gain.
  void analyse(EnsembleRef rows, Index begin, EnsembleView predicted, const Measurement& measurement) const;

  Index state_size() const { return transposed_.cols(); }

 private:
  Eigen::MatrixXd transposed_;  // [sensor x state]: what a row needs lies together
};

static_assert(LocalAnalysisScheme<ConstantGain>);

/// strength times the interpolation from values at grid points of a line to all of its points, linear between neighbours
/// and periodic: [point x sensor]. At a sensor the strength in (0, 2) is the part of the innovation that is added: mu
/// times the interval between the data in the nudging du/dt = f(u) + mu I_h(y - u) of Azouani, Olson & Titi (2014).
/// rows: the grid point of each sensor, all different. Throws Error unless the grid is a line with such points. Planes and
/// boxes will do with a sensor at every point, where nothing is interpolated.
Eigen::MatrixXd nudging_gain(const Grid& grid, const std::vector<Index>& rows, double strength);

}  // namespace semiflow
