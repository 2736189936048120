#include "check.hpp"

#include <chrono>
#include <iomanip>
#include <ostream>
#include <semiflow/pde/spectral_model.hpp>

namespace semiflow {

namespace {

double seconds_a_step(const ModelOptions& options) {
  SpectralModel model(equation(options), options.dt);
  Ensemble u = (options.grid.wavenumber(0)(1) * options.grid.coordinate(0)).cos().matrix();
  model.advance(u, {0, options.dt});
  const int steps = 50;
  const auto start = std::chrono::steady_clock::now();
  model.advance(u, {0, steps * options.dt});
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / steps;
}

}  // namespace

void print_check(const Experiment& e, int ranks, std::ostream& out) {
  const auto state = static_cast<double>(e.model.grid.points());
  const auto events = static_cast<double>(e.events());
  double truth_time = e.truth.spin_up + e.truth.duration, frames = e.observations ? events + 1 : 0;
  if (e.discovery && e.discovery->source == IncrementSource::pairs) {
    truth_time += static_cast<double>(e.discovery->pairs) * e.discovery->pair_interval;
    frames += 2 * static_cast<double>(e.discovery->pairs);
  }
  const double truth_steps = e.truth.source ? 0 : truth_time / e.truth.model.dt;
  const double filters = e.assimilation ? 1 + static_cast<double>(e.filter_passes()) : 0;
  const double members = e.assimilation ? static_cast<double>(e.assimilation->members) : 0;
  const double model_steps = filters * members * e.truth.duration / e.model.dt;
  const double seconds = (e.truth.source ? 0 : truth_steps * seconds_a_step(e.truth.model)) +
                         model_steps * seconds_a_step(e.model) / ranks;
  const double bytes =
      8 * state * (frames + filters * events * (2 + (e.assimilation && e.assimilation->save_ensemble ? members : 0)));
  out << std::setprecision(3) << e.name << ": the experiment is valid\n"
      << "  truth        " << truth_steps << " steps of " << state << " points\n"
      << "  observations " << events << " events\n"
      << "  filter       " << filters << " runs of " << members << " members, " << model_steps << " member steps\n"
      << "  cost         about " << seconds << " s for the solvers on " << ranks << (ranks == 1 ? " rank" : " ranks")
      << ", the analyses come on top\n"
      << "  result       " << bytes / 1e6 << " MB\n";
}

}  // namespace semiflow
