#pragma once
#include <torch/torch.h>

#include <semiflow/core/checkpoint.hpp>
#include <semiflow/core/communicator.hpp>
#include <semiflow/operators/training_options.hpp>
#include <span>

namespace semiflow {

/// Adam with decoupled weight decay (Kingma & Ba 2015; Loshchilov & Hutter 2019) on all parameters of a network at once.
///
/// The parameters become parts of one flat array, as do their gradients, so that a step is a handful of operations and one
/// sum over ranks, whatever the number of layers. Each rank updates its share of the parameters and hands it to the others, as in
/// ZeRO (Rajbhandari et al. 2020), but for the memory: the moments of all lie on every rank. The network must outlive the trainer and keep
/// its parameters.
class Trainer {
 public:
  /// Every rank has the same network. Collective, as everything but the accessors.
  Trainer(torch::nn::Module& network, const TrainingOptions& options, const Communicator& comm);

  /// The mean loss of some samples, with a graph to differentiate.
  using Loss = std::function<torch::Tensor(std::span<const Index> samples)>;

  /// One step down the gradient of the mean loss over the batch, which every rank passes whole. Returns that mean. Throws
  /// Error(Fault::run) on every rank if it is not finite; the parameters are then as before.
  double step(const Loss& loss, std::span<const Index> batch, double learning_rate);

  /// Runs with the averaged parameters in the network, if there are any.
  void with_average(const std::function<void()>& work);

  Index parameter_count() const { return values_.numel(); }
  /// Collective. The parameters of a network, flat and in the order of their registration; the averaged ones if there are any.
  Eigen::MatrixXd kept() const;

  void save(Checkpoint& checkpoint) const;
  /// Bit for bit what was saved. Throws Error if it was another network.
  void load(const Checkpoint& checkpoint);

 private:
  void differentiate(const torch::Tensor& value, torch::Tensor gradient);
  template <class Work>
  void for_my_blocks(const Work& work) const;
  double gradient_norm() const;
  // AdamW (Loshchilov & Hutter 2019) of my share, with the gradient times a factor.
  void update(double learning_rate, double gradient_scale);

  TrainingOptions options_;
  const Communicator& comm_;
  std::vector<torch::Tensor> parameters_;              // those of the network, in values_
  torch::Tensor values_, decays_;                      // [parameter]
  torch::Tensor gradient_, first_, second_, average_;  // [parameter], of which my share is up to date
  Index steps_ = 0;
};

/// All parameters of a network, flat: [parameter].
Eigen::MatrixXd flat_parameters(const torch::nn::Module& network);
/// The way back. Throws Error if their number is another.
void set_flat_parameters(torch::nn::Module& network, const Eigen::MatrixXd& values);

}  // namespace semiflow
