// Smoothers, as filters that also correct earlier times.
#include <cmath>
#include <semiflow/assimilation/smoothers/enks.hpp>
#include <semiflow/assimilation/smoothers/ienks.hpp>
#include <semiflow/core/collective_error.hpp>

#include "cycle.hpp"
#include "ensemble_start.hpp"
#include "filter.hpp"
#include "record.hpp"

namespace semiflow {

namespace {

// An ensemble now, whole members and rows of all, whatever it remembers.
class SmootherCycle : public Cycle {
 public:
  SmootherCycle(RunContext& run, Index pass)
      : run_(run),
        options_(*run.experiment.assimilation),
        model_(corrected_model(run, pass)),
        members_(first_members(run)),
        rows_(run.comm.members_to_rows(members_, options_.members)) {}

  void forecast(Interval window, Index event) override {
    {
      const Timers::Scope scope(run_.timers, Work::forecast);
      model_.advance(members_, window);
    }
    require_finite_members(run_, members_, event, window.end);
    const Timers::Scope scope(run_.timers, Work::communication);
    rows_ = run_.comm.members_to_rows(members_, options_.members);
  }

  Eigen::VectorXd mean() override { return run_.comm.all_rows(rows_.rowwise().mean(), model_.state_size()); }

  Scores compare(const Eigen::VectorXd& truth, const ScoreOptions& options) override {
    const Share mine = run_.comm.row_share(truth.size());
    return score(rows_, truth.segment(mine.begin, mine.size), run_.comm, options);
  }

  void save(Checkpoint& checkpoint) const override { keep(checkpoint, "ensemble", members_); }
  void load(const Checkpoint& checkpoint) override {
    members_ = checkpoint.members.at("ensemble");
    rows_ = run_.comm.members_to_rows(members_, options_.members);
  }

  SpectralProfile profile() const override { return model_.profile(); }
  const Ensemble* members() const override { return &members_; }

 protected:
  void keep(Checkpoint& checkpoint, const std::string& name, const Ensemble& my_members) const {
    checkpoint.members[name] = my_members;
    checkpoint.member_counts[name] = options_.members;
  }
  Ensemble members_of(const Ensemble& rows) const { return run_.comm.rows_to_members(rows, model_.state_size()); }
  Ensemble rows_of(const Ensemble& my_members) const { return run_.comm.members_to_rows(my_members, options_.members); }

  RunContext& run_;
  const AssimilationOptions& options_;
  Solver model_;
  Ensemble members_;  // my members now, whole
  Ensemble rows_;     // my rows of all of them
};

// What an analysis does to the ensemble in ensemble space, it does to those after the last events, too.
class FixedLag : public SmootherCycle {
 public:
  FixedLag(RunContext& run, Index pass)
      : SmootherCycle(run, pass),
        smoother_({.inflation = options_.inflation, .rotate = options_.rotate, .seed = run.experiment.seed}),
        past_{rows_} {}

  // The past grows by every event, with reports or without.
  void forecast(Interval window, Index event) override {
    if (event > 1) past_.push_back(rows_);
    if (std::ssize(past_) > options_.lag) past_.erase(past_.begin());
    event_ = event;
    SmootherCycle::forecast(window, event);
  }

  Departures analyse(const Sensors& sensors, const Measurement& measurement) override {
    const Timers::Scope scope(run_.timers, Work::analysis);
    const Ensemble predicted = run_.comm.all_members(sensors(members_), options_.members);
    run_together(run_.comm, [&] {
      analyse_or_diverge([&] { smoother_.analyse(rows_, past_, predicted, measurement); }, measurement.time);
    });
    members_ = members_of(rows_);
    return {.used = all_reports(measurement)};
  }

  SmoothedState smoothed() const override {
    if (std::ssize(past_) < options_.lag) return {};
    return {.rows = &past_.front(), .event = event_ - options_.lag};
  }

  void save(Checkpoint& checkpoint) const override {
    SmootherCycle::save(checkpoint);
    checkpoint.counters["past"] = std::ssize(past_);
    for (std::size_t i = 0; i < past_.size(); ++i) keep(checkpoint, "past_" + std::to_string(i), members_of(past_[i]));
  }
  void load(const Checkpoint& checkpoint) override {
    SmootherCycle::load(checkpoint);
    past_.clear();
    for (Index i = 0; i < checkpoint.counters.at("past"); ++i)
      past_.push_back(rows_of(checkpoint.members.at("past_" + std::to_string(i))));
  }

 private:
  Enks smoother_;
  std::vector<Ensemble> past_;  // after the last events, the oldest first: my rows of all members
  Index event_ = 0;
};

// Its memory is a window, from the beginning of which the model runs again and again.
class IteratedWindow : public SmootherCycle {
 public:
  IteratedWindow(RunContext& run, Index pass)
      : SmootherCycle(run, pass),
        smoother_(run.comm, model_,
                  {.lag = options_.lag,
                   .iteration = {.iterations = options_.iterations, .tolerance = 1e-5, .certainty = options_.certainty},
                   .inflation = options_.inflation,
                   .rotate = options_.rotate,
                   .seed = run.experiment.seed}) {
    window_.rows = rows_;
  }

  // The forecast is that of the last analysis: the same as from the beginning of the window but for the last iteration's
  // step.
  Departures analyse(const Sensors& sensors, const Measurement& measurement) override {
    const Timers::Scope scope(run_.timers, Work::analysis);
    analyse_or_diverge([&] { rows_ = smoother_.assimilate(window_, measurement, sensors).analysis; }, measurement.time);
    members_ = members_of(rows_);
    return {.used = all_reports(measurement)};
  }

  SmoothedState smoothed() const override {
    if (std::ssize(window_.measured) < options_.lag) return {};
    return {.rows = &window_.rows,
            .event = static_cast<Index>(std::lround(window_.begin / run_.experiment.observations->interval))};
  }

  void save(Checkpoint& checkpoint) const override {
    SmootherCycle::save(checkpoint);
    keep(checkpoint, "window", members_of(window_.rows));
    Eigen::VectorXd times(1 + std::ssize(window_.measured));
    times(0) = window_.begin;
    for (Index i = 1; i < times.size(); ++i) times(i) = window_.measured[static_cast<std::size_t>(i - 1)];
    checkpoint.shared["window_times"] = times;
  }
  void load(const Checkpoint& checkpoint) override {
    SmootherCycle::load(checkpoint);
    window_.rows = rows_of(checkpoint.members.at("window"));
    const Eigen::VectorXd times = checkpoint.shared.at("window_times");
    window_.begin = times(0);
    window_.measured.assign(times.begin() + 1, times.end());
  }

 private:
  Ienks<Solver> smoother_;
  SmoothingWindow window_{};
};

}  // namespace

std::unique_ptr<Cycle> make_smoother_cycle(RunContext& run, Index pass) {
  if (run.experiment.assimilation->method->name == std::string_view("enks"))
    return std::make_unique<FixedLag>(run, pass);
  return std::make_unique<IteratedWindow>(run, pass);
}

}  // namespace semiflow
