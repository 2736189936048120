#pragma once
#include <torch/torch.h>

#include <vector>

#include "script.hpp"

namespace semiflow {

struct DeepOperatorNetworkOptions {
  std::vector<int64_t> points;  ///< of the grid, slowest first: the sensors
  int64_t in_fields = 1, out_fields = 1;
  std::vector<int64_t> modes{16};  ///< harmonics that the trunk sees of every axis, 0 to m - 1
  int64_t width = 32;              ///< of the hidden layers of branch and trunk,
  int64_t layers = 2;              ///< so many in each
  int64_t basis = 64;              ///< products of branch and trunk that are summed
};

/// DeepONet (Lu et al. 2021) on a periodic grid: the value of field f at the point x is
///
///   sum_p b_fp(z) t_p(x) + c_f,
///
/// the branch b being a network of all values of the state z, the trunk t one of the cosines and sines of x, so that it is
/// periodic. Values are [batch, points..., field]. Unlike a Fourier neural operator it knows where it is, and its sensors
/// are the points of one grid.
class DeepOperatorNetworkImpl : public torch::nn::Module {
 public:
  explicit DeepOperatorNetworkImpl(const DeepOperatorNetworkOptions& options);

  torch::Tensor forward(const torch::Tensor& x);

  /// def name(self, x), for weights that have this prefix in the script.
  Script script(const std::string& name, const std::string& prefix) const;

 private:
  torch::nn::Sequential network(const std::string& name, int64_t in, int64_t out);

  DeepOperatorNetworkOptions options_;
  torch::nn::Sequential branch_{nullptr}, trunk_{nullptr};
  torch::Tensor features_, offset_;  // [point, feature], and c [field]
};
TORCH_MODULE(DeepOperatorNetwork);

}  // namespace semiflow
