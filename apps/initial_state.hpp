#pragma once
#include <filesystem>
#include <map>
#include <semiflow/core/configuration.hpp>
#include <semiflow/pde/initial_states.hpp>
#include <string>
#include <vector>

#include "model.hpp"

namespace semiflow {

/// [truth.initial]: a named state with its numbers, or the state of a user's file.
struct InitialState {
  std::string shape;
  std::map<std::string, double> numbers{};
  std::vector<std::vector<PlaneWave>> waves{};  ///< of "waves", for every field
  std::vector<double> values{};                 ///< of "values": the first entries of the state
  std::filesystem::path file{};                 ///< empty: the state is a named one
  Eigen::VectorXd from_file{};                  ///< [state], what stands in the file
};

/// The states that an experiment file can name, with their keys, for 'semiflow list'.
std::string list_initial_states();

/// Reads the sub-table "initial"; without it a line starts from "kassam-trefethen", a plane or a box of "random-field",
/// an ordinary model from numbers of its own.
/// A relative file lies in the folder beside.
InitialState read_initial_state(const Table& truth, const ModelOptions& model, const std::filesystem::path& beside);

/// Whether the state is the velocity of an incompressible flow, which must not have a divergence.
bool is_velocity(const ModelOptions& model);

/// [state x 1]. A random velocity is projected; throws Error if another one has a divergence. Of a random shape, every draw
/// is another state.
Ensemble initial_state(const InitialState& initial, const ModelOptions& model, std::uint64_t seed,
                       std::uint64_t draw = 0);
/// Whether draws of the state differ.
bool is_random(const InitialState& initial);

/// The exact solution at a time [state], or nothing if none is known.
Eigen::VectorXd exact_state(const InitialState& initial, const ModelOptions& model, double time);

}  // namespace semiflow
