// The user's own truth and observations.
#include <algorithm>
#include <cmath>
#include <semiflow/core/data_file.hpp>
#include <semiflow/core/error.hpp>
#include <sstream>

#include "run.hpp"

namespace semiflow {

namespace {

std::string shown(double value) {
  std::ostringstream text;
  text.precision(10);
  text << value;
  return text.str();
}

// The variables of a file without the placeholders that netCDF stores for dimensions that have no coordinates; a
// DataFile lists those too.
std::vector<std::string> variables_of(const DataSource& source) {
  return ResultFile::open(source.file, Communicator::self()).variables();
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

// The path of what a name means beside a variable: in its group, or the nearest group above. Empty if there is none.
std::string beside(const std::vector<std::string>& variables, const std::string& variable, const std::string& name) {
  std::string group = variable.starts_with('/') ? variable : "/" + variable;
  while (!name.empty() && !group.empty()) {
    group.resize(group.rfind('/'));
    if (contains(variables, group + "/" + name)) return group + "/" + name;
  }
  return {};
}

void require_time(const DataSource& source, const std::vector<std::string>& variables, const std::string& dimension) {
  // Any other name is no time for a DataFile, which then says so itself.
  if (dimension != "time" && dimension != "t") return;
  if (beside(variables, source.variable, dimension).empty() && beside(variables, source.variable, "time").empty())
    throw Error(Fault::input, source.file.string(),
                "the dimension '" + dimension + "' of '" + source.variable + "' has no coordinate values", "add them");
}

void check_steps(const DataSource& source, const Eigen::VectorXd& times, double interval) {
  for (Index k = 1; k < times.size(); ++k)
    if (std::abs(times(k) - times(0) - interval * static_cast<double>(k)) > 1e-6 * interval)
      throw Error(Fault::input, source.file.string(),
                  "time " + std::to_string(k) + " of '" + source.variable + "' is " + shown(times(k)) +
                      ", not a step of " + shown(interval) + " after the one before",
                  "give frames at every observations.interval");
}

// 0, 1, 2, ... or 1, 2, 3, ...
bool is_numbering(const Eigen::VectorXd& values) {
  const double first = values(0);
  return (first == 0 || first == 1) &&
         values == Eigen::VectorXd::LinSpaced(values.size(), first, first + static_cast<double>(values.size() - 1));
}

struct Record {
  Eigen::MatrixXd frames;  // [value x frame]
  double first_time = 0;
  Eigen::VectorXd positions{};  // of the values; empty where the file does not say
};

Record load(const DataSource& source, Index values, Index frames, double interval, bool missing_allowed) {
  const DataFile file(source.file);
  DataVariable data = file.read(source.variable, {.shape = {-1, values}, .missing_allowed = missing_allowed});
  const std::vector<std::string> variables = variables_of(source);
  require_time(source, variables, data.dimensions[0]);
  const Eigen::VectorXd times = file.time(source.variable);
  check_steps(source, times, interval);
  if (data.frames.cols() < frames)
    throw Error(Fault::input, source.file.string(),
                "'" + source.variable + "' has " + std::to_string(data.frames.cols()) +
                    " frames, the experiment needs " + std::to_string(frames),
                "shorten truth.duration");
  Record record{.frames = data.frames.leftCols(frames), .first_time = times(0)};
  if (const std::string path = beside(variables, source.variable, data.dimensions[1]); !path.empty())
    record.positions = file.read(path, {.shape = {values}}).frames.reshaped();
  return record;
}

void check_spacing(const DataSource& source, const Eigen::VectorXd& positions, double spacing, const std::string& of) {
  // Of the whole extent: positions may be stored in single precision.
  const double tolerance = 1e-6 * spacing * static_cast<double>(positions.size() - 1);
  for (Index i = 1; i < positions.size(); ++i) {
    const auto steps = static_cast<double>(i);
    const double distance = positions(i) - positions(0);
    if (!(std::abs(distance - steps * spacing) <= tolerance))
      throw Error(Fault::input, source.file.string(),
                  "the values of '" + source.variable + "' are " + shown(distance / steps) + " apart, expected is " +
                      shown(spacing) + ", " + of,
                  "the grid of the data must be that of [model]");
  }
}

}  // namespace

ExternalData load_external(const Experiment& e) {
  ExternalData data;
  if (!e.observations || !e.truth.source) return data;  // observations from a file need the truth from one
  const double interval = e.observations->interval;
  const Index points = e.model.grid.points(), stride = e.observations->stride;
  const double spacing = e.model.grid.axis(0).length / static_cast<double>(points);
  Record truth = load(*e.truth.source, points, e.events() + 1, interval, false);
  check_spacing(*e.truth.source, truth.positions, spacing, "model.length / model.points");
  data.truth = std::move(truth.frames);
  if (!e.observations->source) return data;

  const DataSource& source = *e.observations->source;
  Record observations = load(source, std::ssize(e.observations->rows), e.events(), interval, e.observations->missing);
  const double expected = truth.first_time + interval;
  if (std::abs(observations.first_time - expected) > 1e-6 * interval)
    throw Error(Fault::input, source.file.string(),
                "the first time is " + shown(observations.first_time) + ", expected is " + shown(expected) +
                    ", one observations.interval after the first of " + e.truth.source->file.string());
  // Sensors may be numbered instead of placed.
  if (observations.positions.size() > 0 && !is_numbering(observations.positions))
    check_spacing(source, observations.positions, spacing * static_cast<double>(stride),
                  "observations.stride grid points");
  data.observations = std::move(observations.frames);
  return data;
}

}  // namespace semiflow
