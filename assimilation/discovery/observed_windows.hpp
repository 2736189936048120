#pragma once
#include <functional>
#include <semiflow/assimilation/discovery/candidate_models.hpp>
#include <semiflow/assimilation/discovery/joint_discovery.hpp>

namespace semiflow {

/// What a filter knows at the beginning of a window, and what the sensors report within it, which the filter has not seen.
struct ObservedWindow {
  double begin = 0;
  Ensemble members;                         ///< [state x member], the analysis
  std::vector<Measurement> measurements{};  ///< in the order of their times, after begin
};

/// Reads the sensors of a measurement off states: [state x member] to [sensor x member], linear.
using SensorReading = std::function<Ensemble(const Measurement& measurement, EnsembleView members)>;

/// The problem of discover_jointly() for a record that a filter has analysed, sparse or not: unknown are the weights w of
/// the members' anomalies, x = mean + X' w / sqrt(N - 1) with w ~ N(0, I), so that the background is the filter's analysis
/// with its covariance; observed is what the sensors report next. These are innovations, d = y - H M(x), with covariance
/// H M B M' H' + R (prediction errors): unlike increments of analyses they need no gain, and no coefficient is shortened
/// by it. Windows must not overlap. A background that comes from a wrong model is biased itself: correct the model, filter
/// again, discover again.
class ObservedWindows {
 public:
  /// window gives the windows of this rank, when they are asked for. Throws Error as CandidateModels does.
  ObservedWindows(CandidateModels models, Index windows, Index members, std::function<ObservedWindow(Index)> window,
                  SensorReading reading);

  /// Refers to this object, which must stay where it is.
  JointProblem problem();

 private:
  LinearisedForecast linearise(Index window, const Eigen::VectorXd& weights);

  CandidateModels models_;
  Index windows_, members_;
  std::function<ObservedWindow(Index)> window_;
  SensorReading reading_;
};

}  // namespace semiflow
