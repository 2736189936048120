// A spectral layer by products against the same layer by fast transforms, forward and forward + backward, in turns: the
// first with channels last, as Semiflow holds them, and the textbook's, with channels first.
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <semiflow/core/blas_kernels.hpp>
#include <semiflow/operators/private/spectral_layer.hpp>
#include <semiflow/operators/torch_setup.hpp>

using namespace semiflow;

namespace {

// The layer as papers write it: [batch, channel, points...], complex weights, an einsum between two fast transforms.
torch::Tensor textbook(const torch::Tensor& x, const torch::Tensor& wr, const torch::Tensor& wi,
                       const std::vector<int64_t>& modes) {
  const torch::Tensor w = torch::complex(wr, wi);
  if (modes.size() == 1) {
    const int64_t n = x.size(2), m = modes[0];
    const torch::Tensor all = torch::fft::rfft(x, n, 2);
    torch::Tensor out = torch::zeros({x.size(0), w.size(1), n / 2 + 1}, all.options());
    out.slice(2, 0, m) = torch::einsum("bim,iom->bom", {all.slice(2, 0, m), w});
    return torch::fft::irfft(out, n, 2);
  }
  const int64_t ny = x.size(2), nx = x.size(3), my = modes[0], mx = modes[1];
  const torch::Tensor all = torch::fft::rfft2(x, {ny, nx}, {2, 3});
  torch::Tensor out = torch::zeros({x.size(0), w.size(1), ny, nx / 2 + 1}, all.options());
  out.slice(2, 0, my).slice(3, 0, mx) =
      torch::einsum("bixy,ioxy->boxy", {all.slice(2, 0, my).slice(3, 0, mx), w.slice(2, 0, my)});
  out.slice(2, ny - my, ny).slice(3, 0, mx) =
      torch::einsum("bixy,ioxy->boxy", {all.slice(2, ny - my, ny).slice(3, 0, mx), w.slice(2, my, 2 * my)});
  return torch::fft::irfft2(out, {ny, nx}, {2, 3});
}

double milliseconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return 1e3 * std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct Case {
  const char* name;
  int64_t batch, channels;
  std::vector<int64_t> points, modes;
};

void compare(const Case& c) {
  SpectralLayer layer(SpectralLayerOptions{.in_channels = c.channels, .out_channels = c.channels, .modes = c.modes});
  std::vector<int64_t> last{c.batch}, first{c.batch, c.channels}, weights{c.channels, c.channels};
  last.insert(last.end(), c.points.begin(), c.points.end());
  last.push_back(c.channels);
  first.insert(first.end(), c.points.begin(), c.points.end());
  for (std::size_t i = 0; i < c.modes.size(); ++i)
    weights.push_back(i == 0 && c.modes.size() == 2 ? 2 * c.modes[0] : c.modes[i]);
  const torch::Tensor x = torch::randn(last).requires_grad_(), y = torch::randn(first).requires_grad_();
  const torch::Tensor wr = torch::randn(weights).requires_grad_(), wi = torch::randn(weights).requires_grad_();
  const torch::Tensor gx = torch::ones(last), gy = torch::ones(first);

  const std::vector<std::function<torch::Tensor()>> forward{[&] {
                                                              layer->path = SpectralPath::products;
                                                              return layer(x);
                                                            },
                                                            [&] {
                                                              layer->path = SpectralPath::fft;
                                                              return layer(x);
                                                            },
                                                            [&] { return textbook(y, wr, wi, c.modes); }};
  std::vector<std::vector<double>> once(3), both(3);
  for (int trial = 0; trial < 30; ++trial)
    for (std::size_t i = 0; i < 3; ++i) {
      torch::Tensor out;
      {
        const torch::NoGradGuard guard;
        once[i].push_back(milliseconds([&] { forward[i](); }));
      }
      both[i].push_back(milliseconds([&] { forward[i]().backward(i < 2 ? gx : gy); }));
    }
  std::printf("%s\n", c.name);
  for (const auto& [label, times] : {std::pair{"forward", &once}, {"forward + backward", &both}}) {
    std::printf("  %-20s", label);
    std::vector<double> least, middle;
    for (std::vector<double>& t : *times) {
      std::sort(t.begin(), t.end());
      least.push_back(t.front());
      middle.push_back(t[t.size() / 2]);
    }
    std::printf(
        "products %.2f ms (median %.2f), fft %.2f (%.2f), textbook %.2f (%.2f); ratio to the textbook %.2f (%.2f)\n",
        least[0], middle[0], least[1], middle[1], least[2], middle[2], least[2] / least[0], middle[2] / middle[0]);
  }
}

}  // namespace

int main(int, char* argv[]) {
  use_better_blas_kernels(argv);
  prepare_torch();
  compare({"plane: batch 16, 32 channels, 64 x 64 points, 12 modes", 16, 32, {64, 64}, {12, 12}});
  compare({"line: batch 32, 64 channels, 512 points, 16 modes", 32, 64, {512}, {16}});
  compare({"line: batch 32, 64 channels, 1024 points, 16 modes", 32, 64, {1024}, {16}});
}
