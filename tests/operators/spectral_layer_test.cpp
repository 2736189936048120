#include <catch2/catch.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/operators/private/fourier_operator.hpp>
#include <semiflow/operators/private/gelu.hpp>
#include <semiflow/operators/private/hidden_layer.hpp>
#include <semiflow/operators/private/truncated_dft.hpp>
#include <semiflow/operators/torch_setup.hpp>

using namespace semiflow;

namespace {

double distance(const torch::Tensor& a, const torch::Tensor& b) {
  const double gap = (a - b).abs().max().item<double>(), size = b.abs().max().item<double>();
  return size > 0 ? gap / size : gap;
}

// Value, gradient of the input and gradients of the weights.
std::vector<torch::Tensor> all_of(SpectralLayer& layer, SpectralPath path, const torch::Tensor& values) {
  layer->path = path;
  layer->zero_grad();
  const torch::Tensor x = values.clone().requires_grad_();
  const torch::Tensor y = layer(x);
  (y * torch::cos(torch::arange(y.numel(), y.options()).view_as(y))).sum().backward();
  std::vector<torch::Tensor> all{y.detach(), x.grad()};
  for (const torch::Tensor& p : layer->parameters()) all.push_back(p.grad().clone());
  return all;
}

}  // namespace

TEST_CASE("A truncated transform is a projection", "[spectral]") {
  prepare_torch();
  for (const int64_t n : {16, 17}) {
    const torch::Tensor there = line_analysis(n, 9, torch::kDouble), back = line_synthesis(n, 9, torch::kDouble);
    CHECK((torch::matmul(back, there) - torch::eye(n, torch::kDouble)).abs().max().item<double>() < 1e-14);
    const torch::Tensor few = torch::matmul(line_synthesis(n, 4, torch::kDouble), line_analysis(n, 4, torch::kDouble));
    CHECK((torch::matmul(few, few) - few).abs().max().item<double>() < 1e-14);
  }
  const torch::Tensor whole =
      torch::matmul(complex_synthesis(8, 4, torch::kDouble), complex_analysis(8, 4, torch::kDouble));
  CHECK((whole - torch::eye(16, torch::kDouble)).abs().max().item<double>() < 1e-14);
}

TEST_CASE("Products and fast transforms give the same layer and the same gradients", "[spectral]") {
  prepare_torch();
  torch::manual_seed(1);
  struct Case {
    std::vector<int64_t> modes, shape;
  };
  for (const Case& c : {Case{{4}, {3, 16, 5}}, Case{{9}, {2, 16, 5}}, Case{{6}, {2, 15, 5}}, Case{{1}, {2, 7, 5}},
                        Case{{3, 4}, {2, 10, 12, 5}}, Case{{5, 7}, {2, 10, 12, 5}}, Case{{3, 5}, {2, 9, 11, 5}}}) {
    CAPTURE(c.modes, c.shape);
    SpectralLayer layer(SpectralLayerOptions{.in_channels = 5, .out_channels = 4, .modes = c.modes});
    for (const auto& [type, bar] : {std::pair{torch::kDouble, 1e-13}, {torch::kFloat, 5e-6}}) {
      layer->to(type);
      const torch::Tensor x = torch::randn(c.shape, type);
      const auto products = all_of(layer, SpectralPath::products, x), fft = all_of(layer, SpectralPath::fft, x);
      for (std::size_t i = 0; i < products.size(); ++i) CHECK(distance(products[i], fft[i]) < bar);
    }
  }
}

TEST_CASE("One harmonic of a spectral layer is multiplied by its complex weight", "[spectral]") {
  prepare_torch();
  SpectralLayer layer(SpectralLayerOptions{.in_channels = 1, .out_channels = 1, .modes = {4}});
  layer->to(torch::kDouble);
  const torch::NoGradGuard guard;
  layer->named_parameters()["real"][2][0][0] = 3.0;
  layer->named_parameters()["imaginary"][2][0][0] = -2.0;
  const torch::Tensor phase = torch::arange(32, torch::kDouble) * (2 * 2 * M_PI / 32);
  const torch::Tensor y = layer(phase.cos().view({1, 32, 1})).flatten();
  // (3 - 2i) e^{i phase} has the real part 3 cos + 2 sin.
  CHECK(distance(y, 3 * phase.cos() + 2 * phase.sin()) < 1e-14);
}

TEST_CASE("A Fourier neural operator without position commutes with translations and works on any grid", "[spectral]") {
  prepare_torch();
  torch::manual_seed(2);
  FourierOperator net(FourierOperatorOptions{.modes = {5}, .width = 6, .layers = 2, .head = 7, .position = false});
  net->to(torch::kDouble);
  const torch::NoGradGuard guard;
  const torch::Tensor x = torch::randn({2, 24, 1}, torch::kDouble);
  CHECK(distance(net(x.roll(5, 1)), net(x).roll(5, 1)) < 1e-13);

  // gelu makes harmonics beyond any grid, so resolutions agree only up to those: few on a smooth field.
  const auto smooth = [](int64_t n) {
    const torch::Tensor phase = torch::arange(n, torch::kDouble) * (2 * M_PI / static_cast<double>(n));
    return (phase.sin() + 0.3 * (2 * phase).cos()).view({1, n, 1});
  };
  const torch::Tensor coarse = net(smooth(64)), fine = net(smooth(256));
  CHECK(distance(coarse, fine.slice(1, 0, 256, 4)) < 1e-6);
}

TEST_CASE("A spectral layer says what it lacks", "[spectral]") {
  prepare_torch();
  CHECK_THROWS_WITH(SpectralLayer(SpectralLayerOptions{.modes = {2, 2, 2}}), Catch::Contains("one or two axes"));
  SpectralLayer layer(SpectralLayerOptions{.modes = {6}});
  CHECK_THROWS_WITH(layer(torch::ones({1, 9, 1})), Catch::Contains("at least 10 points"));
  CHECK_THROWS_WITH(layer(torch::ones({1, 9, 9, 1})), Catch::Contains("as many axes"));
}

TEST_CASE("A layer as one operation is the layer of its parts", "[spectral]") {
  prepare_torch();
  torch::manual_seed(3);
  for (const std::vector<int64_t>& grid : {std::vector<int64_t>{18}, {10, 12}}) {
    FourierOperator net(FourierOperatorOptions{
        .in_fields = 2, .modes = std::vector<int64_t>(grid.size(), 4), .width = 6, .layers = 3, .head = 7});
    for (const auto& [type, bar] : {std::pair{torch::kDouble, 1e-12}, {torch::kFloat, 5e-6}}) {
      net->to(type);
      std::vector<int64_t> shape{3};
      shape.insert(shape.end(), grid.begin(), grid.end());
      shape.push_back(2);
      const torch::Tensor values = torch::randn(shape, type);
      std::vector<std::vector<torch::Tensor>> both;
      for (const SpectralPath path : {SpectralPath::products, SpectralPath::fft}) {
        net->set_path(path);
        net->zero_grad();
        const torch::Tensor x = values.clone().requires_grad_(), y = net(x);
        y.square().sum().backward();
        both.push_back({y.detach(), x.grad()});
        for (const torch::Tensor& p : net->parameters()) both.back().push_back(p.grad().clone());
      }
      for (std::size_t i = 0; i < both[0].size(); ++i) CHECK(distance(both[0][i], both[1][i]) < bar);
    }
  }
}

TEST_CASE("gelu and its slope are those of libtorch", "[spectral]") {
  prepare_torch();
  const torch::Tensor x = torch::linspace(-20, 20, 40001), value = torch::empty_like(x), slope = torch::empty_like(x);
  gelu_with_slope(x.data_ptr<float>(), x.numel(), nullptr, 0, value.data_ptr<float>(), slope.data_ptr<float>());
  const torch::Tensor exact = x.to(torch::kDouble).requires_grad_(), y = torch::gelu(exact);
  y.sum().backward();
  CHECK((value - y).abs().max().item<double>() < 1e-6);
  CHECK((slope - exact.grad()).abs().max().item<double>() < 1e-6);
}

TEST_CASE("A hidden layer has the gradients of its parts", "[spectral]") {
  prepare_torch();
  torch::manual_seed(4);
  for (const auto& [type, bar] : {std::pair{torch::kDouble, 1e-12}, {torch::kFloat, 5e-6}}) {
    std::vector<std::vector<torch::Tensor>> both;
    for (const bool one : {true, false}) {
      torch::manual_seed(5);
      const torch::Tensor x = torch::randn({3, 211, 5}, type).requires_grad_(),
                          a = torch::randn({9, 5}, type).requires_grad_(), b = torch::randn({9}, type).requires_grad_(),
                          c = torch::randn({2, 9}, type).requires_grad_();
      const torch::Tensor y = one ? hidden_layer(x, a, b, c) : torch::linear(torch::gelu(torch::linear(x, a, b)), c);
      y.square().sum().backward();
      both.push_back({y.detach(), x.grad(), a.grad(), b.grad(), c.grad()});
    }
    for (std::size_t i = 0; i < both[0].size(); ++i) CHECK(distance(both[0][i], both[1][i]) < bar);
  }
}
