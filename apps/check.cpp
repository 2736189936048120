#include "check.hpp"

#include <algorithm>
#include <iomanip>
#include <ostream>

#include "schedule.hpp"

namespace semiflow {

void print_check(const Experiment& e, std::ostream& out) {
  const auto state = static_cast<double>(e.model.state_size());
  const auto events = static_cast<double>(e.events());
  double truth_time = e.truth.spin_up + e.truth.duration, frames = static_cast<double>(e.frames());
  double pair_steps = 0;
  const double passes = e.discovery ? static_cast<double>(e.discovery->passes) : 0;
  if (e.discovery && e.discovery->source == IncrementSource::pairs) {
    const auto pairs = static_cast<double>(e.discovery->pairs);
    truth_time = e.truth.spin_up + pairs * e.discovery->pair_interval;
    frames += 2 * pairs;
    pair_steps = passes * pairs * e.discovery->separation / e.model.dt;
  }
  double truth_steps = e.truth.source ? 0 : truth_time / e.truth.model.dt;
  // The baselines are fitted to a run of the truth's model that goes on where the truth ends.
  if (e.assimilation && e.assimilation->baselines && !e.truth.source)
    truth_steps += static_cast<double>(baseline_samples(e)) * e.observations->interval / e.truth.model.dt;
  const double filters = e.assimilation ? 1 + static_cast<double>(e.filter_passes()) : 0;
  const double members = e.assimilation ? static_cast<double>(e.assimilation->members) : 0;
  const double filter_steps = filters * members * events * (e.observations ? e.observations->interval : 0) / e.model.dt;
  const double systems = e.filter_passes() > 0 ? 3 : 1;
  const double forecasts = e.forecast ? systems * static_cast<double>(forecast_starts(e).size()) : 0;
  const double forecast_steps = e.forecast ? forecasts * e.forecast->lead / e.model.dt : 0;
  const double bytes =
      8 * state * (frames + filters * events * (2 + (e.assimilation && e.assimilation->save_ensemble ? members : 0)));
  out << e.name << ": the experiment is valid\n"
      << std::fixed << std::setprecision(0) << "  truth        " << truth_steps << " steps of " << state
      << (e.assimilation && e.assimilation->baselines ? " values, baselines included\n" : " values\n");
  if (e.truth.interval > 0) out << "  frames       " << frames << "\n";
  if (e.surrogate) {
    const SurrogateStageOptions& s = *e.surrogate;
    const double step = s.network.time_step, all = static_cast<double>(s.trajectories + s.validation + s.test);
    const auto samples = static_cast<double>(s.trajectories * (s.frames + 1 - s.training.unroll));
    out << "  surrogate    " << all
        << " trajectories: " << all * (s.spin_up + step * static_cast<double>(s.frames)) / e.truth.model.dt << " steps";
    if (s.trained() && !s.files.empty())
      out << "; " << s.training.epochs << " epochs of the frames in files";
    else if (s.trained())
      out << "; " << s.training.epochs << " epochs of " << samples << " samples"
          << (s.baseline ? ", and as many for the plain operator" : "");
    out << "\n";
  }
  if (e.observations) out << "  observations " << events << " events\n";
  if (e.assimilation)
    out << "  filter       " << filters << " runs of " << members << " members: " << filter_steps << " member steps, "
        << filters * events << " analyses\n";
  if (e.discovery && e.discovery->method == DiscoveryMethod::joint)
    out << "  discovery    states and terms jointly, at most " << e.discovery->iterations << " iterations\n";
  else if (e.discovers_in_loop())
    out << "  discovery    " << passes << " windows of the filter's innovations\n";
  else if (e.discovery)
    out << "  discovery    " << passes << " passes, " << pair_steps << " steps for pairs\n";
  if (e.forecast) out << "  forecast     " << forecasts << " forecasts: " << forecast_steps << " steps\n";
  out << "  result       " << std::setprecision(1) << bytes / 1e6 << " MB\n" << std::defaultfloat;
}

}  // namespace semiflow
