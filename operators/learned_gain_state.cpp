#include "private/learned_gain_state.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "private/fourier_space.hpp"

namespace semiflow {

LearnedGain::State::State(const Grid& g, Index field_count, const LearnedGainOptions& o)
    : grid(g), fields(field_count), options(o) {
  torch::manual_seed(o.seed);
  mean = torch::zeros({fields});
  std = torch::ones({fields});
  constant = torch::zeros({fields});
  if (o.width == 0) return;
  network =
      register_module("network", FourierOperator(FourierOperatorOptions{.in_fields = gate() ? fields : 3 * fields + 2,
                                                                        .out_fields = fields,
                                                                        .modes = {o.modes.begin(), o.modes.end()},
                                                                        .width = o.width,
                                                                        .layers = o.layers,
                                                                        .head = o.head,
                                                                        .position = false}));
  network->silence();
}

torch::Tensor LearnedGain::State::rows(std::span<const Index> gaps, std::span<const double> noise) const {
  std::vector<int64_t> rows;
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    const auto near =
        std::ranges::min_element(levels, {}, [&](double level) { return std::abs(std::log(level / noise[i])); });
    rows.push_back((near - levels.begin()) * options.longest_gap + std::clamp<Index>(gaps[i], 1, options.longest_gap) -
                   1);
  }
  return torch::tensor(rows, torch::kLong);
}

std::vector<int64_t> LearnedGain::State::scalar_shape(int64_t samples) const {
  std::vector<int64_t> shape(static_cast<std::size_t>(grid.dimensions()) + 2, 1);
  shape[0] = samples;
  return shape;
}

LearnedGain::State::Prepared LearnedGain::State::prepare(const torch::Tensor& forecast, const torch::Tensor& measured,
                                                         std::span<const Index> gaps,
                                                         std::span<const double> noise) const {
  if (gate()) return {forecast, (forecast - mean) / std, measured - forecast};
  const int64_t samples = forecast.size(0);
  const torch::Tensor p = power.flatten(0, 1).index_select(0, rows(gaps, noise));
  const torch::Tensor sigma = torch::tensor(std::vector<double>(noise.begin(), noise.end()), torch::kDouble)
                                  .to(torch::kFloat)
                                  .view(scalar_shape(samples));
  const torch::Tensor r = sigma.square(), gain = p / (p + r);
  const torch::Tensor innovation = measured - forecast;
  const std::vector<int64_t> axes = field_axes(grid);
  const torch::Tensor step = to_points(gain * to_modes(innovation, axes), axes, point_shape(grid));
  // Means over all harmonics of the full spectrum; conjugates count as well.
  const Eigen::ArrayXd twice = grid.multiplicity();
  std::vector<int64_t> shape = mode_shape(grid);
  shape.push_back(1);
  const torch::Tensor weight =
      torch::from_blob(const_cast<double*>(twice.data()), shape, torch::kDouble).to(torch::kFloat) /
      static_cast<double>(grid.points() * fields);
  const torch::Tensor left = (gain * r * weight).flatten(1).sum(1).sqrt().view(scalar_shape(samples));
  const torch::Tensor spread = ((p + r) * weight).flatten(1).sum(1).sqrt().view(scalar_shape(samples));
  std::vector<int64_t> whole = forecast.sizes().vec();
  whole.back() = 1;
  torch::Tensor g = torch::empty({samples});
  for (int64_t i = 0; i < samples; ++i)
    g[i] = std::log(static_cast<double>(std::min(gaps[static_cast<std::size_t>(i)], options.longest_gap)));
  const torch::Tensor input = torch::cat({(forecast - mean) / std, innovation / spread, step / left,
                                          g.view(scalar_shape(samples)).expand(whole), (left / sigma).expand(whole)},
                                         -1);
  return {forecast + step, input, left};
}

torch::Tensor LearnedGain::State::corrected(const Prepared& p) {
  if (gate())
    return p.corrected + p.factor * torch::sigmoid(network.is_empty() ? constant : constant + network(p.input));
  if (network.is_empty()) return p.corrected;
  const torch::Tensor w = network(p.input);
  std::vector<int64_t> points(static_cast<std::size_t>(grid.dimensions()));
  std::iota(points.begin(), points.end(), 1);
  return p.corrected + p.factor * (w - w.mean(points, true));
}

void LearnedGain::State::fit_constant(const torch::Tensor& forecast, const torch::Tensor& measured,
                                      const torch::Tensor& truth) {
  const torch::Tensor innovation = (measured - forecast).flatten(0, -2), error = (truth - forecast).flatten(0, -2);
  constant = torch::logit((innovation * error).sum(0) / innovation.square().sum(0).clamp_min(1e-30), 1e-3);
}

}  // namespace semiflow
