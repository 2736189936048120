// What a user gets without a filter: the climatology as the estimate, and optimal interpolation.
#include <cmath>
#include <optional>
#include <semiflow/core/error.hpp>

#include "climatology.hpp"
#include "initial_state.hpp"
#include "record.hpp"
#include "schedule.hpp"
#include "sensors.hpp"
#include "truth_model.hpp"

namespace semiflow {

Eigen::MatrixXd truth_after_burn_in(RunContext& run) {
  const Index burnt = run.experiment.events_until(run.experiment.assimilation->burn_in);
  return read_truth(run, burnt + 1, run.experiment.events() - burnt);
}

Ensemble free_run(RunContext& run, double interval, Index states) {
  const Experiment& e = run.experiment;
  TruthModel model(e.truth, e.seed, Execution());
  Ensemble u = model.start(read_truth(run, e.events(), 1)), all(model.field_size(), states);
  const double end = static_cast<double>(e.events()) * e.observations->interval;
  for (Index i = 0; i < states; ++i) {
    // Random forcing depends on the time, and goes on.
    const double time = end + static_cast<double>(i) * interval;
    model.advance(u, {time, time + interval});
    all.col(i) = u.topRows(model.field_size());
  }
  if (!all.allFinite()) throw Error(Fault::run, "climatology", "the state is not finite", "take a smaller truth.dt");
  return all;
}

std::vector<Ensemble> training_truths(RunContext& run, Index count) {
  const Experiment& e = run.experiment;
  const double interval = e.observations->interval;
  std::vector<Ensemble> truths;
  if (!e.assimilation->drawn_training) {
    const Ensemble all = free_run(run, interval, count * e.events());
    for (Index i = 0; i < count; ++i) truths.emplace_back(all.middleCols(i * e.events(), e.events()));
    return truths;
  }
  for (Index i = 0; i < count; ++i) {
    // Seeds of their own, beyond those of the sets of a surrogate's data.
    const std::uint64_t seed = e.seed + 3 * 0x9E3779B97F4A7C15;
    const auto draw = static_cast<std::uint64_t>(1 + i);
    TruthModel model(e.truth, seed + static_cast<std::uint64_t>(i), Execution());
    Ensemble u = model.start(initial_state(e.truth.initial, e.truth.model, seed, draw)),
             all(model.field_size(), e.events());
    model.advance(u, {-e.truth.spin_up, 0});
    for (Index k = 0; k < e.events(); ++k) {
      model.advance(u, {static_cast<double>(k) * interval, static_cast<double>(k + 1) * interval});
      all.col(k) = u.topRows(model.field_size());
    }
    if (!all.allFinite())
      throw Error(Fault::run, "training run " + std::to_string(i + 1) + " of the gain", "the state is not finite",
                  "take a smaller truth.dt");
    truths.push_back(std::move(all));
  }
  return truths;
}

Climatology climatology(RunContext& run) {
  const Experiment& e = run.experiment;
  if (e.truth.source) return sample_moments(truth_after_burn_in(run));
  return sample_moments(free_run(run, e.observations->interval, baseline_samples(e)));
}

Eigen::MatrixXd background_covariance(RunContext& run) {
  const AssimilationOptions& a = *run.experiment.assimilation;
  const Index n = run.experiment.model.state_size();
  if (a.white_background) return a.background_scale * Eigen::MatrixXd::Identity(n, n);
  return a.background_scale * climatology(run).covariance;
}

namespace {

// Optimal interpolation of whatever sensors report; made anew only when they change.
class Interpolation {
 public:
  Interpolation(const Experiment& e, const Climatology& background) : network_(e), background_(background) {}

  // values: of all sensors, NaN where one does not report.
  Eigen::VectorXd analysis(Index event, const Eigen::VectorXd& values) {
    std::vector<Index> reporting;
    for (Index j = 0; j < values.size(); ++j)
      if (!std::isnan(values(j))) reporting.push_back(j);
    if (reporting.empty()) return background_.mean;
    const auto [sensors, measurement] = network_.reports(event, values);
    if (!solver_ || network_.moves() || reporting != reporting_) {
      reporting_ = reporting;
      const Index n = background_.mean.size();
      const Eigen::MatrixXd H = sensors.tangent(background_.mean, Eigen::MatrixXd::Identity(n, n));
      solver_.emplace(background_, H, measurement.error_variance);
      // What sensors that are not linear read beside H mean.
      offset_ = Eigen::VectorXd(sensors(background_.mean)) - H * background_.mean;
    }
    return solver_->analysis(measurement.values - offset_);
  }

 private:
  SensorNetwork network_;
  const Climatology& background_;
  std::optional<OptimalInterpolation> solver_{};
  std::vector<Index> reporting_{};
  Eigen::VectorXd offset_{};
};

}  // namespace

void baseline_stage(RunContext& run) {
  const Experiment& e = run.experiment;
  const Timers::Scope scope(run.timers, Work::diagnostics);
  const Index burnt = e.events_until(e.assimilation->burn_in), counted = e.events() - burnt;
  const Eigen::MatrixXd truth = read_truth(run, 1, e.events());
  const Climatology background = climatology(run);
  Interpolation interpolation(e, background);
  const Eigen::MatrixXd values = run.file.read("/observations/value", 0, e.events());
  double climatology_sum = 0, interpolation_sum = 0;
  Eigen::MatrixXd rmse(1, e.events());
  for (Index k = 0; k < e.events(); ++k) {
    rmse(0, k) = rms(interpolation.analysis(k + 1, values.col(k)) - truth.col(k));
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
