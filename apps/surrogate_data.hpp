#pragma once
#include "run.hpp"

namespace semiflow {

/// The model that makes the data: that of the truth, or [model] itself.
const ModelOptions& data_model(const Experiment& experiment);

/// Trajectories of that model, a frame every time step of the surrogate: [state x frame] each, the same on every rank
/// and on any number of them. A trajectory does not depend on how many there are.
struct SurrogateData {
  std::vector<Eigen::MatrixXd> training, validation, test;
};

/// Ranks share the trajectories. Throws Error(Fault::run) if one is infinite. Collective.
SurrogateData surrogate_data(RunContext& run);

}  // namespace semiflow
