#pragma once
#include <semiflow/assimilation/discovery/discovery.hpp>

#include "run.hpp"

namespace semiflow {

/// A pass for an equation of several fields: increments of pairs, seen everywhere or by sensors.
Discovery field_discovery(RunContext& run, Index pass);
/// So large a part of the points of a grid, drawn at random and ascending; at least one.
std::vector<Index> sensor_points(const Grid& grid, double part, std::uint64_t seed);

}  // namespace semiflow
