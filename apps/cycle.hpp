#pragma once
#include <memory>
#include <optional>
#include <semiflow/assimilation/scores.hpp>

#include "run.hpp"
#include "sensors.hpp"

namespace semiflow {

/// What a method makes of the reports of an event before it uses them.
struct Departures {
  std::vector<Index> used;            ///< of the reports, by their number in the event
  double chi_squared = std::nan("");  ///< InnovationStatistics
  double signal_degrees_of_freedom = std::nan("");
  double variance_factor = std::nan("");
};

/// A method of [assimilation] at work: forecast, compare, analyse, compare. Every call is collective.
class Cycle {
 public:
  virtual ~Cycle() = default;

  /// Moves the estimate over the window to measurement number event. Throws Error(Fault::run) if it becomes infinite.
  virtual void forecast(Interval window, Index event) = 0;
  /// How many members the last forecast had to replace because they were not finite.
  virtual Index replaced() const { return 0; }
  /// At least one sensor. Throws Error(Fault::run) if the estimate has left the truth.
  virtual Departures analyse(const Sensors& sensors, const Measurement& measurement) = 0;

  /// The best estimate as it is now, the same on every rank: [state].
  virtual Eigen::VectorXd mean() = 0;
  /// It against the truth [state]. What the method does not know is NaN, and ranks may be empty.
  virtual Scores compare(const Eigen::VectorXd& truth, const ScoreOptions& options) = 0;

  /// Of a smoother: the event, from 0, whose state knows of the reports of the whole lag after it and will not change any
  /// more; empty as long as there is none.
  virtual std::optional<Index> smoothed_event() const { return {}; }
  /// That state against the truth of its time [state]: rmse and spread.
  virtual Scores compare_smoothed(const Eigen::VectorXd&) { return {}; }

  /// All that the next forecast depends on.
  virtual void save(Checkpoint& checkpoint) const = 0;
  virtual void load(const Checkpoint& checkpoint) = 0;
  /// To be added to the timers in the end.
  virtual SpectralProfile profile() const = 0;
  /// What the whole run tells of the errors, by the attributes of departure_attributes.
  virtual void write_departures(ResultFile&, const std::string&) const {}
  /// Parameters of the model that are estimated, of all members on every rank: [parameter x member]; null if there are none.
  virtual const Ensemble* parameters() const { return nullptr; }
  /// This rank's share of the members; null if the method has none.
  virtual const Ensemble* members() const { return nullptr; }
};

/// The method of the experiment with the model of so many passes of discovery, at the truth's time 0.
std::unique_ptr<Cycle> make_cycle(RunContext& run, Index pass);
/// Of an ensemble, its members dealt out to the ranks in the forecast and the rows of the state in the analysis.
std::unique_ptr<Cycle> make_ensemble_cycle(RunContext& run, Index pass);
/// Of one state and, if the method has one, a covariance: "ekf", "4d-var", ... Every rank does all of it.
std::unique_ptr<Cycle> make_estimate_cycle(RunContext& run, Index pass);

/// The smoothers of an ensemble: "ienks", "enks", ...
std::unique_ptr<Cycle> make_smoother_cycle(RunContext& run, Index pass);

/// 0, 1, ... of a method that takes every report.
std::vector<Index> all_reports(const Measurement& measurement);

/// Calls analysis(); an Error about its input becomes that of a run whose estimate has left the truth, because the
/// inputs were checked before.
void analyse_or_diverge(const std::function<void()>& analysis, double time);

}  // namespace semiflow
