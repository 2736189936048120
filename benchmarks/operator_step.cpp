// A training step of a Fourier neural operator: forward, relative L2 loss, backward, AdamW. One core. The same as
// peers/neuralop_step.py, which takes its model, batch and loss from the Python package neuraloperator.
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <numeric>
#include <semiflow/core/blas_kernels.hpp>
#include <semiflow/operators/private/fourier_operator.hpp>
#include <semiflow/operators/private/losses.hpp>
#include <semiflow/operators/private/trainer.hpp>
#include <semiflow/operators/torch_setup.hpp>

using namespace semiflow;

namespace {

void measure(const char* name, const FourierOperatorOptions& options, std::vector<int64_t> shape,
             const Communicator& comm) {
  torch::manual_seed(1);
  FourierOperator network(options);
  TrainingOptions training;
  training.batch = shape[0];
  training.parts = comm.size();
  Trainer trainer(*network, training, comm);
  shape.push_back(1);
  const torch::Tensor x = torch::randn(shape), y = torch::randn(shape);
  std::vector<Index> batch(static_cast<std::size_t>(shape[0]));
  std::iota(batch.begin(), batch.end(), 0);
  std::vector<double> times, inference;
  for (int i = 0; i < 15; ++i) {
    const auto start = std::chrono::steady_clock::now();
    trainer.step(
        [&](std::span<const Index> part) {
          const Index begin = part.front(), end = part.back() + 1;
          return relative_error(network(x.slice(0, begin, end)), y.slice(0, begin, end));
        },
        batch, 1e-4);
    times.push_back(1e3 * std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    const torch::NoGradGuard guard;
    const auto again = std::chrono::steady_clock::now();
    network(x);
    inference.push_back(1e3 * std::chrono::duration<double>(std::chrono::steady_clock::now() - again).count());
  }
  std::sort(times.begin(), times.end());
  std::sort(inference.begin(), inference.end());
  if (comm.rank() == 0)
    std::printf("%s, %ld parameters, %d ranks: step %.1f ms (median %.1f), inference %.1f (%.1f)\n", name,
                static_cast<long>(trainer.parameter_count()), comm.size(), times.front(), times[7], inference.front(),
                inference[7]);
}

}  // namespace

int main(int argc, char* argv[]) {
  use_better_blas_kernels(argv);
  MPI_Init(&argc, &argv);
  {
    const Communicator comm = Communicator::duplicate_of(MPI_COMM_WORLD);
    prepare_torch();
    measure("line, batch 32, 1024 points, width 64, 17 modes", {.modes = {17}, .width = 64, .layers = 4, .head = 128},
            {32, 1024}, comm);
    measure("plane, batch 16, 64 x 64 points, width 32, 12 x 13 modes",
            {.modes = {12, 13}, .width = 32, .layers = 4, .head = 64}, {16, 64, 64}, comm);
  }
  MPI_Finalize();
}
