#include <memory>
#include <semiflow/core/error.hpp>
#include <semiflow/core/trajectories.hpp>

namespace semiflow {

Trajectories::Trajectories(std::vector<Eigen::MatrixXd> held) {
  if (held.empty()) return;
  state_size_ = held.front().rows();
  for (const Eigen::MatrixXd& trajectory : held) {
    require(trajectory.rows() == state_size_, "the states of all trajectories have the same number of values");
    frames_.push_back(trajectory.cols());
  }
  const auto shared = std::make_shared<const std::vector<Eigen::MatrixXd>>(std::move(held));
  read_ = [shared](Index trajectory, Index first, EnsembleRef frames) {
    frames = (*shared)[static_cast<std::size_t>(trajectory)].middleCols(first, frames.cols());
  };
}

Trajectories::Trajectories(Index state_size, std::vector<Index> frames, Read read)
    : state_size_(state_size), frames_(std::move(frames)), read_(std::move(read)) {}

void Trajectories::read(Index trajectory, Index first, EnsembleRef frames) const {
  require(0 <= trajectory && trajectory < count() && 0 <= first && first + frames.cols() <= this->frames(trajectory) &&
              frames.rows() == state_size_,
          "a trajectory is read where it has frames, into states of its size");
  read_(trajectory, first, frames);
}

}  // namespace semiflow
