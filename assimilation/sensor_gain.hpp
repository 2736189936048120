#pragma once
#include <optional>
#include <semiflow/assimilation/constant_gain.hpp>
#include <semiflow/assimilation/wiener_gain.hpp>

namespace semiflow {

/// Kalman's gain of sensors C [sensor x state] for errors whose statistics do not depend on the place, with a covariance P
/// that is diagonal in Fourier space:
///
///     K = P C' (C P C' + R)^-1,   [state x sensor]
///
/// by a Fourier transform a sensor and Cholesky's factor of C P C' + R, the covariances c(x_a - x_b) between the sensors of
/// points. With a sensor at every point it is SpectralGain, and then much dearer. error_power: [fields * modes], as that of
/// SpectralGain, but finite; error_variance: [sensor], the diagonal of R. Throws Error if they do not fit.
Eigen::MatrixXd homogeneous_gain(const Grid& grid, const Eigen::VectorXd& error_power, const Eigen::MatrixXd& sensors,
                                 const Eigen::VectorXd& error_variance);

/// WienerGain for any linear sensors that stay where they are: homogeneous_gain() conditioned on the time since the last data.
class SensorWienerGain {
 public:
  /// sensors: [sensor x state]; error_variance: [sensor]. Throws Error if they do not fit.
  SensorWienerGain(const WienerGain& gain, const Eigen::MatrixXd& sensors, const Eigen::VectorXd& error_variance);

  /// For a forecast over this many steps; over more than the table has, its last. Made when it is first asked for, by a
  /// Fourier transform a sensor and Cholesky's factor of [sensor x sensor], and kept. Not for two threads at a time. Throws Error unless it is positive.
  const ConstantGain& after(Index steps) const;

  const Eigen::MatrixXd& error_power() const { return gain_.error_power(); }

 private:
  WienerGain gain_;
  Eigen::MatrixXd sensors_;
  Eigen::VectorXd error_variance_;
  mutable std::vector<std::optional<ConstantGain>> made_;  // [steps - 1]
};

namespace detail {

// The power of the truth of all runs about its mean, as that of an error: what is known before the first measurement.
Eigen::MatrixXd climatological_power(const Grid& grid, const std::vector<TrainingRun>& runs);

}  // namespace detail

/// As train_wiener_gain(), for sensors [sensor x state] with the variances of all measurements. Their first measurement
/// does not make a state, so starts [state] are the estimates then, one a run, and the first sweep takes the errors for
/// those of the climatology.
template <ForecastModel M>
SensorWienerGain train_sensor_gain(const Grid& grid, M& model, const Eigen::MatrixXd& sensors,
                                   const std::vector<TrainingRun>& runs, const std::vector<Eigen::VectorXd>& starts,
                                   const WienerTraining& options = {}) {
  require(options.sweeps >= 1 && options.warm_up >= 1, "a gain is trained in at least one sweep");
  require(!runs.empty() && runs.size() == starts.size(), "every training run has a first estimate");
  require(!runs.front().measurements.empty(), "a training run has measurements");
  for (std::size_t r = 0; r < runs.size(); ++r) {
    require(starts[r].size() == model.state_size(), "a first estimate is a state");
    for (const Measurement& m : runs[r].measurements)
      require(m.error_variance == runs.front().measurements.front().error_variance,
              "the sensors of a gain have the same errors at all times");
  }
  const Eigen::VectorXd& variance = runs.front().measurements.front().error_variance;
  const auto sees = [&sensors](const Ensemble& estimate) { return sensors * estimate; };
  SensorWienerGain gain(WienerGain(grid, detail::climatological_power(grid, runs)), sensors, variance);
  for (Index sweep = 0; sweep < options.sweeps; ++sweep) {
    const Eigen::MatrixXd power = detail::swept_powers(grid, model, runs, starts, sees, sensors.rows(), gain, options);
    gain = SensorWienerGain(WienerGain(grid, power), sensors, variance);
  }
  return gain;
}

}  // namespace semiflow
