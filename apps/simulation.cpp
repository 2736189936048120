#include "simulation.hpp"

#include <algorithm>
#include <cmath>

namespace semiflow {

namespace {

std::optional<Grid> grid_of(ResultFile& file) {
  std::vector<Axis> axes;
  for (const char* name : {"/z", "/y", "/x"}) {
    if (!file.has(name)) continue;
    const Eigen::VectorXd positions = file.read_all(name).reshaped();
    if (positions.size() < 4) return {};
    axes.push_back({positions.size(), static_cast<double>(positions.size()) * (positions(1) - positions(0))});
  }
  if (axes.empty()) return {};
  return Grid(axes);
}

bool is_field(ResultFile& file, const std::string& path) {
  const std::vector<std::string> dimensions = file.dimensions(path);
  return path.starts_with("/truth/") && dimensions.size() > 1 && dimensions.front() == "time" &&
         dimensions.back() == "x";
}

}  // namespace

std::string Simulation::series(const std::string& name, const std::string& field) const {
  return "/truth/" + name + (fields.size() == 1 ? "" : "_" + field);
}

std::vector<Index> Simulation::chosen(Index count) const {
  std::vector<Index> result;
  const Index last = frames() - 1, intervals = std::clamp<Index>(last, 1, count - 1);
  for (Index i = 0; i <= intervals; ++i) result.push_back(i * last / intervals);
  result.erase(std::ranges::unique(result).begin(), result.end());
  return result;
}

Eigen::VectorXd field_at(ResultFile& file, const std::string& field, Index frame) {
  return file.read("/truth/" + field, frame, 1).col(0);
}

std::optional<Simulation> find_simulation(ResultFile& file) {
  if (!file.has("/truth/time")) return {};
  const std::optional<Grid> grid = grid_of(file);
  if (!grid) return {};
  Simulation s{.grid = *grid, .fields = {}, .times = file.read_all("/truth/time").reshaped()};
  for (const std::string& path : file.variables())
    if (is_field(file, path)) s.fields.push_back(path.substr(std::string("/truth/").size()));
  if (s.fields.empty()) return {};
  // A run that was stopped leaves NaN, in the series or in the fields, whichever were written last.
  Index frames = s.frames();
  for (const std::string& field : s.fields) {
    const Eigen::VectorXd rms = file.read_all(s.series("rms", field)).reshaped();
    frames = std::min(frames,
                      std::find_if(rms.begin(), rms.end(), [](double r) { return !std::isfinite(r); }) - rms.begin());
    while (frames > 0 && !field_at(file, field, frames - 1).allFinite()) --frames;
  }
  if (frames == 0) return {};
  s.times.conservativeResize(frames);
  s.resolved_wavenumber = file.has_attribute("/truth", "resolved_wavenumber")
                              ? file.double_attribute("/truth", "resolved_wavenumber")
                              : NAN;
  return s;
}

}  // namespace semiflow
