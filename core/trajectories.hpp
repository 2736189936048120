#pragma once
#include <functional>
#include <semiflow/core/ensemble.hpp>
#include <vector>

namespace semiflow {

/// Trajectories of states, the frames of each at equal intervals, that are read as they are needed: from memory here, from
/// files by read_trajectories() in core/trajectory_files.hpp, or from anywhere else. A copy shares what it reads from.
class Trajectories {
 public:
  /// Puts frames first, first + 1, ... of a trajectory into frames, [state x frame]. Throws Error if it cannot.
  using Read = std::function<void(Index trajectory, Index first, EnsembleRef frames)>;

  Trajectories() = default;
  /// Held in memory: [state x frame] each. Throws Error if their states differ in size.
  Trajectories(std::vector<Eigen::MatrixXd> held);  // NOLINT(google-explicit-constructor): matrices are trajectories
  /// So many frames in each, of so many values.
  Trajectories(Index state_size, std::vector<Index> frames, Read read);

  Index count() const { return static_cast<Index>(frames_.size()); }
  Index state_size() const { return state_size_; }
  Index frames(Index trajectory) const { return frames_[static_cast<std::size_t>(trajectory)]; }
  /// As Read. Throws Error also for frames that the trajectory does not have. Not collective, and not for two threads at a
  /// time.
  void read(Index trajectory, Index first, EnsembleRef frames) const;

 private:
  Index state_size_ = 0;
  std::vector<Index> frames_;
  Read read_;
};

}  // namespace semiflow
