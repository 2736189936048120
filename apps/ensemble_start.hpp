#pragma once
#include "run.hpp"

namespace semiflow {

/// This rank's share of the members at time 0: around the truth, or states of a free run. [state x member].
Ensemble first_members(RunContext& run);

/// Throws the same Error(Fault::run) on every rank if a member is infinite after the forecast to an event.
void require_finite_members(const RunContext& run, const Ensemble& my_members, Index event, double time);

}  // namespace semiflow
