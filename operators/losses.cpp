#include "private/losses.hpp"

namespace semiflow {

namespace {

torch::Tensor square_norm(const torch::Tensor& values) { return values.flatten(1).square().sum(1); }

}  // namespace

torch::Tensor relative_square_error(const torch::Tensor& predicted, const torch::Tensor& target) {
  return (square_norm(predicted - target) / square_norm(target)).mean();
}

torch::Tensor relative_error(const torch::Tensor& predicted, const torch::Tensor& target) {
  // The root has no derivative at 0, and a perfect prediction must not give NaN.
  return ((square_norm(predicted - target) / square_norm(target)) + 1e-20).sqrt().mean();
}

torch::Tensor at_radius(const torch::Tensor& states, const torch::Tensor& centre, const torch::Tensor& radius) {
  std::vector<int64_t> each(static_cast<std::size_t>(states.dim()), 1);
  each.front() = states.size(0);
  const torch::Tensor away = states - centre, ratio = radius / square_norm(away).sqrt();
  return centre + away * ratio.reshape(each);
}

torch::Tensor dissipative_error(const torch::Tensor& far, const torch::Tensor& moved, const torch::Tensor& centre,
                                double factor) {
  const torch::Tensor away = far - centre;
  return (square_norm(moved - centre - factor * away) / square_norm(away)).mean();
}

torch::Tensor sobolev_weighted(const torch::Tensor& values, double order) {
  if (order == 0) return values;
  const int64_t axes = values.dim() - 2;
  std::vector<int64_t> dims, points;
  torch::Tensor square = torch::zeros({1}, values.options());
  for (int64_t axis = 0; axis < axes; ++axis) {
    dims.push_back(axis + 1);
    points.push_back(values.size(axis + 1));
    const auto n = static_cast<double>(points.back());
    const torch::Tensor k = axis + 1 == axes ? torch::fft::rfftfreq(points.back(), 1 / n, values.options())
                                             : torch::fft::fftfreq(points.back(), 1 / n, values.options());
    square = square.unsqueeze(-1) + k.square();
  }
  const torch::Tensor weight = (1 + square).pow(order / 2).squeeze(0).unsqueeze(-1);
  return torch::fft::irfftn(torch::fft::rfftn(values, points, dims) * weight, points, dims);
}

}  // namespace semiflow
