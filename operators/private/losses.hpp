#pragma once
#include <torch/torch.h>

#include <vector>

namespace semiflow {

/// Relative L2 error of every sample, mean over the batch: |p - t| / |t|. Values are [batch, points..., field].
torch::Tensor relative_error(const torch::Tensor& predicted, const torch::Tensor& target);
/// Its square: |p - t|^2 / |t|^2.
torch::Tensor relative_square_error(const torch::Tensor& predicted, const torch::Tensor& target);

/// (1 + |k|^2)^(s/2) times every harmonic, k being the integer wavenumber: after it, an L2 norm is the Sobolev norm of order
/// s. The same values for s = 0.
torch::Tensor sobolev_weighted(const torch::Tensor& values, double order);

}  // namespace semiflow
