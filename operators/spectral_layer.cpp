#include "spectral_layer.hpp"

#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <semiflow/core/error.hpp>

#include "truncated_dft.hpp"

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

// modes [batch, mode, 2 in] holds the real parts of all channels, then the imaginary ones: one real product a harmonic.
torch::Tensor SpectralLayerImpl::mixed(const torch::Tensor& modes) const {
  const torch::Tensor weights =
      torch::cat({torch::cat({real_, imaginary_}, 2), torch::cat({-imaginary_, real_}, 2)}, 1);
  return torch::bmm(modes.transpose(0, 1), weights).transpose(0, 1);
}

void SpectralLayerImpl::make_matrices(const torch::Tensor& x) {
  const std::vector<int64_t> grid = points_of(x);
  if (grid == grid_ && analysis_.scalar_type() == x.scalar_type()) return;
  analysis_ = line_analysis(grid.back(), options_.modes.back(), x.scalar_type());
  synthesis_ = line_synthesis(grid.back(), options_.modes.back(), x.scalar_type());
  if (grid.size() == 2) {
    slow_analysis_ = complex_analysis(grid[0], options_.modes[0], x.scalar_type());
    slow_synthesis_ = complex_synthesis(grid[0], options_.modes[0], x.scalar_type());
  }
  grid_ = grid;
}

torch::Tensor SpectralLayerImpl::line(const torch::Tensor& x) {
  const int64_t batch = x.size(0), m = options_.modes[0];
  const torch::Tensor modes = torch::matmul(analysis_, x).reshape({batch, m, 2 * options_.in_channels});
  return torch::matmul(synthesis_, mixed(modes).reshape({batch, 2 * m, options_.out_channels}));
}

// The fast axis first, which leaves [batch, y, x mode, part, channel], then the slow one, for which the parts must lie
// beside y.
torch::Tensor SpectralLayerImpl::plane(const torch::Tensor& x) {
  const int64_t batch = x.size(0), ny = x.size(1), nx = x.size(2), my = 2 * options_.modes[0], mx = options_.modes[1];
  const int64_t in = options_.in_channels, out = options_.out_channels;
  torch::Tensor modes = torch::matmul(analysis_, x.reshape({batch * ny, nx, in}));
  modes = modes.reshape({batch, ny, mx, 2, in}).transpose(2, 3).reshape({batch, 2 * ny, mx * in});
  modes = torch::matmul(slow_analysis_, modes).reshape({batch, my, 2, mx, in}).transpose(2, 3);
  modes = mixed(modes.reshape({batch, my * mx, 2 * in})).reshape({batch, my, mx, 2, out});
  modes = torch::matmul(slow_synthesis_, modes.transpose(2, 3).reshape({batch, 2 * my, mx * out}));
  modes = modes.reshape({batch, ny, 2, mx, out}).transpose(2, 3).reshape({batch * ny, 2 * mx, out});
  return torch::matmul(synthesis_, modes).reshape({batch, ny, nx, out});
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

torch::Tensor SpectralLayerImpl::forward(const torch::Tensor& x) {
  const std::vector<int64_t> grid = points_of(x);
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
  if (path == SpectralPath::fft) return grid.size() == 1 ? line_by_fft(x) : plane_by_fft(x);
  make_matrices(x);
  return grid.size() == 1 ? line(x) : plane(x);
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
