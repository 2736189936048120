#pragma once
#include <semiflow/assimilation/discovery/discovery.hpp>

#include "run.hpp"

namespace semiflow {

/// States of the pairs and missing terms together; writes what only this method knows.
Discovery joint_discovery(RunContext& run);
/// Writes what a pass has found, and its distance from the truth where that is known.
void write_discovery(RunContext& run, Index pass, const Discovery& found);

}  // namespace semiflow
