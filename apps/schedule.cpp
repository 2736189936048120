// What happens at which observation: the one place that turns times into counts.
#include "schedule.hpp"

#include <algorithm>
#include <cmath>
#include <semiflow/core/error.hpp>

namespace semiflow {

namespace {

// Times are sums of steps in decimal fractions: a rounding error must not lose the last observation or frame.
Index whole_number(double intervals) {
  if (!(intervals < 0x1p53))
    throw Error(Fault::input, "truth.duration", "the record has more frames than can be counted",
                "shorten it, or lengthen the interval");
  return static_cast<Index>(std::floor(intervals + 1e-6));
}

}  // namespace

Index Experiment::events_until(double time) const {
  return observations ? whole_number(time / observations->interval) : 0;
}

Index Experiment::events() const { return events_until(truth.duration); }

Index Experiment::frames() const {
  if (observations) return events() + 1;
  return truth.interval > 0 ? whole_number(truth.duration / truth.interval) + 1 : 0;
}

bool ObservationOptions::see_whole_state(Index points) const {
  Index next = 0;
  return std::ranges::all_of(rows, [&](Index row) { return row == next++; }) && next == points && count == 0 &&
         footprint == 0;
}

Index Experiment::filter_passes() const {
  if (discovers_in_loop()) return 1;
  if (assimilation && assimilation->surrogate) return 0;  // a learned operator takes no closed-form correction
  return discovery && discovery->source == IncrementSource::filter ? discovery->passes : 0;
}

IncrementRange increment_range(const Experiment& e) {
  // There is no analysis 0 to start from.
  return {.first = std::max<Index>(e.events_until(e.assimilation->burn_in), 1),
          .end = e.events_until(e.discovery->until)};
}

Index baseline_samples(const Experiment& e) {
  constexpr Index samples_a_variable = 20;
  return std::max(e.events(), samples_a_variable * e.model.state_size());
}

Index lead_count(const Experiment& e) {
  return static_cast<Index>(std::llround(e.forecast->lead / e.forecast->interval));
}

Index events_a_lead(const Experiment& e) {
  return static_cast<Index>(std::llround(e.forecast->interval / e.observations->interval));
}

std::vector<Index> forecast_starts(const Experiment& e) {
  // Analysis k (from 0) is at time (k + 1) interval.
  const auto first = static_cast<Index>(std::ceil(e.forecast->from / e.observations->interval - 1e-6)) - 1;
  const Index last = e.events() - 1 - lead_count(e) * events_a_lead(e);
  std::vector<Index> starts;
  for (Index k = std::max<Index>(first, 0); k <= last; k += e.forecast->stride) starts.push_back(k);
  return starts;
}

}  // namespace semiflow
