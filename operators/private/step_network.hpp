#pragma once
#include <torch/torch.h>

#include <memory>
#include <semiflow/operators/surrogate_options.hpp>

#include "script.hpp"

namespace semiflow {

/// A network that carries states through a time step. States are [batch, points..., field] in the units of the equation.
class StepNetwork : public torch::nn::Module {
 public:
  virtual torch::Tensor step(const torch::Tensor& states, double dt) = 0;

  /// The mean and the standard deviation of every field [field], and the scale of what W has to give, from pairs of states dt
  /// apart; W itself sees and gives numbers of order one.
  virtual void fit_scales(const torch::Tensor& before, const torch::Tensor& after, double dt) = 0;

  /// The same as TorchScript, for steps of dt. Throws Error if there is none.
  virtual Script script(double dt) const;

  virtual Index parameter_count() const;

  /// The largest distance of each state from the mean of its field, in standard deviations: [batch].
  torch::Tensor extent(const torch::Tensor& states) const { return normalised(states).abs().flatten(1).amax(1); }

  const torch::Tensor& field_mean() const { return mean_; }
  const torch::Tensor& field_std() const { return std_; }

 protected:
  torch::Tensor normalised(const torch::Tensor& states) const { return (states - mean_) / std_; }
  void fit_fields(const torch::Tensor& states);

  torch::Tensor mean_, std_, scale_;  // [field], buffers: they belong to the weights
  void register_scales(int64_t fields);
};

/// The network of the options for an equation, with first weights. Throws Error if the options do not fit each other or
/// the equation. model is what a corrected solver corrects, and null for the others.
std::shared_ptr<StepNetwork> make_step_network(const SurrogateOptions& options, const Semilinear& equation,
                                               std::shared_ptr<SpectralModel> model);

}  // namespace semiflow
