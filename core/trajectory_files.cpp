#include <algorithm>
#include <cmath>
#include <memory>
#include <semiflow/core/data_file.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/trajectory_files.hpp>
#include <sstream>

namespace semiflow {

namespace {

std::string shown(double value) {
  std::ostringstream text;
  text.precision(10);
  text << value;
  return text.str();
}

std::string shown(const std::vector<Index>& shape) {
  std::string text;
  for (const Index extent : shape) text += (text.empty() ? "" : " x ") + std::to_string(extent);
  return text;
}

void check_finished(const DataFile& data, const std::string& name) {
  const std::string status = data.text("status");
  if (status.empty() || status == "finished") return;
  throw Error(Fault::input, name, "its run has not finished (status: " + status + ")",
              "finish that run with 'semiflow run --resume', or shorten its truth.duration and run it again");
}

// The shape, and the coordinates where the file has them: another length has the same shape.
void check_grid(const DataFile& data, const std::string& name, const std::string& variable, const Grid& grid) {
  std::vector<Index> wanted, shape = data.shape(variable);
  for (Index d = 0; d < grid.dimensions(); ++d) wanted.push_back(grid.axis(d).points);
  if (shape.size() != wanted.size() + 1 || !std::equal(wanted.begin(), wanted.end(), shape.begin() + 1))
    throw Error(Fault::input, name,
                "'" + variable + "' has the shape " + shown(shape) + ", and the grid of the model is " + shown(wanted),
                "a trajectory has the shape [time, grid]: give files of the grid of [model]");
  const std::vector<std::string> known = data.variables();
  const char* const axes[] = {"/x", "/y", "/z"};
  for (Index d = 0; d < grid.dimensions(); ++d) {
    const std::string axis = axes[grid.dimensions() - 1 - d];
    if (std::ranges::find(known, axis) == known.end()) continue;
    const Index points = grid.axis(d).points;
    const Eigen::VectorXd at = data.read(axis, {.shape = {points}}).frames.reshaped();
    const double spacing = grid.axis(d).length / static_cast<double>(points);
    for (Index i = 0; i < points; ++i)
      if (!(std::abs(at(i) - at(0) - spacing * static_cast<double>(i)) <= 1e-6 * grid.axis(d).length))
        throw Error(Fault::input, name,
                    "its points along " + axis.substr(1) + " are " + shown((at(i) - at(0)) / static_cast<double>(i)) +
                        " apart, and those of the model " + shown(spacing),
                    "give files of the lengths of [model]");
  }
}

double interval_of(const DataFile& data, const std::string& name, const std::string& variable) {
  const Eigen::VectorXd time = data.time(variable);
  if (time.size() < 2)
    throw Error(Fault::input, name, "'" + variable + "' has one frame alone", "a trajectory has at least two");
  const double interval = (time(time.size() - 1) - time(0)) / static_cast<double>(time.size() - 1);
  for (Index k = 1; k < time.size(); ++k)
    if (!(std::abs(time(k) - time(0) - interval * static_cast<double>(k)) <= 1e-6 * interval))
      throw Error(Fault::input, name,
                  "frame " + std::to_string(k) + " of '" + variable + "' is at the time " + shown(time(k)) +
                      ", which is not " + std::to_string(k) + " times the mean interval of " + shown(interval) +
                      " after the first",
                  "a training needs frames at equal intervals");
  return interval;
}

class FileFrames {
 public:
  FileFrames(std::vector<std::string> variables, const Grid& grid, Index held_frames)
      : variables_(std::move(variables)), points_(grid.points()), capacity_(held_frames) {}

  void add(DataFile file, Index frames) {
    files_.push_back(std::move(file));
    begins_.push_back(std::ssize(places_));
    places_.resize(places_.size() + static_cast<std::size_t>(frames), nowhere);
  }

  void read(Index trajectory, Index first, EnsembleRef frames) {
    const auto file = static_cast<std::size_t>(trajectory);
    const std::span<Index> places(places_.data() + begins_[file] + first, static_cast<std::size_t>(frames.cols()));
    if (std::ranges::find(places, nowhere) == places.end()) {
      for (Index i = 0; i < frames.cols(); ++i) frames.col(i) = held_.col(places[static_cast<std::size_t>(i)]);
      return;
    }
    for (std::size_t field = 0; field < variables_.size(); ++field)
      frames.middleRows(static_cast<Index>(field) * points_, points_) =
          files_[file].frames(variables_[field], first, frames.cols());
    if (held_.size() == 0)  // what is never touched takes no memory
      held_.resize(frames.rows(), std::min<Index>(capacity_, std::ssize(places_)));
    for (Index i = 0; i < frames.cols() && used_ < held_.cols(); ++i) {
      Index& place = places[static_cast<std::size_t>(i)];
      if (place != nowhere) continue;
      place = used_++;
      held_.col(place) = frames.col(i);
    }
  }

 private:
  static constexpr Index nowhere = -1;

  std::vector<std::string> variables_;
  Index points_, capacity_;
  std::vector<DataFile> files_;
  std::vector<Index> begins_;  // of each trajectory among the frames of all,
  std::vector<Index> places_;  // and the column of held_ that each of those has
  Eigen::MatrixXd held_;       // [state x frame]
  Index used_ = 0;
};

}  // namespace

TrajectoryFiles read_trajectories(const std::vector<std::filesystem::path>& files,
                                  const std::vector<std::string>& variables, const Grid& grid, Index held_frames) {
  require(!variables.empty() && held_frames >= 0, "trajectories have at least one field, and no negative memory");
  const auto frames = std::make_shared<FileFrames>(variables, grid, held_frames);
  std::vector<Index> lengths;
  double interval = 0;
  for (const std::filesystem::path& path : files) {
    const std::string name = path.string();
    DataFile data(path);
    check_finished(data, name);
    for (const std::string& variable : variables) check_grid(data, name, variable, grid);
    const double own = interval_of(data, name, variables.front());
    if (lengths.empty()) interval = own;
    if (!(std::abs(own - interval) <= 1e-6 * interval))
      throw Error(
          Fault::input, name,
          "its frames are " + shown(own) + " apart, and those of " + files.front().string() + " " + shown(interval),
          "give files of one interval");
    lengths.push_back(data.shape(variables.front())[0]);
    frames->add(std::move(data), lengths.back());
  }
  const Index size = grid.points() * std::ssize(variables);
  return {.trajectories = Trajectories(
              size, lengths,
              [frames](Index trajectory, Index first, EnsembleRef into) { frames->read(trajectory, first, into); }),
          .interval = interval};
}

}  // namespace semiflow
