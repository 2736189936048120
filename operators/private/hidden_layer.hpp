#pragma once
#include <torch/torch.h>

namespace semiflow {

/// second gelu(first x + bias), point by point, as a single operation with a gradient of its own: x [batch, points..., in],
/// first [hidden, in], bias [hidden], second [out, hidden]. The hidden values are the largest of a Fourier neural operator;
/// here they pass through the cache once each way. It has no second derivative.
torch::Tensor hidden_layer(const torch::Tensor& x, const torch::Tensor& first, const torch::Tensor& bias,
                           const torch::Tensor& second);

}  // namespace semiflow
