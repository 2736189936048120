#pragma once
#include <semiflow/operators/surrogate.hpp>

#include "trainer.hpp"

namespace semiflow {

/// What is trained: a network, and how its losses are computed.
struct Objective {
  torch::nn::Module& network;
  Index samples = 0;  ///< numbered from 0
  /// Of some of the samples in an epoch, which sets how far the loss unrolls.
  std::function<torch::Tensor(std::span<const Index> samples, Index epoch)> loss;
  /// Of the weights as they are, without a gradient; empty if there is no validation set.
  std::function<double()> validation{};
};

/// Goes through the samples in an order that is drawn anew for every epoch, and keeps the best weights. Collective.
std::vector<EpochReport> fit(const Objective& objective, const TrainingOptions& options, const Communicator& comm,
                             const TrainingHooks& hooks);

}  // namespace semiflow
