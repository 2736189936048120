#pragma once
#include <torch/torch.h>

#include <semiflow/operators/learned_gain.hpp>
#include <span>
#include <vector>

#include "fourier_operator.hpp"

namespace semiflow {

/// What a gain has learned. Fields are [sample, points..., field].
struct LearnedGain::State : torch::nn::Module {
  Grid grid;
  int64_t fields;
  LearnedGainOptions options;
  FourierOperator network{nullptr};
  std::vector<double> levels;  // noise levels that were trained with, ascending
  torch::Tensor power;         // [level, gap, modes..., field], mean |error_j|^2 of series coefficients times points
  torch::Tensor mean, std;     // [field]
  torch::Tensor constant;      // [field], logit of the best constant gain, where a gate begins

  State(const Grid& g, Index field_count, const LearnedGainOptions& o);

  bool gate() const { return options.form == GainForm::gate; }

  // The row of power of each sample, level after level.
  torch::Tensor rows(std::span<const Index> gaps, std::span<const double> noise) const;

  struct Prepared {
    torch::Tensor corrected;  // z + K e, or z for a gate
    torch::Tensor input;      // of W
    torch::Tensor factor;     // of W: a, [sample, 1..., 1], or e for a gate
  };
  Prepared prepare(const torch::Tensor& forecast, const torch::Tensor& measured, std::span<const Index> gaps,
                   std::span<const double> noise) const;
  torch::Tensor corrected(const Prepared& p);

  // The gain c that makes the forecasts of some samples best, the same at every point.
  void fit_constant(const torch::Tensor& forecast, const torch::Tensor& measured, const torch::Tensor& truth);

 private:
  std::vector<int64_t> scalar_shape(int64_t samples) const;
};

}  // namespace semiflow
