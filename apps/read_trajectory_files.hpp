#pragma once
#include "experiment.hpp"

namespace semiflow {

/// Where a result holds the trajectory of a model: "/truth/u", one path for each field.
std::vector<std::string> trajectory_variables(const ModelOptions& model);

/// The keys files, validation_files and held_frames of [surrogate.data]: results of earlier runs to train with. Sets the
/// interval to theirs. Throws Error at the key for files that do not fit the experiment.
void read_trajectory_files(const Table& data, const Experiment& experiment, SurrogateStageOptions& options);

}  // namespace semiflow
