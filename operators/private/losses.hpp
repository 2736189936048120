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

/// The states z moved away from the centre [field], until |z - centre| is the radius of each [batch].
torch::Tensor at_radius(const torch::Tensor& states, const torch::Tensor& centre, const torch::Tensor& radius);
/// |moved - centre - factor (far - centre)|^2 / |far - centre|^2, mean over the batch: see Dissipation.
torch::Tensor dissipative_error(const torch::Tensor& far, const torch::Tensor& moved, const torch::Tensor& centre,
                                double factor);

}  // namespace semiflow
