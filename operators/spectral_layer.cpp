#include "private/spectral_layer.hpp"

#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <semiflow/core/error.hpp>

namespace semiflow {

using torch::indexing::None;
using torch::indexing::Slice;

namespace {

std::vector<int64_t> points_of(const torch::Tensor& x) { return {x.sizes().begin() + 1, x.sizes().end() - 1}; }

int64_t mode_count(const std::vector<int64_t>& modes) {
  return std::accumulate(modes.begin(), modes.end(), int64_t{1} << (modes.size() - 1), std::multiplies<>());
}

}  // namespace

SpectralLayerImpl::SpectralLayerImpl(SpectralLayerOptions options) : options_(std::move(options)) {
  require(options_.modes.size() == 1 || options_.modes.size() == 2, "a spectral layer has one or two axes");
  for (const int64_t m : options_.modes) require(m >= 1, "a spectral layer keeps at least one harmonic of every axis");
  // Li's initial weights, uniform in [0, 1), have a mean; ours are centred and keep the variance of white noise.
  const double scale = 1 / std::sqrt(2.0 * static_cast<double>(options_.in_channels));
  const std::vector<int64_t> shape{mode_count(options_.modes), options_.in_channels, options_.out_channels};
  real_ = register_parameter("real", scale * torch::randn(shape));
  imaginary_ = register_parameter("imaginary", scale * torch::randn(shape));
}

torch::Tensor SpectralLayerImpl::line_by_fft(const torch::Tensor& x) const {
  const int64_t n = x.size(1), m = options_.modes[0];
  const torch::Tensor modes = torch::fft::rfft(x, n, 1, "forward").slice(1, 0, m);
  const torch::Tensor weighted = torch::einsum("bmi,mio->bmo", {modes, torch::complex(real_, imaginary_)});
  const torch::Tensor all = torch::constant_pad_nd(torch::view_as_real(weighted), {0, 0, 0, 0, 0, n / 2 + 1 - m});
  return torch::fft::irfft(torch::view_as_complex(all), n, 1, "forward");
}

torch::Tensor SpectralLayerImpl::plane_by_fft(const torch::Tensor& x) const {
  const int64_t ny = x.size(1), nx = x.size(2), my = options_.modes[0], mx = options_.modes[1];
  const torch::Tensor all = torch::fft::rfft2(x, {ny, nx}, {1, 2}, "forward").slice(2, 0, mx);
  const torch::Tensor kept = torch::cat({all.slice(1, ny - my, ny), all.slice(1, 0, my)}, 1);
  const torch::Tensor weights = torch::complex(real_, imaginary_).view({2 * my, mx, real_.size(1), real_.size(2)});
  const torch::Tensor weighted = torch::view_as_real(torch::einsum("byxi,yxio->byxo", {kept, weights}));
  const torch::Tensor wide = torch::constant_pad_nd(weighted, {0, 0, 0, 0, 0, nx / 2 + 1 - mx});
  const torch::Tensor gap = torch::constant_pad_nd(wide.slice(1, my, 2 * my), {0, 0, 0, 0, 0, 0, 0, ny - 2 * my});
  const torch::Tensor whole = torch::cat({gap, wide.slice(1, 0, my)}, 1).contiguous();
  return torch::fft::irfft2(torch::view_as_complex(whole), {ny, nx}, {1, 2}, "forward");
}

void SpectralLayerImpl::check(const std::vector<int64_t>& grid) const {
  require(grid.size() == options_.modes.size(), "the values have as many axes as the spectral layer");
  for (std::size_t axis = 0; axis < grid.size(); ++axis) {
    const bool last = axis + 1 == grid.size();
    const int64_t needed = last ? 2 * (options_.modes[axis] - 1) : 2 * options_.modes[axis];
    if (grid[axis] < needed)
      throw Error(Fault::input, "spectral layer",
                  "an axis of " + std::to_string(grid[axis]) + " points does not carry " +
                      std::to_string(options_.modes[axis]) + " harmonics",
                  "give at least " + std::to_string(needed) + " points");
  }
}

torch::Tensor SpectralLayerImpl::forward(const torch::Tensor& x) { return block(x, {}, {}, false); }

torch::Tensor SpectralLayerImpl::block(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                                       bool gelu) {
  const std::vector<int64_t> grid = points_of(x);
  check(grid);
  if (path == SpectralPath::fft) {
    torch::Tensor y = grid.size() == 1 ? line_by_fft(x) : plane_by_fft(x);
    if (weight.defined()) y = y + torch::linear(x, weight, bias);
    return gelu ? torch::gelu(y) : y;
  }
  if (!products_ || products_->points != grid || products_->analysis.scalar_type() != x.scalar_type())
    products_ = std::make_shared<const SpectralProducts>(grid, options_.modes, x.scalar_type());
  return spectral_block(x, real_, imaginary_, weight, bias, gelu, products_);
}

SpectralPath timed_path(const SpectralLayerOptions& options, const std::vector<int64_t>& shape) {
  SpectralLayer layer(options);
  const torch::Tensor x = torch::ones(shape, torch::requires_grad());
  const auto seconds = [&](SpectralPath path) {
    layer->path = path;
    double least = std::numeric_limits<double>::infinity();
    for (int trial = 0; trial < 3; ++trial) {  // the first one also makes the matrices and finds memory
      const auto start = std::chrono::steady_clock::now();
      layer->forward(x).sum().backward();
      least = std::min(least, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return least;
  };
  return seconds(SpectralPath::products) <= seconds(SpectralPath::fft) ? SpectralPath::products : SpectralPath::fft;
}

}  // namespace semiflow
