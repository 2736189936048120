#pragma once
#include <semiflow/operators/sequence_training.hpp>

#include "learned_model.hpp"

namespace semiflow {

/// Free runs of the truth, and what the sensors would report of them: see noisy_run() and train_gain().
struct GainTraining {
  std::vector<Eigen::MatrixXd> truths{};  ///< [state x event]
  double noise_std = 0;
  double availability = 1;
  Index warm_up = 1;                       ///< first events that are always measured
  std::uint64_t seed = 0, first_item = 0;  ///< of the noise; run i is item first_item + i
  Index power_sweeps = 4, network_sweeps = 2;
  TrainingOptions network{};
};

/// A gain of the room of networks, seen through the library that is loaded: LearnedGain, which see.
class GainNetwork {
 public:
  virtual ~GainNetwork() = default;
  virtual void train(const GainTraining& training, const AdvanceStates& advance, const Communicator& comm) = 0;
  /// After train(), with the same runs: train_sequences(). The predictor is one of the room of networks.
  virtual void train_sequences(const GainTraining& training, LearnedModel& predictor, double interval,
                               const SequenceTraining& options, const Communicator& comm) = 0;
  virtual void analyse(EnsembleRef states, EnsembleView measured, std::span<const Index> gaps,
                       double noise_std) const = 0;
};

}  // namespace semiflow
