#pragma once
#include <semiflow/core/ensemble.hpp>
#include <span>

namespace semiflow {

/// Means over the sensors and times that were added; NaN without any. The first is the sum of the others.
struct ReliabilityBudget {
  Index departures = 0;          ///< how many were added
  double squared_departure = 0;  ///< of the measurement from the mean prediction
  double squared_bias = 0;       ///< square of the mean departure; of n departures of variance V, V / n is chance
  double ensemble_variance = 0;  ///< (members + 1) / members times the unbiased variance of the predictions
  double observation_variance = 0;
  /// What is left: about 0 of a reliable ensemble, more if its spread is too small or the error variance is, less if one
  /// of them is too large.
  double residual = 0;
};

/// The reliability budget of an ensemble against measurements (Rodwell et al. 2016, QJRMS 142, 443), as running sums. In
/// a reliable ensemble the truth is one more draw of what the members are drawn from. Its mean square distance from the
/// mean of N members is their variance times (N + 1) / N, to which the measurement adds its error variance.
///
/// Sensors are taken together in groups, as in DesroziersDiagnostics: in one, or each sensor in its own, so that biases
/// of sensors do not cancel.
class Reliability {
 public:
  /// Throws Error unless there is a group.
  explicit Reliability(Index groups = 1);
  /// Goes on from a state(). Throws Error if it is none.
  explicit Reliability(const Eigen::MatrixXd& state);

  /// predicted: [sensor x member], before the analysis. group: of each sensor; if empty, all are in group 0 where there
  /// is but one, and else sensor j is in group j. Not collective. Throws Error as validate() does and if there is not one
  /// group of ours a sensor.
  void add(EnsembleView predicted, const Measurement& measurement, std::span<const Index> group = {});

  /// Throws Error if there is no such group.
  ReliabilityBudget budget(Index group = 0) const;

  /// All that add() has left, for a checkpoint: [sum x group].
  const Eigen::MatrixXd& state() const { return sums_; }

 private:
  Eigen::MatrixXd sums_;
};

}  // namespace semiflow
