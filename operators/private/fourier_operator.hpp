#pragma once
#include "spectral_layer.hpp"

namespace semiflow {

struct FourierOperatorOptions {
  int64_t in_fields = 1, out_fields = 1;
  std::vector<int64_t> modes{16};  ///< of every axis, as in SpectralLayerOptions
  int64_t width = 64;              ///< channels within
  int64_t layers = 4;
  int64_t head = 128;  ///< channels of the last hidden layer
  /// The position in units of the period is an input too. Without it the operator commutes with translations.
  bool position = true;
};

/// The Fourier neural operator (Li et al. 2021): lifted to the width, layers of gelu(spectral layer + linear map of the
/// channels), the last one without gelu, and a head of one hidden layer. Values are [batch, points..., field], so that
/// every linear map is one product of large matrices.
class FourierOperatorImpl : public torch::nn::Module {
 public:
  explicit FourierOperatorImpl(const FourierOperatorOptions& options);

  torch::Tensor forward(const torch::Tensor& x);

  void set_path(SpectralPath path);
  /// Sets the last layer to 0, so that the operator gives 0 until it is trained.
  void silence();

 private:
  bool position_;
  torch::nn::Linear lift_{nullptr}, hidden_{nullptr}, head_{nullptr};
  std::vector<SpectralLayer> spectral_;
  std::vector<torch::nn::Linear> pointwise_;
};
TORCH_MODULE(FourierOperator);

}  // namespace semiflow
