#pragma once
#include <map>
#include <semiflow/core/configuration.hpp>
#include <string>

#include "model.hpp"

namespace semiflow {

/// [truth.initial]: a named state with its numbers.
struct InitialState {
  std::string shape;
  std::map<std::string, double> numbers{};
};

/// The states that an experiment file can name, with their keys, for 'semiflow list'.
std::string list_initial_states();

/// Reads the sub-table "initial"; without it a line starts from "kassam-trefethen", a plane or a box of "random-field".
InitialState read_initial_state(const Table& truth, const ModelOptions& model);

/// [state x 1].
Ensemble initial_state(const InitialState& initial, const ModelOptions& model, std::uint64_t seed);

/// The exact solution at a time [state], or nothing if none is known.
Eigen::VectorXd exact_state(const InitialState& initial, const ModelOptions& model, double time);

}  // namespace semiflow
