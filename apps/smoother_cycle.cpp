// The iterative ensemble Kalman smoother, as a filter whose memory is a window.
#include <cmath>
#include <semiflow/assimilation/smoothers/ienks.hpp>
#include <semiflow/core/error.hpp>

#include "cycle.hpp"
#include "ensemble_start.hpp"
#include "record.hpp"

namespace semiflow {

namespace {

class SmootherCycle : public Cycle {
 public:
  SmootherCycle(RunContext& run, Index pass)
      : run_(run),
        options_(*run.experiment.assimilation),
        model_(corrected_model(run, pass)),
        smoother_(run.comm, model_,
                  {.lag = options_.lag,
                   .iteration = {.iterations = options_.iterations, .tolerance = 1e-5, .certainty = options_.certainty},
                   .inflation = options_.inflation,
                   .rotate = options_.rotate,
                   .seed = run.experiment.seed}),
        members_(first_members(run)) {
    window_.rows = run.comm.members_to_rows(members_, options_.members);
    rows_ = window_.rows;
  }

  // Of the last analysis: the same as from the beginning of the window but for the last iteration's step.
  void forecast(Interval window, Index event) override {
    {
      const Timers::Scope scope(run_.timers, Work::forecast);
      model_.advance(members_, window);
    }
    require_finite_members(run_, members_, event, window.end);
    event_ = event;
    const Timers::Scope scope(run_.timers, Work::communication);
    rows_ = run_.comm.members_to_rows(members_, options_.members);
  }

  Departures analyse(const Sensors& sensors, const Measurement& measurement) override {
    const Timers::Scope scope(run_.timers, Work::analysis);
    analyse_or_diverge([&] { rows_ = smoother_.assimilate(window_, measurement, sensors).analysis; }, measurement.time);
    members_ = run_.comm.rows_to_members(rows_, model_.state_size());
    return {.used = all_reports(measurement)};
  }

  Eigen::VectorXd mean() override { return run_.comm.all_rows(rows_.rowwise().mean(), model_.state_size()); }

  Scores compare(const Eigen::VectorXd& truth, const ScoreOptions& options) override {
    const Share mine = run_.comm.row_share(truth.size());
    return score(rows_, truth.segment(mine.begin, mine.size), run_.comm, options);
  }

  // The beginning of a window that has as many measurements as it takes.
  std::optional<Index> smoothed_lag() const override {
    if (std::ssize(window_.measured) < options_.lag) return {};
    return event_ - std::lround(window_.begin / run_.experiment.observations->interval);
  }
  Scores compare_smoothed(const Eigen::VectorXd& truth, const ScoreOptions& options) override {
    const Share mine = run_.comm.row_share(truth.size());
    return score(window_.rows, truth.segment(mine.begin, mine.size), run_.comm, options);
  }

  void save(Checkpoint& checkpoint) const override {
    const auto keep = [&](const char* name, const Ensemble& members) {
      checkpoint.members[name] = members;
      checkpoint.member_counts[name] = options_.members;
    };
    keep("ensemble", members_);
    keep("window", run_.comm.rows_to_members(window_.rows, model_.state_size()));
    Eigen::VectorXd times(1 + std::ssize(window_.measured));
    times(0) = window_.begin;
    for (Index i = 1; i < times.size(); ++i) times(i) = window_.measured[static_cast<std::size_t>(i - 1)];
    checkpoint.shared["window_times"] = times;
  }
  void load(const Checkpoint& checkpoint) override {
    members_ = checkpoint.members.at("ensemble");
    window_.rows = run_.comm.members_to_rows(checkpoint.members.at("window"), options_.members);
    const Eigen::VectorXd times = checkpoint.shared.at("window_times");
    window_.begin = times(0);
    window_.measured.assign(times.begin() + 1, times.end());
  }

  SpectralProfile profile() const override { return model_.profile(); }
  std::optional<Ensemble> members() const override { return members_; }

 private:
  RunContext& run_;
  const AssimilationOptions& options_;
  Solver model_;
  Ienks<Solver> smoother_;
  SmoothingWindow window_{};
  Ensemble members_;  // my members now, whole
  Ensemble rows_{};   // my rows of all of them
  Index event_ = 0;   // of the last forecast
};

}  // namespace

std::unique_ptr<Cycle> make_smoother_cycle(RunContext& run, Index pass) {
  return std::make_unique<SmootherCycle>(run, pass);
}

}  // namespace semiflow
