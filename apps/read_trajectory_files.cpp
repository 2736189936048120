#include "read_trajectory_files.hpp"

#include <algorithm>
#include <cmath>
#include <semiflow/core/data_file.hpp>
#include <semiflow/core/trajectory_files.hpp>

namespace semiflow {

namespace {

// A file that is no result of ours says nothing of its equation.
void check_equation(const std::filesystem::path& file, const ModelOptions& model) {
  const std::string settings = DataFile(file).text("settings");
  if (settings.empty()) return;
  const std::string name = parse_configuration(settings, file).root.table("model").text("equation");
  if (name != model.equation->name)
    throw Error(Fault::input, file.string(),
                "it holds a trajectory of '" + name + "', and the model is '" + model.equation->name + "'",
                "give files of the equation of [model]");
}

// The files of a key. They are opened once more for the training, which holds frames of them.
TrajectoryFiles open(const Table& data, const char* key, const Experiment& e,
                     std::vector<std::filesystem::path>& paths) {
  for (std::filesystem::path file : data.texts(key))
    paths.push_back(file.is_relative() ? e.file.parent_path() / file : file);
  if (paths.empty()) throw data.error(key, "there is no file", "name at least one");
  try {
    for (const std::filesystem::path& file : paths) check_equation(file, e.model);
    return read_trajectories(paths, trajectory_variables(e.model), e.model.grid, 0);
  } catch (const Error& problem) {
    throw data.error(key, problem.what());
  }
}

}  // namespace

std::vector<std::string> trajectory_variables(const ModelOptions& model) {
  std::vector<std::string> variables;
  for (const char* field : model.equation->fields) variables.push_back(std::string("/truth/") + field);
  return variables;
}

void read_trajectory_files(const Table& data, const Experiment& e, SurrogateStageOptions& s) {
  const double step = s.network.time_step;
  const auto usual = static_cast<double>(Index{1} << 25) / static_cast<double>(e.model.state_size());  // 256 MiB
  s.held_frames = data.integer("held_frames", static_cast<Index>(usual), Range{.at_least = 0, .at_most = 1e12});
  for (const char* key : {"files", "validation_files"}) {
    const bool first = s.files.empty();
    if (!first && !data.has(key)) continue;
    const TrajectoryFiles found = open(data, key, e, first ? s.files : s.validation_files);
    const double ratio = step / found.interval;
    if (ratio < 1 - 1e-6 || std::abs(ratio - std::round(ratio)) > 1e-6 * ratio)
      throw data.error(key,
                       "the frames are " + std::to_string(found.interval) +
                           " apart, and surrogate.time_step is not a multiple of that",
                       "choose another time_step, or run the files again with a fitting truth.interval");
    if (s.network.any_time_step && std::llround(ratio) < 2)
      throw data.error(key, "any_time_step is trained with steps of the interval of the frames, twice that, ...",
                       "run the files again with a truth.interval of a half, a third, ... of surrogate.time_step");
    if (first) s.interval = step / std::round(ratio);
    if (std::abs(step / std::round(ratio) - s.interval) > 1e-6 * s.interval)
      throw data.error(key, "the frames have another interval than those of 'files'", "give files of one interval");
    const Index stride = static_cast<Index>(std::llround(ratio));
    Index steps = 0;
    for (Index i = 0; i < found.trajectories.count(); ++i)
      steps = std::max(steps, (found.trajectories.frames(i) - 1) / stride);
    if (steps < 1)
      throw data.error(key, "none of the files has the " + std::to_string(stride + 1) + " frames of a time step",
                       "give longer trajectories");
    s.file_steps = first ? steps : std::min(s.file_steps, steps);
  }
}

}  // namespace semiflow
