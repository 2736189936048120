#pragma once
#include <memory>

#include "gain_network.hpp"
#include "run.hpp"

namespace semiflow {

/// [assimilation.gain]
struct GainOptions {
  LearnedGainOptions network{};
  TrainingOptions training{};
  Index runs = 4;            ///< each as long as the record
  Index power_sweeps = 4;    ///< of the spectral part alone
  Index network_sweeps = 2;  ///< of both
};
GainOptions read_gain(const Table& table, const Experiment& experiment);

/// Corrects states by a learned gain, given the steps since the last reports: a LocalAnalysisScheme after().
class LearnedObserver {
 public:
  explicit LearnedObserver(std::shared_ptr<const GainNetwork> gain) : gain_(std::move(gain)) {}

  class AfterSteps {
   public:
    AfterSteps(const GainNetwork& gain, Index steps) : gain_(gain), steps_(steps) {}
    /// As SpectralGain::analyse: predicted is the whole state, rows some rows of it.
    void analyse(EnsembleRef rows, Index begin, EnsembleView predicted, const Measurement& measurement) const;

   private:
    const GainNetwork& gain_;
    Index steps_;
  };
  AfterSteps after(Index steps) const { return {*gain_, steps}; }

 private:
  std::shared_ptr<const GainNetwork> gain_;
};

/// Trained on training_truths(), with the model of the experiment.
LearnedObserver learned_observer(RunContext& run);

}  // namespace semiflow
