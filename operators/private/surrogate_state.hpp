#pragma once
#include <semiflow/operators/surrogate.hpp>

#include "step_network.hpp"

namespace semiflow {

struct Surrogate::State {
  SurrogateOptions options;
  Semilinear equation;
  double solver_dt;
  std::shared_ptr<StepNetwork> network;
  /// Beyond so many standard deviations from the mean of its field, a value has left what was seen; infinite before training.
  torch::Tensor range;  // [1], a buffer of the network

  State(const SurrogateOptions& o, const Semilinear& e, double dt);

  /// Steps in a window of that length. Throws Error if it is not a whole number of steps, for an operator that takes one
  /// length alone.
  Index steps_of(double length) const;

  /// One step of all columns, of which the first count are members and are looked at.
  void step(Ensemble& columns, double dt, Index count, Index first_member, double time) const;
};

/// All parameters and buffers by name, in the order of their registration.
std::vector<std::pair<std::string, torch::Tensor>> named_weights(const torch::nn::Module& network);

}  // namespace semiflow
