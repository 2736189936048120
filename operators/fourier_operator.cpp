#include "private/fourier_operator.hpp"

#include <semiflow/core/error.hpp>

#include "private/hidden_layer.hpp"

namespace semiflow {

namespace {

// The position along every axis as further channels.
torch::Tensor with_position(const torch::Tensor& x) {
  std::vector<torch::Tensor> parts{x};
  for (int64_t axis = 1; axis + 1 < x.dim(); ++axis) {
    std::vector<int64_t> shape(static_cast<std::size_t>(x.dim()), 1), whole = x.sizes().vec();
    shape[static_cast<std::size_t>(axis)] = x.size(axis);
    whole.back() = 1;
    const torch::Tensor along = torch::arange(x.size(axis), x.options()) / x.size(axis);
    parts.push_back(along.reshape(shape).expand(whole));
  }
  return torch::cat(parts, -1);
}

}  // namespace

FourierOperatorImpl::FourierOperatorImpl(const FourierOperatorOptions& o) : position_(o.position) {
  require(o.layers >= 1 && o.width >= 1 && o.head >= 1, "a Fourier neural operator has at least one layer and channel");
  const int64_t inputs = o.in_fields + (o.position ? static_cast<int64_t>(o.modes.size()) : 0);
  lift_ = register_module("lift", torch::nn::Linear(inputs, o.width));
  for (int64_t i = 0; i < o.layers; ++i) {
    const std::string number = std::to_string(i);
    spectral_.push_back(register_module(
        "spectral" + number,
        SpectralLayer(SpectralLayerOptions{.in_channels = o.width, .out_channels = o.width, .modes = o.modes})));
    pointwise_.push_back(register_module("pointwise" + number, torch::nn::Linear(o.width, o.width)));
  }
  hidden_ = register_module("hidden", torch::nn::Linear(o.width, o.head));
  head_ = register_module("head", torch::nn::Linear(o.head, o.out_fields));
}

torch::Tensor FourierOperatorImpl::forward(const torch::Tensor& x) {
  torch::Tensor h = lift_(position_ ? with_position(x) : x);
  for (std::size_t i = 0; i < spectral_.size(); ++i)
    h = spectral_[i]->block(h, pointwise_[i]->weight, pointwise_[i]->bias, i + 1 < spectral_.size());
  return hidden_layer(h, hidden_->weight, hidden_->bias, head_->weight) + head_->bias;
}

void FourierOperatorImpl::silence() {
  const torch::NoGradGuard guard;
  head_->weight.zero_();
  head_->bias.zero_();
}

void FourierOperatorImpl::set_path(SpectralPath path) {
  for (SpectralLayer& layer : spectral_) layer->path = path;
}

}  // namespace semiflow
