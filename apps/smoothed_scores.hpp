#pragma once
#include "cycle.hpp"

namespace semiflow {

/// Whether the method of the experiment has them.
bool is_smoother(const Experiment& experiment);

/// Collects them. A method that is no smoother has none, and nothing is written.
class SmoothedScores {
 public:
  explicit SmoothedScores(const Experiment& experiment);

  /// After the forecast and, if there was one, the analysis of an event. Collective.
  void add(RunContext& run, Cycle& cycle);
  /// Those of the events that have come since the last call. Collective.
  void write(RunContext& run, const std::string& group);
  /// The means over the events after the burn-in, as the attributes mean_NAME.
  void write_means(RunContext& run, const std::string& group, Index burnt) const;

  void save(Checkpoint& checkpoint) const;
  void load(const Checkpoint& checkpoint);

 private:
  Eigen::MatrixXd series_{};             // [score x event], NaN where there is none yet
  Index first_unwritten_ = 0, end_ = 0;  // of the events
};

}  // namespace semiflow
