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

/// What a method knows of the parameters that it estimates, [parameter] each.
struct ParameterMoments {
  Eigen::VectorXd mean{}, spread{};
};

/// What the coming analysis would do to changes of what is measured, and what it goes by.
struct GainResponse {
  std::vector<Index> used{};  ///< of the reports, by their number in the event
  Ensemble predicted{};       ///< of those, of all members [report x member], the same on every rank
  Measurement measurement{};  ///< of those
  Eigen::MatrixXd update{};   ///< K times the changes, [state x change]
};

/// A method of [assimilation] at work: forecast, compare, analyse, compare. Every call is collective.
class Cycle {
 public:
  virtual ~Cycle() = default;

  /// Moves the estimate over the window to measurement number event. Throws Error(Fault::run) if it becomes infinite.
  virtual void forecast(Interval window, Index event) = 0;
  /// At least one sensor. Throws Error(Fault::run) if the estimate has left the truth.
  virtual Departures analyse(const Sensors& sensors, const Measurement& measurement) = 0;

  /// The best estimate as it is now, the same on every rank: [state].
  virtual Eigen::VectorXd mean() = 0;
  /// It against the truth [state]. What the method does not know is NaN, and ranks may be empty.
  virtual Scores compare(const Eigen::VectorXd& truth, const ScoreOptions& options) = 0;

  /// How many events ago the state was that the method has corrected with all reports until now; none if there is none,
  /// or none yet.
  virtual std::optional<Index> smoothed_lag() const { return {}; }
  /// As compare(), of that state against the truth then.
  virtual Scores compare_smoothed(const Eigen::VectorXd&, const ScoreOptions&) { return {}; }

  /// All that the next forecast depends on.
  virtual void save(Checkpoint& checkpoint) const = 0;
  virtual void load(const Checkpoint& checkpoint) = 0;
  /// To be added to the timers in the end.
  virtual SpectralProfile profile() const = 0;
  /// What the whole run tells of the errors, by the attributes of departure_attributes.
  virtual void write_departures(ResultFile&, const std::string&) const {}
  /// This rank's share of the members; none if the method has none.
  virtual std::optional<Ensemble> members() const { return {}; }
  /// Those of all ranks that the last forecast lost, and that were replaced.
  virtual Index members_replaced() const { return 0; }
  virtual ParameterMoments parameters() { return {}; }

  /// Before analyse(), of an ensemble filter whose mean depends linearly on what is measured. changes: [report x change].
  virtual GainResponse response(const Sensors&, const Measurement&, const Eigen::MatrixXd& changes);
  /// From now on the model is that of so many discoveries, and the estimate is moved by change [state].
  virtual void correct(Index discoveries, const Eigen::VectorXd& change);
};

/// The method of the experiment with the model of so many discoveries, at the truth's time 0.
std::unique_ptr<Cycle> make_cycle(RunContext& run, Index discoveries);
/// Of an ensemble, its members dealt out to the ranks in the forecast and the rows of the state in the analysis.
std::unique_ptr<Cycle> make_ensemble_cycle(RunContext& run, Index pass);
/// Of one state and a covariance: "ekf" and "4d-var". Every rank does all of it.
std::unique_ptr<Cycle> make_estimate_cycle(RunContext& run, Index pass);

/// The iterative ensemble Kalman smoother.
std::unique_ptr<Cycle> make_smoother_cycle(RunContext& run, Index pass);

/// 0, 1, ... of a method that takes every report.
std::vector<Index> all_reports(const Measurement& measurement);

/// Calls analysis(); an Error about its input becomes that of a run whose estimate has left the truth, because the
/// inputs were checked before.
void analyse_or_diverge(const std::function<void()>& analysis, double time);

}  // namespace semiflow
