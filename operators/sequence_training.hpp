#pragma once
#include <semiflow/operators/learned_gain.hpp>
#include <semiflow/operators/surrogate.hpp>

namespace semiflow {

/// How the recursion of an observer is trained as a whole, with the gradient through forecasts and corrections.
struct SequenceTraining {
  /// unroll: events of a window, after about 1 / (lambda dt) of which a chaotic state has forgotten where it came from, and
  /// the gradient grows without telling anything (lambda: Lyapunov exponent, dt: between events); unroll_epochs: in which
  /// the window grows by one event; gradient_steps: events that the gradient goes back. The other losses of a surrogate
  /// (loss, pushforward, noise, Sobolev, dissipation) are not used.
  TrainingOptions network{.epochs = 4, .learning_rate = 3e-4, .unroll = 8, .unroll_epochs = 0};
  Index sweeps = 1;        ///< after each of which windows begin at the estimates of the new recursion
  bool predictor = false;  ///< the operator that forecasts is trained as well
  /// lambda: weight of |z - y|^2 / |y|^2 at the measured events. C is the identity here, and known; what this term can teach
  /// beside the truth is the noise of the measurements.
  double measurement_weight = 0;
};

/// Trains the recursion of Singh et al. (2024): predict, correct where there is a measurement. After train_gain(), which
/// gives the powers of the errors; they stay. Windows of so many events begin at the estimates of the recursion itself, at
/// every event from the last of the warm-up on; the loss is
///
///   mean over the events of a window of |z - truth|^2 / |truth|^2 + lambda |z - y|^2 / |y|^2,
///
/// z being the estimate after an event. The gradient goes through the predictor, and for a corrected solver through the
/// adjoint of the solver. interval: between events, of the equation's time, as Surrogate::advance() takes it.
/// Collective; every rank has the same runs, and the trained weights have the same bits on any number of them. Throws Error if
/// the options do not fit, or there is nothing to train.
std::vector<EpochReport> train_sequences(LearnedGain& gain, Surrogate& predictor, const std::vector<ObserverRun>& runs,
                                         double interval, const SequenceTraining& options, const Communicator& comm);

}  // namespace semiflow
