#include "private/training_frames.hpp"

#include <algorithm>
#include <limits>
#include <semiflow/core/collective_error.hpp>

#include "private/fourier_space.hpp"

namespace semiflow {

TrainingFrames::TrainingFrames(const Trajectories& trajectories, const Grid& grid, Index state_size, Index followed_by)
    : trajectories_(trajectories), grid_(grid), state_size_(state_size) {
  require(trajectories.count() == 0 || trajectories.state_size() == state_size,
          "the states of a trajectory have as many values as the equation");
  for (Index i = 0; i < trajectories.count(); ++i) {
    first_sample_.push_back(first_sample_.back() + std::max<Index>(0, trajectories.frames(i) - followed_by));
    first_frame_.push_back(first_frame_.back() + trajectories.frames(i));
  }
}

TrainingFrames::Place TrainingFrames::place(Index sample) const {
  const Index trajectory = std::ranges::upper_bound(first_sample_, sample) - first_sample_.begin() - 1;
  return {trajectory, sample - first_sample_[static_cast<std::size_t>(trajectory)]};
}

Index TrainingFrames::frame(Index sample) const {
  const Place p = place(sample);
  return first_frame_[static_cast<std::size_t>(p.trajectory)] + p.frame;
}

torch::Tensor TrainingFrames::tensor(const Eigen::MatrixXd& columns) const {
  require(columns.allFinite(), "a trajectory for training has a value that is not finite");
  return from_columns(columns, grid_);
}

torch::Tensor TrainingFrames::at(std::span<const Index> samples, Index later) const {
  Eigen::MatrixXd columns(state_size_, std::ssize(samples));
  for (Index i = 0; i < columns.cols(); ++i) {
    const Place p = place(samples[static_cast<std::size_t>(i)]);
    trajectories_.read(p.trajectory, p.frame + later, columns.middleCols(i, 1));
  }
  return tensor(columns);
}

double TrainingFrames::largest(const Communicator& comm,
                               const std::function<torch::Tensor(const torch::Tensor&)>& measure) const {
  struct Block {
    Index trajectory, first, count;
  };
  const Index most = std::max<Index>(1, (Index{1} << 17) / state_size_);  // of 1 MiB
  std::vector<Block> blocks;
  for (Index i = 0; i < trajectories_.count(); ++i)
    for (Index first = 0; first < trajectories_.frames(i); first += most)
      blocks.push_back({i, first, std::min(most, trajectories_.frames(i) - first)});
  const Share mine = comm.share(std::ssize(blocks));
  double largest = -std::numeric_limits<double>::infinity();
  run_together(comm, [&] {
    const torch::NoGradGuard guard;
    for (Index i = 0; i < mine.size; ++i) {
      const Block& b = blocks[static_cast<std::size_t>(mine.begin + i)];
      Eigen::MatrixXd columns(state_size_, b.count);
      trajectories_.read(b.trajectory, b.first, columns);
      const torch::Tensor frames = tensor(columns);
      if (measure) largest = std::max(largest, measure(frames).max().item<double>());
    }
  });
  return comm.maximum(largest);
}

}  // namespace semiflow
