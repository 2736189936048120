#pragma once
#include <semiflow/assimilation/discovery/joint_discovery.hpp>

#include "run.hpp"

namespace semiflow {

/// Where the misfit is larger, the library does not explain the data, or the filter has lost the truth.
inline constexpr double suspicious_misfit = 1.5;

/// States, of pairs or at the beginning of windows of a filter's record, and missing terms together.
/// Where the misfit of a filter's windows is suspicious, nothing is changed: the coefficients are those of the pass before.
JointDiscovery joint_discovery(RunContext& run, Index pass);
/// Writes what a pass, or a window of a loop, has found, and its distance from the truth where that is known. misfit: of what is left to the
/// noise, NaN where the noise is not known.
/// doubt: why the data cannot decide, if that is known already.
void write_discovery(RunContext& run, Index pass, const Discovery& found, double misfit, const std::string& doubt = {});

}  // namespace semiflow
