#pragma once
#include <torch/torch.h>

#include <semiflow/core/communicator.hpp>
#include <semiflow/core/grid.hpp>
#include <semiflow/core/trajectories.hpp>
#include <span>

namespace semiflow {

/// The frames of trajectories as tensors [frame, points..., field], and the samples: the frames that enough others follow in
/// their trajectory, numbered from 0. Whatever is asked for is read then, and nothing is kept.
class TrainingFrames {
 public:
  /// A sample is followed by so many frames. Throws Error for states of another size.
  TrainingFrames(const Trajectories& trajectories, const Grid& grid, Index state_size, Index followed_by);

  Index samples() const { return first_sample_.back(); }
  /// The number of a sample's frame among those of all trajectories.
  Index frame(Index sample) const;
  /// So many frames after each of the samples. Throws Error for a value that is not finite.
  torch::Tensor at(std::span<const Index> samples, Index later) const;

  /// The largest value of all frames, of which measure gives one each: [frame]. Ranks share the frames; any one is read
  /// with the same neighbours on any number of them. Throws Error, on all of them, for a value that is not finite; without
  /// measure that is all it does. Collective.
  double largest(const Communicator& comm,
                 const std::function<torch::Tensor(const torch::Tensor&)>& measure = {}) const;

 private:
  torch::Tensor tensor(const Eigen::MatrixXd& columns) const;
  struct Place {
    Index trajectory, frame;
  };
  Place place(Index sample) const;

  Trajectories trajectories_;
  Grid grid_;
  Index state_size_;
  std::vector<Index> first_sample_{0}, first_frame_{0};  // of each trajectory, and after the last
};

}  // namespace semiflow
