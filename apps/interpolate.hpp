#pragma once
#include <semiflow/assimilation/discovery/noisy_pairs.hpp>

#include "run.hpp"

namespace semiflow {

/// So large a part of the points of a grid, drawn at random and ascending; at least one.
std::vector<Index> sensor_points(const Grid& grid, double part, std::uint64_t seed);

/// The pairs of a discovery in equations of several fields as sensors see them, filled between the sensors. The first pass
/// fills them and writes them, with what is known of their errors; later ones read them. Collective.
PairStates seen_pairs(RunContext& run, Index pass);

/// Defines what seen_pairs() writes.
void define_seen_pairs(ResultFile& file, const Experiment& experiment);

}  // namespace semiflow
