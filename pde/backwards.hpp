// Private to this room.
#pragma once
#include <algorithm>
#include <cmath>
#include <semiflow/core/ensemble.hpp>
#include <vector>

namespace semiflow::detail {

// Visits the states before each of the steps of a trajectory, from the last to the first, as an adjoint needs them.
// Keeps about 2 sqrt(steps) states: every stride-th, and one stretch of those between, which are computed again.
//   advance(State&, Index first, Index count) moves a state through count steps, of which first is the number of the
//   first; visit(const State&, Index step).
template <class State, class Advance, class Visit>
void visit_backwards(State state, Index steps, Advance advance, Visit visit) {
  const auto stride = static_cast<Index>(std::ceil(std::sqrt(static_cast<double>(steps))));
  std::vector<State> kept;
  for (Index s = 0; s < steps; s += stride) {
    kept.push_back(state);
    if (s + stride < steps) advance(state, s, stride);
  }
  std::vector<State> stretch;
  for (Index segment = std::ssize(kept); segment-- > 0;) {
    const Index first = segment * stride, length = std::min(stride, steps - first);
    stretch.assign(1, kept[static_cast<std::size_t>(segment)]);
    for (Index s = 1; s < length; ++s) {
      stretch.push_back(stretch.back());
      advance(stretch.back(), first + s - 1, 1);
    }
    for (Index s = length; s-- > 0;) visit(stretch[static_cast<std::size_t>(s)], first + s);
  }
}

}  // namespace semiflow::detail
