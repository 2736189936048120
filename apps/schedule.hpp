#pragma once
#include <vector>

#include "experiment.hpp"

namespace semiflow {

/// The increments that the discovery takes from a filter: from analysis k to analysis k + 1 for first <= k < end,
/// analyses counted from 1. The experiment has [assimilation] and [discovery].
struct IncrementRange {
  Index first = 1, end = 1;
};
IncrementRange increment_range(const Experiment& experiment);

/// States that the baselines are fitted to, one an observation interval: enough for a covariance of full rank.
Index baseline_samples(const Experiment& experiment);

// The forecasts; the experiment has [forecast].

/// Lead times after 0.
Index lead_count(const Experiment& experiment);
/// Observation intervals from one lead time to the next.
Index events_a_lead(const Experiment& experiment);
/// The analyses that forecasts start from, counted from 0, so that the longest lead time ends within the record.
std::vector<Index> forecast_starts(const Experiment& experiment);

}  // namespace semiflow
