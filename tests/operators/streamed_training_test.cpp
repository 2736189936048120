// A training that reads its frames as it needs them is the training of the same frames in memory.
#include <catch2/catch.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/operators/surrogate.hpp>

#include "attractor.hpp"

using namespace semiflow;

namespace {

const Grid line({{32, 22.0}});

// What is read through read.
Trajectories streamed(const std::vector<Eigen::MatrixXd>& all, const Trajectories::Read& read) {
  std::vector<Index> frames;
  for (const Eigen::MatrixXd& t : all) frames.push_back(t.cols());
  return {line.points(), frames, read};
}

}  // namespace

TEST_CASE("Frames that are read as they are needed train to the same bits on any number of ranks", "[training]") {
  const auto training = attractor(line, 40, 5, 0, 3, 30, 0.5), validation = attractor(line, 40, 5, 9, 1, 20, 0.5);
  Index largest = 0;  // number of frames that anybody asked for at once
  const auto from = [&](const std::vector<Eigen::MatrixXd>& all) {
    return streamed(all, [&](Index trajectory, Index first, EnsembleRef frames) {
      largest = std::max(largest, frames.cols());
      frames = all[static_cast<std::size_t>(trajectory)].middleCols(first, frames.cols());
    });
  };
  TrainingOptions o{.epochs = 2, .batch = 12, .parts = 3, .unroll = 2, .noise_std = 0.01, .seed = 4};
  o.dissipation.weight = 0.01;
  const auto train = [&](const TrainingData& data, const Communicator& comm) {
    SurrogateOptions options{.modes = {8}, .width = 6, .layers = 2, .head = 8};
    options.seed = 3;
    Surrogate model(options, kuramoto_sivashinsky(line));  // a time step of two intervals
    model.train(data, o, comm);
    return model.weights();
  };
  const Eigen::MatrixXd held =
      train({.training = training, .validation = validation, .interval = 0.5}, Communicator::self());
  const Eigen::MatrixXd read = train({.training = from(training), .validation = from(validation), .interval = 0.5},
                                     Communicator::duplicate_of(MPI_COMM_WORLD));
  CHECK(read == held);
  CHECK(largest <= 31);

  // A frame that cannot be read stops every rank, whoever met it.
  const Trajectories broken = streamed(training, [&](Index trajectory, Index first, EnsembleRef frames) {
    frames = training[static_cast<std::size_t>(trajectory)].middleCols(first, frames.cols());
    if (trajectory == 2) throw Error(Fault::input, "third.h5", "frame 7 is gone");
  });
  CHECK_THROWS_WITH(
      train({.training = broken, .validation = {}, .interval = 0.5}, Communicator::duplicate_of(MPI_COMM_WORLD)),
      Catch::Contains("frame 7 is gone"));
  CHECK_THROWS_WITH(train({.training = Trajectories(std::vector<Eigen::MatrixXd>{Eigen::MatrixXd::Zero(8, 9)}),
                           .validation = {},
                           .interval = 0.5},
                          Communicator::self()),
                    Catch::Contains("as many values as the equation"));
}
