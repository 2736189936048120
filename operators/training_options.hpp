#pragma once
#include <cstdint>
#include <functional>
#include <semiflow/core/ensemble.hpp>
#include <vector>

namespace semiflow {

/// How the learning rate changes from step to step.
enum class LearningRate {
  constant,
  cosine,   ///< to 0 at the last step, after a linear warm-up
  halving,  ///< by one half every halve_every epochs
  plateau   ///< by one half whenever the validation has not improved for patience epochs
};

enum class LossKind {
  relative,        ///< |p - t| / |t|, mean over samples
  relative_square  ///< |p - t|^2 / |t|^2
};

/// The dissipative loss of a Markov neural operator (Li et al. 2022): beyond the data, a step shall lead back. To the loss of
/// the data it adds
///
///   weight mean |S(x) - m - factor (x - m)|^2 / |x - m|^2,   x = m + r R (z - m) / |z - m|,   r uniform in [inner, outer],
///
/// S being a step, z the states of the batch, m the mean of every field, R the largest |z - m| of the training, and fields
/// in units of their standard deviation. Li et al. draw directions uniformly; most of such a state is in short waves, of
/// which the linear part of an equation leaves nothing, whatever the factor.
struct Dissipation {
  double weight = 0;  ///< 0: none
  double inner = 1.5, outer = 3;
  double factor = 0.5;
};

struct TrainingOptions {
  Index epochs = 50;
  Index batch = 32;  ///< samples of a step of the optimiser, on all ranks together
  /// Into so many parts a batch is cut, whose gradients are added in a fixed order: the trained network has the same bits
  /// on any number of ranks. Ranks beyond it have nothing to do.
  Index parts = 2;
  double learning_rate = 1e-3;
  LearningRate schedule = LearningRate::cosine;
  double warm_up = 0.05;       ///< of all steps, of the cosine
  Index halve_every = 100;     ///< epochs
  Index patience = 20;         ///< epochs, of the plateau
  Index early_stop = 0;        ///< epochs without improvement of the validation before it ends; 0: never
  double weight_decay = 1e-4;  ///< decoupled (Loshchilov & Hutter 2019)
  double clip = 1;             ///< largest norm of the gradient; 0: any
  double average = 0;        ///< in [0, 1): decay of the exponential average of the weights, which is then what is kept
  Index unroll = 1;          ///< steps of a trajectory that the loss looks at,
  Index unroll_epochs = 0;   ///< reached one by one in so many epochs each; 0: from the beginning
  Index gradient_steps = 0;  ///< steps that the gradient goes back; 0: all
  bool pushforward = false;  ///< the loss looks at the last step of the unrolled ones alone (Brandstetter et al. 2022)
  LossKind loss = LossKind::relative_square;
  double noise_std = 0;      ///< white noise on the first state, in units of the standard deviation of the data
  double sobolev_order = 0;  ///< s: the error is weighted by (1 + |k|^2)^(s/2) in Fourier space
  Dissipation dissipation{};
  std::uint64_t seed = 0;
};

/// What an epoch came to.
struct EpochReport {
  Index epoch = 0;        ///< from 1
  double loss = 0;        ///< mean of the epoch
  double validation = 0;  ///< of the weights that would be kept; NaN where there is no validation set
  double learning_rate = 0;
  double seconds = 0;  ///< since the training began or was resumed
};

}  // namespace semiflow
