// What a user gets without a filter: the climatology as the estimate, and optimal interpolation.
#include <cmath>
#include <semiflow/assimilation/baselines.hpp>
#include <semiflow/assimilation/kalman.hpp>
#include <semiflow/core/error.hpp>

#include "run.hpp"
#include "schedule.hpp"

namespace semiflow {

Eigen::MatrixXd truth_after_burn_in(RunContext& run) {
  const Index burnt = run.experiment.events_until(run.experiment.assimilation->burn_in);
  return run.file.read("/truth/u", burnt + 1, run.experiment.events() - burnt);
}

namespace {

// From a run of the truth's model that goes on where the truth ends, so that the baselines are not fitted to the
// states that they are scored on. A truth from a file has no model: its record has to do.
Climatology climatology(RunContext& run) {
  const Experiment& e = run.experiment;
  if (e.truth.source) return sample_moments(truth_after_burn_in(run));
  Solver model(e.truth.model);
  Ensemble u = run.file.read("/truth/u", e.events(), 1);
  Eigen::MatrixXd states(u.rows(), baseline_samples(e));
  for (Index i = 0; i < states.cols(); ++i) {
    model.advance(u, {0, e.observations->interval});
    states.col(i) = u;
  }
  if (!states.allFinite()) throw Error(Fault::run, "climatology", "the state is not finite", "take a smaller truth.dt");
  return sample_moments(states);
}

}  // namespace

void baseline_stage(RunContext& run) {
  const Experiment& e = run.experiment;
  const Timers::Scope scope(run.timers, Work::diagnostics);
  const Index burnt = e.events_until(e.assimilation->burn_in), counted = e.events() - burnt;
  const Eigen::MatrixXd truth = run.file.read("/truth/u", 1, e.events());
  const Climatology background = climatology(run);
  const std::vector<Index>& rows = e.observations->rows;
  Eigen::MatrixXd H = Eigen::MatrixXd::Zero(static_cast<Index>(rows.size()), truth.rows());
  for (Index i = 0; i < H.rows(); ++i) H(i, rows[static_cast<std::size_t>(i)]) = 1;
  const OptimalInterpolation interpolation(background, H, e.error_variance());
  const Eigen::MatrixXd values = run.file.read("/observations/value", 0, e.events());
  double climatology_sum = 0, interpolation_sum = 0;
  Eigen::MatrixXd rmse(1, e.events());
  for (Index k = 0; k < e.events(); ++k) {
    rmse(0, k) = rms(interpolation.analysis(values.col(k)) - truth.col(k));
    if (k < burnt) continue;
    interpolation_sum += rmse(0, k);
    climatology_sum += rms(truth.col(k) - background.mean);
  }
  run.file.write("/optimal_interpolation/rmse_analysis", 0, rmse);
  run.file.set_attribute("/optimal_interpolation", "mean_rmse_analysis",
                         interpolation_sum / static_cast<double>(counted));
  run.file.set_attribute("/climatology", "mean_rmse", climatology_sum / static_cast<double>(counted));
}

}  // namespace semiflow
