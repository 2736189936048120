#pragma once
#include <semiflow/assimilation/discovery/discovery.hpp>

#include "run.hpp"

namespace semiflow {

/// A pass for an equation of several fields: increments of pairs, seen everywhere or by sensors.
Discovery field_discovery(RunContext& run, Index pass);

}  // namespace semiflow
