// Smoothers as filters whose memory is a window: what they make of the state at its beginning is scored, too.
#include <cmath>
#include <semiflow/assimilation/smoothers/enks.hpp>
#include <semiflow/assimilation/smoothers/enrts.hpp>
#include <semiflow/assimilation/smoothers/ienks.hpp>
#include <semiflow/core/collective_error.hpp>
#include <semiflow/core/error.hpp>

#include "filter.hpp"
#include "member_cycle.hpp"

namespace semiflow {

namespace {

// The iterative smoother: its ensemble is that at the beginning of the window. The forecast is that of the last
// analysis: the same as from the beginning of the window but for the last iteration's step.
class IterativeSmoother : public MemberCycle {
 public:
  IterativeSmoother(RunContext& run, Index pass)
      : MemberCycle(run, pass),
        smoother_(run.comm, model_,
                  {.lag = options_.lag,
                   .iteration = {.iterations = options_.iterations, .tolerance = 1e-5, .certainty = options_.certainty},
                   .inflation = options_.inflation,
                   .rotate = options_.rotate,
                   .seed = run.experiment.seed}) {
    window_.rows = to_rows(members_);
    rows_ = window_.rows;
  }

  Departures analyse(const Sensors& sensors, const Measurement& measurement) override {
    const Timers::Scope scope(run_.timers, Work::analysis);
    analyse_or_diverge([&] { rows_ = smoother_.assimilate(window_, measurement, sensors).analysis; }, measurement.time);
    members_ = to_members(rows_);
    return {.used = all_reports(measurement)};
  }

  std::optional<Index> smoothed_event() const override {
    if (std::ssize(window_.measured) < options_.lag) return {};
    return std::llround(window_.begin / run_.experiment.observations->interval);
  }
  Scores compare_smoothed(const Eigen::VectorXd& truth) override {
    return compare_rows(window_.rows, truth, {.crps = false, .ranks = false});
  }

  void save(Checkpoint& checkpoint) const override {
    MemberCycle::save(checkpoint);
    keep(checkpoint, "window", to_members(window_.rows));
    Eigen::VectorXd times(1 + std::ssize(window_.measured));
    times(0) = window_.begin;
    for (Index i = 1; i < times.size(); ++i) times(i) = window_.measured[static_cast<std::size_t>(i - 1)];
    checkpoint.shared["window_times"] = times;
  }
  void load(const Checkpoint& checkpoint) override {
    MemberCycle::load(checkpoint);
    window_.rows = to_rows(checkpoint.members.at("window"));
    const Eigen::VectorXd times = checkpoint.shared.at("window_times");
    window_.begin = times(0);
    window_.measured.assign(times.begin() + 1, times.end());
  }

 private:
  Ienks<Solver> smoother_;
  SmoothingWindow window_{};
};

// An ETKF that keeps its last states. The ensemble Kalman smoother corrects them along with the present; that of Rauch,
// Tung and Striebel keeps their forecasts, too, and goes back from each analysis.
class LaggedSmoother : public MemberCycle {
 public:
  LaggedSmoother(RunContext& run, Index pass)
      : MemberCycle(run, pass),
        backward_(options_.method->name == std::string_view("enrts")),
        scheme_({.inflation = options_.inflation, .rotate = options_.rotate, .seed = run.experiment.seed}) {
    rows_ = to_rows(members_);
  }

  void forecast(Interval window, Index event) override {
    past_.push_back(rows_);
    MemberCycle::forecast(window, event);
    if (backward_) forecasts_.push_back(rows_);
    if (std::ssize(past_) > options_.lag) {
      past_.erase(past_.begin());
      if (backward_) forecasts_.erase(forecasts_.begin());
    }
    event_ = event;
  }

  Departures analyse(const Sensors& sensors, const Measurement& measurement) override {
    const Timers::Scope scope(run_.timers, Work::analysis);
    const Ensemble predicted = run_.comm.all_members(sensors(members_), options_.members);
    const std::span<Ensemble> corrected = backward_ ? std::span<Ensemble>() : std::span(past_);
    analyse_or_diverge(
        [&] { run_together(run_.comm, [&] { scheme_.analyse(rows_, corrected, predicted, measurement); }); },
        measurement.time);
    members_ = to_members(rows_);
    return {.used = all_reports(measurement)};
  }

  std::optional<Index> smoothed_event() const override {
    if (std::ssize(past_) < options_.lag) return {};
    return event_ - options_.lag;
  }
  Scores compare_smoothed(const Eigen::VectorXd& truth) override {
    const ScoreOptions options{.crps = false, .ranks = false};
    if (!backward_) return compare_rows(past_.front(), truth, options);
    Ensemble smoothed = rows_;
    for (std::size_t k = past_.size(); k-- > 0;) {
      const Eigen::MatrixXd weights = enrts_weights(run_.comm, forecasts_[k], smoothed);
      smoothed = past_[k];
      run_together(run_.comm, [&] { apply_weights(smoothed, weights); });
    }
    return compare_rows(smoothed, truth, options);
  }

  void save(Checkpoint& checkpoint) const override {
    MemberCycle::save(checkpoint);
    checkpoint.counters["event"] = event_;
    checkpoint.counters["past"] = std::ssize(past_);
    for (std::size_t k = 0; k < past_.size(); ++k) {
      keep(checkpoint, past_name(k), to_members(past_[k]));
      if (backward_) keep(checkpoint, forecast_name(k), to_members(forecasts_[k]));
    }
  }
  void load(const Checkpoint& checkpoint) override {
    MemberCycle::load(checkpoint);
    rows_ = to_rows(members_);
    event_ = checkpoint.counters.at("event");
    past_.clear();
    forecasts_.clear();
    const auto count = static_cast<std::size_t>(checkpoint.counters.at("past"));
    for (std::size_t k = 0; k < count; ++k) {
      past_.push_back(to_rows(checkpoint.members.at(past_name(k))));
      if (backward_) forecasts_.push_back(to_rows(checkpoint.members.at(forecast_name(k))));
    }
  }

 private:
  static std::string past_name(std::size_t k) { return "past_" + std::to_string(k); }
  static std::string forecast_name(std::size_t k) { return "forecast_" + std::to_string(k); }

  bool backward_;
  Enks scheme_;
  std::vector<Ensemble> past_{};       // my rows at the last events, the oldest first
  std::vector<Ensemble> forecasts_{};  // for the events after those, from the rows as they were analysed then
  Index event_ = 0;                    // of the last forecast
};

}  // namespace

std::unique_ptr<Cycle> make_smoother_cycle(RunContext& run, Index pass) {
  if (run.experiment.assimilation->method->takes("iterations")) return std::make_unique<IterativeSmoother>(run, pass);
  return std::make_unique<LaggedSmoother>(run, pass);
}

}  // namespace semiflow
