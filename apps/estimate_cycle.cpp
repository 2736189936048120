// Methods that carry one state: the extended Kalman filter and 4D-Var.
#include <deque>
#include <numbers>
#include <semiflow/assimilation/extended_kalman.hpp>
#include <semiflow/assimilation/weak_constraint.hpp>
#include <semiflow/core/error.hpp>

#include "climatology.hpp"
#include "cycle.hpp"
#include "filter.hpp"
#include "record.hpp"

namespace semiflow {

namespace {

// The continuous ranked probability score of a normal distribution (Gneiting et al. 2005, Eq. 5), mean over the state.
double gaussian_crps(const Gaussian& estimate, const Eigen::VectorXd& truth) {
  double sum = 0;
  for (Index i = 0; i < truth.size(); ++i) {
    const double deviation = std::sqrt(estimate.covariance(i, i)), error = truth(i) - estimate.mean(i);
    if (deviation == 0) {
      sum += std::abs(error);
      continue;
    }
    const double z = error / deviation;
    const double density = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
    sum += deviation * (z * std::erf(z / std::numbers::sqrt2) + 2 * density - 1 / std::sqrt(std::numbers::pi));
  }
  return sum / static_cast<double>(truth.size());
}

// A mean with a covariance, which may be empty where the method has none.
class EstimateCycle : public Cycle {
 public:
  EstimateCycle(RunContext& run, Index pass) : run_(run), model_(corrected_model(run, pass)) {
    estimate_.mean = read_truth(run, 0, 1);
  }

  Eigen::VectorXd mean() override { return estimate_.mean; }

  Scores compare(const Eigen::VectorXd& truth, const ScoreOptions& options) override {
    Scores scores;
    scores.rmse = rms(estimate_.mean - truth);
    if (!std::isfinite(scores.rmse)) throw Error(Fault::run, "scores", "the estimate is not finite");
    if (estimate_.covariance.size() == 0) {
      scores.spread = scores.crps = std::nan("");
      return scores;
    }
    scores.spread = std::sqrt(estimate_.covariance.diagonal().mean());
    if (options.crps) scores.crps = gaussian_crps(estimate_, truth);
    return scores;
  }

  SpectralProfile profile() const override { return model_.profile(); }

 protected:
  void require_finite(Index event, double time) const {
    if (!estimate_.mean.allFinite() || !estimate_.covariance.allFinite())
      throw Error(Fault::run, "cycle " + std::to_string(event) + ", time " + std::to_string(time),
                  "the forecast is not finite", "take a smaller model.dt, or less inflation");
  }

  RunContext& run_;
  Solver model_;
  Gaussian estimate_{};
};

class ExtendedKalman : public EstimateCycle {
 public:
  ExtendedKalman(RunContext& run, Index pass) : EstimateCycle(run, pass) {
    const double std = run.experiment.assimilation->initial_std;
    estimate_.mean += std * standard_normal(estimate_.mean.size(), {run.experiment.seed, member_perturbation, 0});
    estimate_.covariance = std * std * Eigen::MatrixXd::Identity(estimate_.mean.size(), estimate_.mean.size());
  }

  void forecast(Interval window, Index event) override {
    const Timers::Scope scope(run_.timers, Work::forecast);
    extended_kalman_forecast(estimate_, model_, window);
    const double inflation = run_.experiment.assimilation->inflation.prior_std;
    estimate_.covariance *= inflation * inflation;
    require_finite(event, window.end);
  }

  Departures analyse(const Sensors& sensors, const Measurement& measurement) override {
    const Timers::Scope scope(run_.timers, Work::analysis);
    const Index n = estimate_.mean.size();
    const Eigen::MatrixXd H = sensors.tangent(estimate_.mean, Eigen::MatrixXd::Identity(n, n));
    // H x + (y - h(x)) takes the place of y where the sensors are not linear.
    Measurement linear = measurement;
    linear.values += H * estimate_.mean - Eigen::VectorXd(sensors(estimate_.mean));
    analyse_or_diverge([&] { estimate_ = kalman_update(estimate_, H, linear); }, measurement.time);
    return {.used = all_reports(measurement)};
  }

  void save(Checkpoint& checkpoint) const override {
    checkpoint.shared["mean"] = estimate_.mean;
    checkpoint.shared["covariance"] = estimate_.covariance;
  }
  void load(const Checkpoint& checkpoint) override {
    estimate_.mean = checkpoint.shared.at("mean");
    estimate_.covariance = checkpoint.shared.at("covariance");
  }
};

// A window of the last events whose beginning is estimated anew from each measurement, with the estimate from those
// before as the background and a covariance that stays (DAPPER's Var4D). The estimate now is the forecast from there.
class SlidingWindow : public EstimateCycle {
 public:
  SlidingWindow(RunContext& run, Index pass) : EstimateCycle(run, pass) {
    const AssimilationOptions& a = *run.experiment.assimilation;
    root_ = covariance_root(background_covariance(run));
    estimate_.mean +=
        a.initial_std * standard_normal(estimate_.mean.size(), {run.experiment.seed, member_perturbation, 0});
    begin_ = estimate_.mean;
  }

  void forecast(Interval window, Index event) override {
    const Timers::Scope scope(run_.timers, Work::forecast);
    windows_.push_back(window);
    if (std::ssize(windows_) > run_.experiment.assimilation->lag) {
      Ensemble moved = begin_;
      model_.advance(moved, windows_.front());
      begin_ = moved;
      windows_.pop_front();
    }
    move_estimate();
    require_finite(event, window.end);
  }

  Departures analyse(const Sensors& sensors, const Measurement& measurement) override {
    {
      const Timers::Scope scope(run_.timers, Work::analysis);
      const std::vector<ObservationEvent<Sensors>> events{{.observe = sensors, .measurement = measurement}};
      analyse_or_diverge(
          [&] {
            begin_ =
                four_d_var(Background{.mean = begin_, .root = root_}, model_, windows_.front().begin, events).state;
          },
          measurement.time);
    }
    const Timers::Scope scope(run_.timers, Work::forecast);
    move_estimate();
    return {.used = all_reports(measurement)};
  }

  std::optional<Index> smoothed_event() const override {
    if (std::ssize(windows_) < run_.experiment.assimilation->lag) return {};
    return std::llround(windows_.front().begin / run_.experiment.observations->interval);
  }
  Scores compare_smoothed(const Eigen::VectorXd& truth) override {
    return {.rmse = rms(begin_ - truth), .spread = std::nan(""), .rank_counts = {}};
  }

  void save(Checkpoint& checkpoint) const override {
    checkpoint.shared["begin"] = begin_;
    Eigen::MatrixXd times(2, std::ssize(windows_));
    for (Index i = 0; i < times.cols(); ++i)
      times.col(i) << windows_[static_cast<std::size_t>(i)].begin, windows_[static_cast<std::size_t>(i)].end;
    checkpoint.shared["windows"] = times;
  }
  void load(const Checkpoint& checkpoint) override {
    begin_ = checkpoint.shared.at("begin");
    windows_.clear();
    const Eigen::MatrixXd& times = checkpoint.shared.at("windows");
    for (Index i = 0; i < times.cols(); ++i) windows_.push_back({times(0, i), times(1, i)});
  }

 private:
  void move_estimate() {
    Ensemble moved = begin_;
    for (const Interval& window : windows_) model_.advance(moved, window);
    estimate_.mean = moved;
  }

  Eigen::MatrixXd root_;
  std::deque<Interval> windows_{};  // from the beginning to now
  Eigen::VectorXd begin_;
};

// Weak-constraint 4D-Var over the last intervals: all of their reports again, with the estimate at their beginning from
// the reports up to there as the background and a covariance that stays, and with the errors of the model as controls.
class WeakWindow : public EstimateCycle {
 public:
  WeakWindow(RunContext& run, Index pass)
      : EstimateCycle(run, pass),
        options_(*run.experiment.assimilation),
        network_(run.experiment),
        root_(covariance_root(background_covariance(run))),
        error_root_(options_.model_error_std * Eigen::MatrixXd::Identity(root_.rows(), root_.rows())) {
    estimate_.mean +=
        options_.initial_std * standard_normal(root_.rows(), {run.experiment.seed, member_perturbation, 0});
  }

  void forecast(Interval window, Index event) override {
    const Timers::Scope scope(run_.timers, Work::forecast);
    starts_.push_back(estimate_.mean);
    reports_.push_back(network_.reports(event, Eigen::VectorXd::Constant(network_.size(), std::nan(""))));
    if (std::ssize(starts_) > options_.lag) {
      starts_.pop_front();
      reports_.pop_front();
    }
    smoothed_.resize(0);
    Ensemble moved = estimate_.mean;
    model_.advance(moved, window);
    estimate_.mean = moved;
    require_finite(event, window.end);
  }

  Departures analyse(const Sensors& sensors, const Measurement& measurement) override {
    const Timers::Scope scope(run_.timers, Work::analysis);
    reports_.back() = {.sensors = sensors, .measurement = measurement};
    std::vector<ObservationEvent<Sensors>> events;
    for (const auto& [observe, of_event] : reports_) events.push_back({.observe = observe, .measurement = of_event});
    analyse_or_diverge(
        [&] {
          const double begin = reports_.front().measurement.time - run_.experiment.observations->interval;
          const WeakConstraintAnalysis found =
              weak_four_d_var(Background{.mean = starts_.front(), .root = root_}, error_root_, model_, begin, events);
          estimate_.mean = found.states.rightCols(1);
          smoothed_ = found.state;
        },
        measurement.time);
    return {.used = all_reports(measurement)};
  }

  std::optional<Index> smoothed_event() const override {
    if (std::ssize(starts_) < options_.lag || smoothed_.size() == 0) return {};
    return static_cast<Index>(reports_.front().measurement.event) - 1;
  }
  Scores compare_smoothed(const Eigen::VectorXd& truth) override {
    return {.rmse = rms(smoothed_ - truth), .spread = std::nan(""), .rank_counts = {}};
  }

  void save(Checkpoint& checkpoint) const override {
    checkpoint.shared["mean"] = estimate_.mean;
    Eigen::MatrixXd starts(root_.rows(), std::ssize(starts_));
    for (Index i = 0; i < starts.cols(); ++i) starts.col(i) = starts_[static_cast<std::size_t>(i)];
    checkpoint.shared["starts"] = starts;
    if (!reports_.empty())
      checkpoint.counters["first_event"] = static_cast<std::int64_t>(reports_.front().measurement.event);
  }
  void load(const Checkpoint& checkpoint) override {
    estimate_.mean = checkpoint.shared.at("mean");
    const Eigen::MatrixXd& starts = checkpoint.shared.at("starts");
    for (Index i = 0; i < starts.cols(); ++i) {
      starts_.emplace_back(starts.col(i));
      const Index event = checkpoint.counters.at("first_event") + i;
      reports_.push_back(network_.reports(event, run_.file.read("/observations/value", event - 1, 1)));
    }
  }

 private:
  const AssimilationOptions& options_;
  SensorNetwork network_;
  Eigen::MatrixXd root_, error_root_;
  std::deque<Eigen::VectorXd> starts_{};  // the estimate before each interval of the window, as it was then
  std::deque<Reports> reports_{};         // at the end of each
  Eigen::VectorXd smoothed_{};            // at the beginning of the window; empty without an analysis
};

}  // namespace

std::unique_ptr<Cycle> make_estimate_cycle(RunContext& run, Index pass) {
  if (run.experiment.assimilation->method->kind == FilterKind::extended_kalman)
    return std::make_unique<ExtendedKalman>(run, pass);
  if (run.experiment.assimilation->method->takes("model_error_std")) return std::make_unique<WeakWindow>(run, pass);
  return std::make_unique<SlidingWindow>(run, pass);
}

}  // namespace semiflow
