#pragma once
#include "run.hpp"

namespace semiflow {

/// States are kept field by field: "forecast_mean" of a single field, "forecast_mean_q1", "forecast_mean_q2" of several.
std::vector<std::string> state_variables(const Experiment& experiment, const std::string& name);
/// Defines the variables of a state, with the given dimensions before those of the grid.
void define_states(ResultFile& file, const Experiment& experiment, const std::string& group, const std::string& name,
                   const std::vector<std::string>& dimensions, const std::string& long_name);
/// [state x frame].
void write_states(ResultFile& file, const Experiment& experiment, const std::string& group, const std::string& name,
                  Index first, const Eigen::MatrixXd& states);
Eigen::MatrixXd read_states(ResultFile& file, const Experiment& experiment, const std::string& group,
                            const std::string& name, Index first, Index frames);
/// One frame of the members of the filter: this rank's share, [state x member].
void write_members(ResultFile& file, const Experiment& experiment, const std::string& group, const std::string& name,
                   Index frame, const Ensemble& my_members);
/// Frames of the truth, [state x frame], on every rank; frame 0 is at time 0.
Eigen::MatrixXd read_truth(RunContext& run, Index first, Index frames);

}  // namespace semiflow
