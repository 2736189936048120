#include "private/truncated_dft.hpp"

#include <numbers>

namespace semiflow {

namespace {

// cos and sin of 2 pi k j / n for every harmonic k and point j, [harmonics x points], with the phase reduced in integers:
// k j may be large.
std::pair<torch::Tensor, torch::Tensor> waves(const torch::Tensor& harmonics, int64_t points) {
  const torch::Tensor turns = torch::outer(harmonics, torch::arange(points)).remainder(points);
  const torch::Tensor phase = turns.to(torch::kDouble) * (2 * std::numbers::pi / static_cast<double>(points));
  return {phase.cos(), phase.sin()};
}

}  // namespace

torch::Tensor line_analysis(int64_t points, int64_t harmonics, torch::ScalarType type) {
  const auto [cosine, sine] = waves(torch::arange(harmonics), points);
  return (torch::stack({cosine, -sine}, 1).reshape({2 * harmonics, points}) / points).to(type);
}

torch::Tensor line_synthesis(int64_t points, int64_t harmonics, torch::ScalarType type) {
  const auto [cosine, sine] = waves(torch::arange(harmonics), points);
  // A harmonic stands for its conjugate too, but for 0 and Nyquist, which are their own.
  torch::Tensor twice = torch::full({harmonics, 1}, 2.0, torch::kDouble);
  twice[0] = 1;
  if (2 * (harmonics - 1) == points) twice[harmonics - 1] = 1;
  return (torch::stack({cosine, -sine}, 1) * twice.unsqueeze(1))
      .reshape({2 * harmonics, points})
      .t()
      .contiguous()
      .to(type);
}

torch::Tensor complex_analysis(int64_t points, int64_t harmonics, torch::ScalarType type) {
  return complex_synthesis(points, harmonics, type).t().contiguous() / points;
}

torch::Tensor complex_synthesis(int64_t points, int64_t harmonics, torch::ScalarType type) {
  const auto [cosine, sine] = waves(torch::arange(-harmonics, harmonics), points);
  // (c + i s)(a + i b) = (c a - s b) + i (s a + c b): [point, part of the point, harmonic, part of the harmonic].
  const torch::Tensor real = torch::stack({cosine.t(), -sine.t()}, 2),
                      imaginary = torch::stack({sine.t(), cosine.t()}, 2);
  return torch::stack({real, imaginary}, 1).reshape({2 * points, 4 * harmonics}).contiguous().to(type);
}

}  // namespace semiflow
