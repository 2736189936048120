#pragma once
#include <filesystem>
#include <semiflow/operators/surrogate_options.hpp>
#include <semiflow/operators/training_options.hpp>
#include <vector>

#include "initial_state.hpp"

namespace semiflow {

/// Where a result has the weights of a surrogate that was trained further together with the gain of an observer.
inline constexpr const char* observer_weights = "/surrogate/observer_weights";

/// [surrogate]: a learned operator for the equation of [model], with data made by the model of [truth], or by [model].
struct SurrogateStageOptions {
  SurrogateOptions network{};
  std::filesystem::path weights{};  ///< that it takes instead of a training; empty: it is trained
  std::filesystem::path save{};     ///< where its weights go as a file of their own; empty: nowhere
  std::filesystem::path script{};   ///< where it goes as a TorchScript module; empty: nowhere

  bool of_model = false;                             ///< the data are those of [model] and not those of the truth
  Index trajectories = 0, validation = 0, test = 0;  ///< that are made
  /// Results of earlier runs that it is trained with instead, and the frames of them that every rank holds in memory.
  std::vector<std::filesystem::path> files{}, validation_files{};
  Index held_frames = 0;
  Index file_steps = 0;  ///< time steps of the longest of them
  Index frames = 1;      ///< steps of the surrogate in each
  double interval = 1;   ///< between frames that it is trained with: time_step, or a fraction of it
  double spin_up = 0;
  InitialState initial{};
  double perturbation_std = 0;  ///< white noise on every initial state

  TrainingOptions training{};

  Index lead = 1;                    ///< steps of the forecasts from the first frames
  Index climate_steps = 0;           ///< of a long run from the last frame of every test trajectory; 0: none
  std::vector<Index> points{};       ///< along x, of other grids that it is tried on
  std::vector<double> time_steps{};  ///< other lengths of a step that it is tried on
  bool baseline = false;             ///< a plain Fourier neural operator of equal size is trained on the same data

  bool has_validation() const { return validation > 0 || !validation_files.empty(); }
  bool trained() const { return weights.empty() && network.kind != SurrogateKind::torchscript; }
};

/// Harmonics of a network along each axis of a grid, slowest first: 16, or as many as there are.
std::vector<Index> usual_modes(const Grid& grid);
/// The key modes: one integer for all axes, or one for each; the usual ones without it.
std::vector<Index> read_modes(const Table& table, const Grid& grid);

/// The kinds with their keys and defaults, for 'semiflow list'.
std::string list_surrogates();

}  // namespace semiflow
