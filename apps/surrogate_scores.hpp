#pragma once
#include "run.hpp"

namespace semiflow {

/// What forecasts beside the surrogate: anything that moves states through a window, and may throw Error(Fault::run) for
/// states that it has lost.
struct Forecaster {
  std::string name;
  std::function<void(EnsembleRef, Interval)> advance;  ///< empty: it is not there, and its scores are NaN
};

/// Of forecasts for the test trajectories. A forecast that is lost has no error but NaN, and so has a mean with it.
struct ForecastScores {
  double relative_mean_square = std::nan("");  ///< |p - t|^2 / |t|^2 of one step, mean over all frames
  double relative_l2 = std::nan("");           ///< |p - t| / |t|
  Eigen::VectorXd rollout{};               ///< |p - t| / |t| of forecasts from the first frames, by lead from 1 step
  double valid_time = std::nan("");        ///< until that exceeds 0.4; the longest lead if it never does
  double mean_drift = std::nan("");        ///< largest change of the mean of a field at the longest lead
  double seconds_per_step = std::nan("");  ///< of a time step of a state
};
ForecastScores forecast_scores(RunContext& run, const Forecaster& forecaster, const std::vector<Eigen::MatrixXd>& test);

/// Of a long run from every test trajectory's last frame.
struct ClimateScores {
  Eigen::VectorXd spectrum{};     ///< of the mean square, all fields together: [shell]; NaN if a run was lost
  double lost_at = std::nan("");  ///< when the first run was lost; NaN if none was
};
ClimateScores climate_scores(RunContext& run, const Forecaster& forecaster, const std::vector<Eigen::MatrixXd>& test);
/// The largest relative deviation of a spectrum over the shells that have at least a hundredth of the largest of the reference.
double spectrum_deviation(const Eigen::VectorXd& spectrum, const Eigen::VectorXd& reference);

/// |p - t|^2 / |t|^2 of a step of another length, mean over the frames of the test trajectories but the last.
double error_of_step(RunContext& run, LearnedModel& surrogate, double length, const std::vector<Eigen::MatrixXd>& test);
/// Relative L2 error of one step from the first frames of the test trajectories, on another grid: [its points along x].
double error_at_resolution(RunContext& run, const Eigen::MatrixXd& weights, Index points,
                           const std::vector<Eigen::MatrixXd>& test);

}  // namespace semiflow
