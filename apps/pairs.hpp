#pragma once
#include <semiflow/assimilation/discovery/noisy_pairs.hpp>

#include "run.hpp"

namespace semiflow {

/// Makes the pairs of the experiment, independent of each other, and what is seen of them: every rank computes them all.
void pair_stage(RunContext& run, Resumed resumed);
/// The pairs as they are seen: with noise, if there is any.
PairStates observed_pairs(RunContext& run);

// Of every stage that makes a truth; in stages.cpp.

/// The white noise on the state at time 0.
void add_perturbation(EnsembleRef u, const Experiment& e, const Domain& domain);
/// What to throw when the state is not finite: when says when it was.
Error truth_blow_up(const Experiment& e, const std::string& when);
inline constexpr Index frames_between_checkpoints = 64;  ///< at most, between two looks at the clock

}  // namespace semiflow
