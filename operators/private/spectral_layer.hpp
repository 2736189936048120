#pragma once
#include <torch/torch.h>

#include <memory>
#include <vector>

#include "spectral_products.hpp"

namespace semiflow {

/// How a spectral layer goes to Fourier space and back.
enum class SpectralPath {
  products,  ///< products with the matrices of a truncated transform
  fft        ///< fast transforms of all harmonics, most of which are dropped
};

struct SpectralLayerOptions {
  int64_t in_channels = 1, out_channels = 1;
  /// Of every axis, slowest first. The last axis keeps the harmonics 0, ..., m - 1, the others -m, ..., m - 1.
  std::vector<int64_t> modes{16};
};

/// The linear map of a Fourier neural operator (Li et al. 2021, eq. 4): every kept harmonic of the channels is multiplied
/// by a complex matrix of its own, all others become 0. Values are [batch, points..., channel], on one or two axes; the
/// weights do not depend on the number of points, so a trained layer works on any grid that carries its harmonics.
///
/// All parameters are real, since optimisers do not train complex ones. By products, it has no second derivative.
class SpectralLayerImpl : public torch::nn::Module {
 public:
  explicit SpectralLayerImpl(SpectralLayerOptions options);

  /// Throws Error if the grid does not carry the harmonics.
  torch::Tensor forward(const torch::Tensor& x);
  /// The same, plus weight x + bias [out, in], [out], then gelu if wanted: see spectral_block().
  torch::Tensor block(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias, bool gelu);

  SpectralPath path = SpectralPath::products;

 private:
  void check(const std::vector<int64_t>& grid) const;
  torch::Tensor line_by_fft(const torch::Tensor& x) const;
  torch::Tensor plane_by_fft(const torch::Tensor& x) const;

  SpectralLayerOptions options_;
  torch::Tensor real_, imaginary_;                    // [mode, in, out]
  std::shared_ptr<const SpectralProducts> products_;  // of the last grid that was seen
};
TORCH_MODULE(SpectralLayer);

/// The path that takes less time for a forward and a backward pass on values of this shape [batch, points..., channel].
/// Two runs may decide differently, and then differ by rounding: ranks that must agree take one's answer.
SpectralPath timed_path(const SpectralLayerOptions& options, const std::vector<int64_t>& shape);

}  // namespace semiflow
