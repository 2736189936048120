// Methods that carry one state: the extended Kalman filter and 4D-Var.
#include <deque>
#include <numbers>
#include <semiflow/assimilation/extended_kalman.hpp>
#include <semiflow/assimilation/variational.hpp>
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

}  // namespace

std::unique_ptr<Cycle> make_estimate_cycle(RunContext& run, Index pass) {
  if (run.experiment.assimilation->method->kind == FilterKind::extended_kalman)
    return std::make_unique<ExtendedKalman>(run, pass);
  return std::make_unique<SlidingWindow>(run, pass);
}

}  // namespace semiflow
