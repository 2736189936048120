#pragma once
#include "run.hpp"

namespace semiflow {

/// Part of the spread by which what takes the place of a failed member is perturbed.
inline constexpr double replacement_perturbation = 0.1;

/// assimilation.failed_members = "replace": every member that is not finite becomes one of the others, chosen by a random
/// number, with noise of a part of their spread at each place, so that two of them do not stay the same. Returns how many.
/// The same on any number of ranks; my_members: [state x my members]. Collective.
/// Throws Error(Fault::run) on every rank if fewer than half of the members, or than two, are finite.
Index replace_failed_members(const RunContext& run, Ensemble& my_members, Index event, double time);

}  // namespace semiflow
