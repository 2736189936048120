#pragma once
#include <cmath>
#include <semiflow/core/error.hpp>
#include <semiflow/core/fft.hpp>
#include <vector>

namespace semiflow {

/// Corrects every member on its own by a gain that is diagonal in Fourier space, for sensors that read the whole state of
/// periodic fields with white noise. With e the innovation and j a mode,
///
///     x_j + K_j e_j,  K_j = P_j / (P_j + r)    Wiener (1949)
///
/// the best linear gain of errors whose statistics do not depend on the place. It needs the innovation everywhere, but
/// gives each row its correction alone: a LocalAnalysisScheme, as predicted is the whole state.
class SpectralGain {
 public:
  /// error_power: P_j, the mean |error_j|^2 over the number of points, field after field [fields * modes], so that white
  /// noise has its variance at every mode; infinity replaces what is predicted by what is measured. Throws Error unless
  /// it is of whole fields and nowhere negative.
  SpectralGain(const Grid& grid, const Eigen::VectorXd& error_power);

  /// rows: [row x member], the rows begin, begin + 1, ... of the state; predicted: [state x member]. r is the mean of the
  /// error variances of a field, which is the power of white noise at each mode even where they differ. Not collective.
  /// Throws Error as validate() does, unless there is a sensor a point, and if the rows are not among those of the state.
  void analyse(EnsembleRef rows, Index begin, EnsembleView predicted, const Measurement& measurement) const;

  Index state_size() const { return error_power_.cols() * grid_.points(); }

 private:
  Grid grid_;
  Eigen::MatrixXd error_power_;  // [mode x field]
};

static_assert(LocalAnalysisScheme<SpectralGain>);

/// The spectral gain conditioned on the time since the last data, for data at irregular times: the longer a forecast ran,
/// the larger is its error, and the more a measurement counts. The reference for any learned observer.
class WienerGain {
 public:
  /// error_power: [gap x fields * modes], P as in SpectralGain, row g - 1 that of a forecast over g steps. Throws Error if
  /// there is no gap.
  WienerGain(const Grid& grid, const Eigen::MatrixXd& error_power);

  /// For a forecast over this many steps; over more than the table has, its last. Throws Error unless it is positive.
  SpectralGain after(Index steps) const;

  const Grid& grid() const { return grid_; }
  const Eigen::MatrixXd& error_power() const { return error_power_; }

 private:
  Grid grid_;
  Eigen::MatrixXd error_power_;
};

/// A truth with what was measured of it: at least two measurements, at increasing times.
struct TrainingRun {
  Ensemble truth;  ///< [state x measurement]
  std::vector<Measurement> measurements{};
};

struct WienerTraining {
  double dt = 1;      ///< of a step, in which the gaps are counted
  Index sweeps = 5;   ///< through all runs
  Index warm_up = 1;  ///< measurements at the beginning of a run whose errors do not count
};

namespace detail {

// Mean powers by gap of what is added to them.
class ErrorPower {
 public:
  explicit ErrorPower(const Grid& grid) : fft_(grid) {}
  void add(Index steps, const Eigen::VectorXd& error);
  // A gap that never came has the power of the next shorter one that did; the shortest ones, of the shortest that did.
  Eigen::MatrixXd mean() const;

 private:
  Fft fft_;
  Eigen::MatrixXd sum_{};  // [fields * modes x gap]
  std::vector<Index> count_{};
};

// Throws Error if a run of so many sensors cannot be trained with; returns the steps from each measurement to the next.
std::vector<Index> gaps_of(const TrainingRun& run, const WienerTraining& options, Index state, Index sensors);

// A sweep: the mean powers of the errors of forecasts by gap, where starts are the estimates at the first measurement of each
// run, sees(estimate) is what the sensors should have measured, and the gain corrects.
template <ForecastModel M, class Gain, class Sees>
Eigen::MatrixXd swept_powers(const Grid& grid, M& model, const std::vector<TrainingRun>& runs,
                             const std::vector<Eigen::VectorXd>& starts, const Sees& sees, Index sensors,
                             const Gain& gain, const WienerTraining& options) {
  ErrorPower power(grid);
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const TrainingRun& run = runs[r];
    const std::vector<Index> gaps = gaps_of(run, options, model.state_size(), sensors);
    Ensemble estimate = starts[r];
    for (std::size_t k = 1; k < run.measurements.size(); ++k) {
      const Measurement& measurement = run.measurements[k];
      model.advance(estimate, {run.measurements[k - 1].time, measurement.time});
      const auto column = static_cast<Index>(k);
      if (column >= options.warm_up) power.add(gaps[k - 1], estimate - run.truth.col(column));
      gain.after(gaps[k - 1]).analyse(estimate, 0, Ensemble(sees(estimate)), measurement);
    }
  }
  return power.mean();
}

}  // namespace detail

/// The gain that agrees with the errors that it leads to. Every sweep starts an estimate at the first measurement of each
/// run, carries it with the model to the next, corrects it by the gain of the sweep before (the first replaces), and so
/// on; the errors of the forecasts are the powers of the next sweep. For a linear model the sweeps converge to the
/// stationary Kalman gain of each mode, quadratically, because that makes the least errors.
/// Throws Error for options out of range, runs that do not fit, no error that counts, or an estimate that is not finite.
template <ForecastModel M>
WienerGain train_wiener_gain(const Grid& grid, M& model, const std::vector<TrainingRun>& runs,
                             const WienerTraining& options = {}) {
  require(options.sweeps >= 1, "a gain is trained in at least one sweep");
  require(options.warm_up >= 1, "the warm-up includes the first measurement, which starts the estimate");
  const Index state = model.state_size();
  std::vector<Eigen::VectorXd> starts;
  for (const TrainingRun& run : runs) {
    detail::gaps_of(run, options, state, state);  // there is a first measurement, of all values
    starts.push_back(run.measurements.front().values);
  }
  const auto sees = [](const Ensemble& estimate) -> const Ensemble& { return estimate; };
  WienerGain gain(grid, Eigen::RowVectorXd::Constant(state / grid.points() * grid.modes(), INFINITY));
  for (Index sweep = 0; sweep < options.sweeps; ++sweep)
    gain = WienerGain(grid, detail::swept_powers(grid, model, runs, starts, sees, state, gain, options));
  return gain;
}

}  // namespace semiflow
