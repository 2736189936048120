#pragma once
#include <semiflow/core/ensemble.hpp>
#include <span>

namespace semiflow {

/// Variances of errors at the sensors, means over the sensors and times that were added.
struct ErrorVariances {
  double observation = 0;  ///< of R
  double forecast = 0;     ///< of H B H'
  double analysis = 0;     ///< of H A H'
};

/// What departures tell of the errors, beside what the filter takes them for. NaN without departures.
struct DesroziersEstimate {
  Index departures = 0;            ///< how many were added
  double innovation_variance = 0;  ///< E[d_b d_b] = H B H' + R (Eq. 1): estimated.observation + estimated.forecast
  ErrorVariances estimated;
  ErrorVariances assumed;  ///< error_variance and the unbiased variances of the ensembles
};

/// Diagnostics of Desroziers, Berre, Chapnik & Poli (2005, QJRMS 131, 3385), as running sums. With the departures of a
/// measurement from the mean predictions of forecast and analysis, d_b and d_a, the diagonals of
///
///     E[d_a d_b'] = R (Eq. 3),  E[(d_b - d_a) d_b'] = H B H' (Eq. 2),  E[(d_b - d_a) d_a'] = H A H' (Eq. 4)
///
/// hold for errors without bias and a filter whose own H B H' and R are right. Where they are wrong the estimates are
/// wrong, too, but by less: with estimated.observation for error_variance in the next run, runs converge as far as
/// forecast and observation errors have different shapes in space and time.
///
/// Sensors are taken together in groups, of like units: in one, or each sensor in its own.
class DesroziersDiagnostics {
 public:
  /// Throws Error unless there is a group.
  explicit DesroziersDiagnostics(Index groups = 1);
  /// Goes on from a state(). Throws Error if it is none.
  explicit DesroziersDiagnostics(const Eigen::MatrixXd& state);

  /// forecast and analysis: what the members before and after the analysis predict, [sensor x member]. group: of each
  /// sensor; if empty, all are in group 0 where there is but one, and else sensor j is in group j. Not collective.
  /// Throws Error as validate() does and if there is not one group of ours a sensor.
  void add(EnsembleView forecast, EnsembleView analysis, const Measurement& measurement,
           std::span<const Index> group = {});

  /// Throws Error if there is no such group.
  DesroziersEstimate estimate(Index group = 0) const;

  /// All that add() has left, for a checkpoint: [sum x group].
  const Eigen::MatrixXd& state() const { return sums_; }

 private:
  Eigen::MatrixXd sums_;
};

}  // namespace semiflow
