#pragma once
#include "run.hpp"

namespace semiflow {

/// The model that makes the data: that of the truth, or [model] itself.
const ModelOptions& data_model(const Experiment& experiment);

/// Trajectories of that model, or of the user's files, the same on every rank and on any number of them. A trajectory that
/// is made does not depend on how many there are.
struct SurrogateData {
  TrainingData training{};
  std::vector<Eigen::MatrixXd> test{};  ///< [state x frame] each, a frame every time step of the surrogate
};

/// Ranks share the trajectories that are made. Throws Error(Fault::run) if one is infinite. Collective.
SurrogateData surrogate_data(RunContext& run);

}  // namespace semiflow
