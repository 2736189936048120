#pragma once
#include <semiflow/core/ensemble.hpp>
#include <semiflow/core/error.hpp>

namespace semiflow {

/// Incremental analysis update (Bloom, Takacs, da Silva & Ledvina 1996): what an analysis adds is not added at once, which
/// shocks the model, but as a constant forcing of the model while it runs over a window around the time of the analysis,
///
///     du/dt = f(u) + increment / (end - begin)
///
/// of which each of the steps adds its part when it is done. For a linear model the increments of slow modes arrive whole
/// and those of oscillations that are shorter than the window are lost: it is a filter in time.
///
/// members, increments: [state x member]; steps: of the model in the window, equally long. Throws Error if the sizes do not
/// fit or there is no step, and as the model does.
template <ForecastModel M>
void advance_with_increments(M& model, EnsembleRef members, EnsembleView increments, Interval window, Index steps) {
  require(steps >= 1, "an incremental update takes at least one step");
  require(members.rows() == increments.rows() && members.cols() == increments.cols(),
          "every member must have its increment");
  const auto count = static_cast<double>(steps);
  const auto time = [&](Index step) {
    return step == steps ? window.end : window.begin + (window.end - window.begin) * static_cast<double>(step) / count;
  };
  for (Index step = 0; step < steps; ++step) {
    model.advance(members, {time(step), time(step + 1)});
    members += increments / count;
  }
}

}  // namespace semiflow
