#include <cmath>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/spectral_model.hpp>
#include <string>
#include <utility>

namespace semiflow {

SpectralModel::SpectralModel(Semilinear equation, double dt, FftPlanning planning)
    : stepper_(std::move(equation), dt, planning),
      fft_(stepper_.equation().grid, planning),
      kept_(stepper_.equation().kept_modes() / static_cast<double>(fft_.points())),
      modes_(stepper_.equation().fields * fft_.modes()),
      values_(fft_.points()) {}

void SpectralModel::advance(EnsembleRef members, Interval window) {
  require(members.rows() == state_size(), "the members do not have the state of the model");
  const Index steps = whole_steps(window, dt());
  if (steps == 0) return;
  const Index n = fft_.points(), k = fft_.modes(), fields = equation().fields;
  for (Index member = 0; member < members.cols(); ++member) {
    for (Index field = 0; field < fields; ++field) {
      // Through an aligned array: the caller's memory may lie anywhere.
      values_ = members.col(member).segment(field * n, n);
      fft_.forward_unchecked(values_.data(), modes_.data() + field * k);
      modes_.segment(field * k, k).array() *= kept_;
    }
    stepper_.advance(modes_.data(), steps);
    for (Index field = 0; field < fields; ++field) {
      fft_.inverse_unchecked(modes_.data() + field * k, values_.data());
      members.col(member).segment(field * n, n) = values_;
    }
  }
}

Index whole_steps(Interval window, double dt) {
  const double steps = (window.end - window.begin) / dt;
  const double whole = std::round(steps);
  if (!(steps >= 0 && std::abs(steps - whole) <= 1e-6))
    throw Error(Fault::input, {},
                "the window from " + std::to_string(window.begin) + " to " + std::to_string(window.end) +
                    " is not a whole number of steps of " + std::to_string(dt),
                "choose times that are multiples of the step");
  return static_cast<Index>(whole);
}

}  // namespace semiflow
