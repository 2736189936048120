#pragma once
#include <semiflow/assimilation/discovery/innovation_discovery.hpp>
#include <semiflow/pde/term_sum.hpp>

#include "cycle.hpp"

namespace semiflow {

/// Discovery within the cycle of a filter: what its innovations say of the terms that the model lacks, and a corrected
/// model for the next window of events. Every call is collective.
class InnovationLoop {
 public:
  explicit InnovationLoop(RunContext& run);

  /// Moves the sensitivities of the forecast over the window, from the filter's estimate [state] at its beginning.
  void forecast(const Eigen::VectorXd& estimate, Interval window);
  /// Before the analysis.
  void observe(Cycle& cycle, const Sensors& sensors, const Measurement& measurement);
  /// After the event: where a window ends, discovers, writes it, and gives the cycle the corrected model.
  void finish_event(Cycle& cycle, Index event);

  /// In the end: errors and spread of every window, beside those of the model that was not corrected.
  void write_scores() const;

  void save(Checkpoint& checkpoint) const;
  /// Gives the cycle the model that it had.
  void load(const Checkpoint& checkpoint, Cycle& cycle);

 private:
  void make_models(const Eigen::VectorXd& estimate, double duration);
  void lose();

  RunContext& run_;
  std::vector<TermSum> candidates_;
  Share mine_;                        // of the candidates
  Eigen::VectorXd in_model_, steps_;  // [term]; steps are empty until a model is asked for
  std::vector<Solver> models_{};      // the filter's, then with more of each of my candidates
  Ensemble sensitivity_;              // [state x term]
  NormalEquations sums_{};            // of the window
  std::vector<InnovationWindow> windows_{};
  bool lost_ = false;  // the sensitivities, in this window
};

}  // namespace semiflow
