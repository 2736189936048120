#pragma once
#include <semiflow/core/ensemble.hpp>
#include <semiflow/core/error.hpp>

namespace semiflow {

/// Incremental analysis update (Bloom et al. 1996): what an analysis adds to a forecast is added in equal parts before
/// each of so many steps of equal length of the next window instead of at once, so that it excites no fast waves. Of a
/// model that multiplies by M in each of n steps it makes
///
///     M^n x + (M + M^2 + ... + M^n) increment / n
///
/// and of one step what the filter does without it.
///
/// members: the forecasts before the analysis, [state x member], changed in place; increment: [state x member]. The model
/// must be able to stop after each step. Throws Error unless there is a step and the sizes fit, and as the model does.
template <ForecastModel M>
void advance_with_increment(M& model, EnsembleRef members, EnsembleView increment, Interval window, Index steps) {
  require(steps >= 1, "an incremental update needs at least one step");
  require(increment.rows() == members.rows() && increment.cols() == members.cols(),
          "an increment has one column a member, with the member's state");
  const auto count = static_cast<double>(steps);
  const auto time = [&](Index k) {
    return k == steps ? window.end : window.begin + (window.end - window.begin) * static_cast<double>(k) / count;
  };
  for (Index k = 0; k < steps; ++k) {
    members += increment / count;
    model.advance(members, {time(k), time(k + 1)});
  }
}

}  // namespace semiflow
