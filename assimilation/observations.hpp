#pragma once
#include <semiflow/core/differentiable.hpp>
#include <vector>

namespace semiflow {

/// Sensors that read single entries of the state, e.g. a field at grid points.
class PointObservations {
 public:
  /// rows: the state row that each sensor reads; any order, repetitions allowed. Throws Error if one is negative.
  explicit PointObservations(std::vector<Index> rows);

  /// [state x member] to [sensor x member]. Throws Error if the state has too few rows.
  Ensemble operator()(EnsembleView members) const;

  /// The derivative, the same at every state, and its transpose, [sensor x vectors] to [state x vectors]: what sensors
  /// of the same row give is added. Throws Error if the state has too few rows or there is not one row a sensor.
  Ensemble tangent(const Eigen::Ref<const Eigen::VectorXd>& state, EnsembleView perturbations) const;
  Ensemble adjoint(const Eigen::Ref<const Eigen::VectorXd>& state, EnsembleView sensitivities) const;

  const std::vector<Index>& rows() const { return rows_; }
  Index sensors() const { return static_cast<Index>(rows_.size()); }

 private:
  void check(Index state_size) const;

  std::vector<Index> rows_;
  Index state_size_ = 0;  // the smallest state that has all rows
};

static_assert(DifferentiableObservation<PointObservations>);

/// The times begin + interval, begin + 2 interval, ... that do not pass window.end (by more than rounding).
/// Event k of a regular record happens at entry k; the initial instant has no observation.
/// Throws Error if the interval is not positive.
std::vector<double> regular_times(Interval window, double interval);

/// What imperfect sensors report at one time: exact + noise with variances error_variance, Gaussian and keyed by
/// (seed, observation_noise, event). exact is what the operator reads from the truth: [sensor].
Measurement noisy_measurement(Eigen::Ref<const Eigen::VectorXd> exact, const Eigen::VectorXd& error_variance,
                              std::uint64_t event, double time, std::uint64_t seed);

/// Checks that values and variances are as many, finite, and the variances positive. Throws Error that names the
/// sensor and the time: a missing value must be left out of the measurement, never be a NaN in it.
void validate(const Measurement& measurement);

/// Also checks that there is one finite prediction for each sensor and member, and at least two members.
void validate(EnsembleView predicted, const Measurement& measurement);

}  // namespace semiflow
