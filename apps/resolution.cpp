#include "resolution.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>

namespace semiflow {

void define_resolution(ResultFile& file, const Experiment& e) {
  const ModelOptions& model = e.truth.model;
  double wavenumber = model.cutoff;
  for (Index d = 0; d < model.grid.dimensions(); ++d) {
    const Axis& axis = model.grid.axis(d);
    const double limit = static_cast<double>(axis.points) / (model.dealiasing == Dealiasing::truncation ? 3 : 2);
    wavenumber = std::min(wavenumber, 2 * std::numbers::pi / axis.length * limit);
  }
  file.set_attribute("/truth", "resolved_wavenumber", wavenumber);
  for (const char* field : model.equation->fields)
    file.set_attribute(std::string("/truth/") + field, "unresolved_since", std::nan(""));
}

void watch_resolution(RunContext& run, const std::string& field, Index first, const Eigen::VectorXd& tails) {
  if (run.experiment.truth.source) return;  // nobody can take more points for measured data
  const std::string path = "/truth/" + field;
  const auto found = std::ranges::find_if(tails, [](double tail) { return tail > unresolved_tail; });
  // One warning a field; a resumed run has given it.
  if (found == tails.end() || std::isfinite(run.file.double_attribute(path, "unresolved_since"))) return;
  const double time = static_cast<double>(first + (found - tails.begin())) * run.experiment.frame_interval();
  run.file.set_attribute(path, "unresolved_since", time);
  // In a twin experiment the discrete system is the truth, whatever it lacks.
  if (!run.warning || run.experiment.observations || run.experiment.discovery) return;
  char text[256];
  std::snprintf(
      text, sizeof text,
      "warning: '%s' is not resolved from time %.6g on: %.1e of its mean square lies in the last third of the "
      "harmonics (at most %.0e if resolved); take more points or more dissipation",
      field.c_str(), time, *found, unresolved_tail);
  run.warning(text);
}

}  // namespace semiflow
