#pragma once
#include <cstdint>
#include <semiflow/core/ensemble.hpp>

namespace semiflow {

/// Names a stream of random numbers: what it is for, not when it is drawn. The same key gives the same
/// numbers on any number of ranks and in any order; member i does not change when the ensemble grows.
struct Key {
  std::uint64_t seed;
  std::uint64_t purpose;   ///< which use, e.g. initial member, observation noise; see Purpose
  std::uint64_t item;      ///< the member or the event
  std::uint64_t step = 0;  ///< for noise in time: the number of the step
};

/// The uses of random numbers in this library. Numbers are never reused: they are part of every result.
enum Purpose : std::uint64_t {
  truth_perturbation = 1,
  member_perturbation = 2,
  observation_noise = 3,
  perturbed_observations = 4,
  ensemble_rotation = 5,
  random_field = 6,
  stochastic_forcing = 7,
  forcing_memory = 8,  // the first amplitudes of a forcing with a correlation time
  particle_resampling = 9,
  particle_kernel = 10,
  sensor_position = 11,
  sensor_missing = 12,
  event_missing = 13,
  gross_error = 14,
  model_noise = 15,
  parameter = 16,
  replacement_choice = 17,  // which member takes the place of a failed one,
  replacement_noise = 18,   // and what it is perturbed by
  bootstrap_draw = 19,
  training_noise = 20,     // on the first state of a sample,
  training_order = 21,     // the order of samples in an epoch,
  training_shell = 22,     // the radii of states far from the data,
  training_step = 23,      // and the time steps of an operator that takes any
  network_frequency = 30,  // of a network's random features,
  network_weight = 31,     // its first weights
  network_batch = 32,      // and the order in which it sees its points
};

/// n independent standard normal numbers: Philox4x64-10 (Salmon et al. 2011) and Box-Muller.
/// A longer draw begins with the numbers of a shorter one.
Eigen::VectorXd standard_normal(Index n, Key key);

/// n independent numbers, uniform in (0, 1). A longer draw begins with the numbers of a shorter one.
Eigen::VectorXd uniform(Index n, Key key);

}  // namespace semiflow
