#pragma once
#include <torch/torch.h>

#include <memory>
#include <vector>

namespace semiflow {

/// The matrices of a truncated transform on a grid of one or two axes, slowest first, with the kept harmonics of
/// SpectralLayerOptions. Each has a row for every real number in Fourier space, the real parts before the imaginary ones.
struct SpectralProducts {
  std::vector<int64_t> points, modes;
  // Of the fast axis: [2 m x points]; synthesis is transposed, so that the way back is the transposed product of either.
  torch::Tensor analysis, synthesis;
  // Of the slow axis, for pairs: [2 * 2 m x 2 points]. Undefined on a line.
  torch::Tensor slow_analysis, slow_synthesis;

  SpectralProducts(std::vector<int64_t> grid, std::vector<int64_t> kept, torch::ScalarType type);
};

/// One layer of a Fourier neural operator as a single operation with a gradient of its own,
///
///   y = g(K x + W x + b),  K x = synthesis (R_k x_k),
///
/// g being gelu or the identity, R_k = real_k + i imaginary_k for every harmonic k. x [batch, points..., in], real and
/// imaginary [mode, in, out], weight [out, in], bias [out]; without a weight, y = K x. A sample is worked on while it is in
/// the cache, which saves about a third of the time of the same operations one by one. It has no second derivative.
torch::Tensor spectral_block(const torch::Tensor& x, const torch::Tensor& real, const torch::Tensor& imaginary,
                             const torch::Tensor& weight, const torch::Tensor& bias, bool gelu,
                             const std::shared_ptr<const SpectralProducts>& products);

}  // namespace semiflow
