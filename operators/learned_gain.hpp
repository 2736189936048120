#pragma once
#include <limits>
#include <memory>
#include <semiflow/core/communicator.hpp>
#include <semiflow/core/grid.hpp>
#include <semiflow/operators/training_options.hpp>
#include <span>

namespace semiflow {

/// How the innovation e = y - z reaches the state z.
enum class GainForm {
  spectral,  ///< z + K e + a W(z, e, K e, g, r), K in Fourier space
  gate       ///< z + s(W(z)) e, s a sigmoid at every point, of the forecast alone: our reading of the published gain
};

class Surrogate;
struct ObserverRun;
struct SequenceTraining;  // sequence_training.hpp

struct LearnedGainOptions {
  GainForm form = GainForm::spectral;
  std::vector<Index> modes{16};  ///< of the network, of every axis, slowest first
  Index width = 32;              ///< its channels; 0: K alone, and of the gate a constant
  Index layers = 3;
  Index head = 64;
  Index longest_gap = 12;  ///< steps since the last data that are told apart; longer ones count as this
  std::uint64_t seed = 0;
};

/// What a gain is trained with: forecasts, what was measured then and there, and the truth, one column each.
struct GainSamples {
  Eigen::MatrixXd forecast, measured, truth;  ///< [state x sample]
  std::vector<Index> gaps;                    ///< [sample] steps since the last data, from 1
  std::vector<double> noise_std;              ///< [sample] of the white noise of the measurement

  Index count() const { return forecast.cols(); }
};

/// The correction of a neural observer (Singh et al. 2024) for measurements of the whole state with white noise at some of
/// the times: a gain in Fourier space that knows how long the forecast ran and how large the noise is, and a network on it
/// that sees the state. With innovation e = y - z after g steps, and noise of variance r,
///
///     z + K e + a W(z, e, K e, g, r),  K_j = P_j(g, r) / (P_j(g, r) + r),
///
/// P_j being the mean power of the error of forecasts at harmonic j and a^2 the mean over modes of P r / (P + r), the error
/// that K alone leaves. W is a Fourier neural operator without a mean over the points, so that K alone moves what a model
/// conserves, and with a last layer that begins at 0: the first correction is that of K, Wiener's. Training starts there; it
/// holds no samples back, so judge the result on runs of your own. C is known, so that none is learned.
///
/// GainForm::gate, our reading of the published gain, is there for comparison: a number from 0 to 1 at every point cannot represent K,
/// which is a convolution. Its training starts at the best constant of the samples.
class LearnedGain {
 public:
  struct State;  // private/learned_gain_state.hpp

  LearnedGain(const Grid& grid, Index fields, const LearnedGainOptions& options);
  LearnedGain(LearnedGain&&) noexcept;
  LearnedGain& operator=(LearnedGain&&) noexcept;
  ~LearnedGain();

  /// Replaces P by the mean powers of the errors in the last so many samples (0: in all), and trains W on all of them. The
  /// loss is the mean square error in units of a^2: one if W does nothing; of a gate, in those of the field's variance.
  /// Collective; every rank has the same samples. Throws Error if they do not fit.
  std::vector<EpochReport> fit(const GainSamples& samples, const TrainingOptions& options, const Communicator& comm,
                               Index recent = 0);

  /// Corrects every column of states [state x member], given what was measured [state x member], the steps since the last
  /// data [member] and the noise. Throws Error before fit(), or if shapes do not fit.
  void analyse(EnsembleRef states, EnsembleView measured, std::span<const Index> gaps, double noise_std) const;

  /// All that was learned, flat, and back.
  Eigen::MatrixXd weights() const;
  void set_weights(const Eigen::MatrixXd& weights);

 private:
  friend std::vector<EpochReport> train_sequences(LearnedGain&, Surrogate&, const std::vector<ObserverRun>&, double,
                                                  const SequenceTraining&, const Communicator&);
  std::unique_ptr<State> state_;
};

/// A truth and what was measured of it, a step apart. A column of NaN was not measured; the first one always is.
struct ObserverRun {
  Eigen::MatrixXd truth, measured;  ///< [state x step]
  double noise_std = 0;
  Index warm_up = 1;  ///< first steps whose errors are not those of the task: no gain is trained with them
};

/// White noise on every column of a truth with the signal-to-noise ratio snr, in dB over mean_square, at the first warm_up
/// steps and then at each with the probability availability. Masks and noise are streams of their own, so that runs of
/// another availability share what both measure.
ObserverRun noisy_run(const Eigen::MatrixXd& truth, double mean_square, double snr, double availability, Index warm_up,
                      std::uint64_t seed, std::uint64_t item);

/// Carries an estimate through runs of equal length, from the first measurement of each: advance(states) makes a step of
/// all of them [state x run], correct(states, measured, gaps, noise_std) corrects those that were measured. Returns the
/// relative square errors |z - truth|^2 / |truth|^2 after each step, [run x step], the first column at the first
/// measurement. collect, if it is set, gets every forecast after the warm-up that met a measurement.
using AdvanceStates = std::function<void(EnsembleRef)>;
using CorrectStates = std::function<void(EnsembleRef, EnsembleView, std::span<const Index>, double)>;
Eigen::MatrixXd observe(const std::vector<ObserverRun>& runs, const AdvanceStates& advance,
                        const CorrectStates& correct, GainSamples* collect = nullptr);

/// Trains a gain on the errors that it leads to itself: sweeps of observe() with the gain of the sweep before, of which the
/// first replaces the state by what is measured. The first sweeps fit P alone, the last ones W too, on the samples of all
/// sweeps of its own: the better a gain, the rarer are the large errors that it must know what to do with.
void train_gain(LearnedGain& gain, const std::vector<ObserverRun>& runs, const AdvanceStates& advance,
                Index power_sweeps, Index network_sweeps, const TrainingOptions& options, const Communicator& comm);

}  // namespace semiflow
