#include <algorithm>
#include <cmath>
#include <semiflow/core/error.hpp>
#include <semiflow/operators/torch_setup.hpp>

#include "private/fit.hpp"
#include "private/fourier_space.hpp"
#include "private/learned_gain_state.hpp"

namespace semiflow {

LearnedGain::LearnedGain(const Grid& grid, Index fields, const LearnedGainOptions& options) {
  prepare_torch();
  require(fields >= 1 && options.longest_gap >= 1, "a gain is of at least one field and tells at least one gap");
  require(options.width == 0 || std::ssize(options.modes) == grid.dimensions(), "a gain has modes for every axis");
  state_ = std::make_unique<State>(grid, fields, options);
}
LearnedGain::LearnedGain(LearnedGain&&) noexcept = default;
LearnedGain& LearnedGain::operator=(LearnedGain&&) noexcept = default;
LearnedGain::~LearnedGain() = default;

namespace {

void check(const GainSamples& s, Index size) {
  require(s.count() >= 1, "a gain is trained with at least one sample");
  for (const Eigen::MatrixXd* m : {&s.forecast, &s.measured, &s.truth})
    require(m->rows() == size && m->cols() == s.count() && m->allFinite(), "samples of a gain are finite states");
  require(std::ssize(s.gaps) == s.count() && std::ssize(s.noise_std) == s.count(),
          "every sample has a gap and a noise");
  for (const double n : s.noise_std) require(n > 0, "the noise of a measurement has a positive standard deviation");
}

}  // namespace

std::vector<EpochReport> LearnedGain::fit(const GainSamples& samples, const TrainingOptions& options,
                                          const Communicator& comm, Index recent) {
  State& s = *state_;
  check(samples, s.grid.points() * s.fields);
  const torch::Tensor forecast = from_columns(samples.forecast, s.grid), truth = from_columns(samples.truth, s.grid);
  const torch::Tensor measured = from_columns(samples.measured, s.grid);
  s.levels = samples.noise_std;
  std::ranges::sort(s.levels);
  s.levels.erase(std::unique(s.levels.begin(), s.levels.end()), s.levels.end());
  const int64_t begin = recent > 0 ? std::max<Index>(0, samples.count() - recent) : 0;
  s.fit_constant(forecast.slice(0, begin), measured.slice(0, begin), truth.slice(0, begin));
  const torch::Tensor flat = truth.flatten(0, -2);
  s.mean = flat.mean(0);
  s.std = flat.std(0, false).clamp_min(1e-12);

  // Mean powers by level and gap; a gap that never came has that of the next shorter one, or longer if there is none.
  const torch::Tensor error =
      to_modes(truth - forecast, field_axes(s.grid)).abs().square() * static_cast<double>(s.grid.points());
  const auto rows = static_cast<int64_t>(s.levels.size()) * s.options.longest_gap;
  const torch::Tensor row = s.rows(samples.gaps, samples.noise_std);
  torch::Tensor counts = torch::ones({samples.count()});
  counts.slice(0, 0, begin).zero_();
  std::vector<int64_t> shape = error.sizes().vec();
  shape[0] = rows;
  std::vector<int64_t> by_sample(shape.size(), 1);
  by_sample[0] = samples.count();
  torch::Tensor sum = torch::zeros(shape).index_add(0, row, error * counts.view(by_sample)),
                count = torch::zeros({rows}).index_add(0, row, counts);
  for (int64_t level = 0; level < std::ssize(s.levels); ++level) {
    int64_t known = -1;
    for (int64_t pass = 0; pass < 2; ++pass)
      for (int64_t g = 0; g < s.options.longest_gap; ++g) {
        const int64_t at = level * s.options.longest_gap + (pass == 0 ? g : s.options.longest_gap - 1 - g);
        if (count[at].item<double>() > 0) {
          known = at;
        } else if (known >= 0) {
          sum[at] = sum[known];
          count[at] = count[known];
        }
      }
  }
  shape.assign(shape.size(), 1);
  shape[0] = rows;
  s.power = (sum / count.clamp_min(1).view(shape))
                .unflatten(0, {static_cast<int64_t>(s.levels.size()), s.options.longest_gap});
  if (s.network.is_empty() || options.epochs == 0) return {};

  const State::Prepared all = s.prepare(forecast, measured, samples.gaps, samples.noise_std);
  Objective objective{.network = s, .samples = samples.count(), .loss = {}};
  objective.loss = [&](std::span<const Index> items, Index) {
    const torch::Tensor index = torch::tensor(std::vector<int64_t>(items.begin(), items.end()), torch::kLong);
    const torch::Tensor factor = all.factor.index_select(0, index);
    const torch::Tensor analysis =
        s.corrected({all.corrected.index_select(0, index), all.input.index_select(0, index), factor});
    return ((analysis - truth.index_select(0, index)) / (s.gate() ? s.std : factor)).square().mean();
  };
  return semiflow::fit(objective, options, comm, {});
}

void LearnedGain::analyse(EnsembleRef states, EnsembleView measured, std::span<const Index> gaps,
                          double noise_std) const {
  State& s = *state_;
  require(s.power.defined(), "a learned gain must be trained before it corrects anything");
  require(states.rows() == s.grid.points() * s.fields && measured.rows() == states.rows() &&
              measured.cols() == states.cols() && std::ssize(gaps) == states.cols(),
          "a learned gain corrects whole states, each with its own measurement and gap");
  if (states.cols() == 0) return;
  const torch::NoGradGuard guard;
  const std::vector<double> noise(gaps.size(), noise_std);
  const State::Prepared p = s.prepare(from_columns(states, s.grid), from_columns(measured, s.grid), gaps, noise);
  states = to_columns(s.corrected(p));
}

Eigen::MatrixXd LearnedGain::weights() const {
  const State& s = *state_;
  require(s.power.defined(), "a learned gain must be trained before it is stored");
  std::vector<torch::Tensor> parts{torch::tensor({static_cast<double>(s.levels.size())}, torch::kDouble),
                                   torch::tensor(s.levels, torch::kDouble),
                                   s.power.flatten(),
                                   s.mean,
                                   s.std,
                                   s.constant};
  for (const torch::Tensor& p : s.parameters()) parts.push_back(p.detach().flatten());
  for (torch::Tensor& part : parts) part = part.to(torch::kDouble);
  const torch::Tensor flat = torch::cat(parts);
  return Eigen::Map<const Eigen::MatrixXd>(flat.data_ptr<double>(), flat.numel(), 1);
}

void LearnedGain::set_weights(const Eigen::MatrixXd& weights) {
  State& s = *state_;
  Index begin = 0;
  const auto take = [&](Index count) {
    require(begin + count <= weights.size(), "the weights are of another gain: there are too few");
    begin += count;
    return Eigen::VectorXd(weights.col(0).segment(begin - count, count));
  };
  const auto tensor = [&](const std::vector<int64_t>& shape) {
    int64_t count = 1;
    for (const int64_t n : shape) count *= n;
    Eigen::VectorXd values = take(count);
    return torch::from_blob(values.data(), shape, torch::kDouble).to(torch::kFloat);
  };
  const Eigen::VectorXd levels = take(static_cast<Index>(take(1)(0)));
  s.levels.assign(levels.begin(), levels.end());
  std::vector<int64_t> shape = mode_shape(s.grid);
  shape.insert(shape.begin(), {static_cast<int64_t>(levels.size()), s.options.longest_gap});
  shape.push_back(s.fields);
  s.power = tensor(shape);
  s.mean = tensor({s.fields});
  s.std = tensor({s.fields});
  s.constant = tensor({s.fields});
  const torch::NoGradGuard guard;
  for (torch::Tensor& p : s.parameters()) p.copy_(tensor(p.sizes().vec()));
  require(begin == weights.size(), "the weights are of another gain: there are too many");
}

}  // namespace semiflow
