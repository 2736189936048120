#pragma once
#include <memory>
#include <optional>

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
  /// After them, the recursion as a whole, where a surrogate forecasts.
  std::optional<SequenceTraining> sequence{};
};
GainOptions read_gain(const Table& table, const Experiment& experiment);

/// Corrects states by a learned gain, given the steps since the last reports: a LocalAnalysisScheme after().
class LearnedObserver {
 public:
  /// predictor: the weights that the surrogate has been trained to together with the gain; none if they are as before.
  explicit LearnedObserver(std::shared_ptr<const GainNetwork> gain, Eigen::MatrixXd predictor = {})
      : gain_(std::move(gain)), predictor_(std::move(predictor)) {}
  const Eigen::MatrixXd& predictor() const { return predictor_; }

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
  Eigen::MatrixXd predictor_;
};

/// Trained on training_truths(), with the model of the experiment.
LearnedObserver learned_observer(RunContext& run);

}  // namespace semiflow
