#pragma once
#include <semiflow/assimilation/baselines.hpp>

#include "run.hpp"

namespace semiflow {

/// States of a run of the truth's model that goes on where the record ends, so long apart: [state x states]. Every rank
/// makes them all. Throws Error(Fault::run) if one is infinite.
Ensemble free_run(RunContext& run, double interval, Index states);

/// The moments of a free run, so that what is made of them is not fitted to the states that it is scored on. A truth
/// from a file has no model: its record has to do.
Climatology climatology(RunContext& run);

}  // namespace semiflow
