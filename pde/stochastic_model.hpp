#pragma once
#include <semiflow/core/random.hpp>
#include <semiflow/pde/spectral_model.hpp>

namespace semiflow {

/// Random forcing of a vorticity on the ring of modes with |k| within half_width of wavenumber, isotropic and with the
/// same energy in every mode. The energy of a vorticity w = (lap - inverse_radius^2) psi is the sum over all modes of
/// |w_k|^2 / (2 (|k|^2 + inverse_radius^2)).
struct RingForcing {
  double injection = 0;   ///< epsilon, mean rate at which energy is injected
  double wavenumber = 0;  ///< k_f, in 1 / length with the factor 2 pi
  double half_width = 0;
  /// 0 is white noise. Otherwise the forces are Ornstein-Uhlenbeck processes of this correlation time tau; epsilon is
  /// then what a mode without damping gets in the long run, and one with w' = -mu w gets epsilon / (1 + mu tau).
  double correlation_time = 0;
  double inverse_radius = 0;  ///< 1 / radius of deformation
  std::uint64_t seed = 0;
};

/// Throws Error unless the equation is for one field of a plane, the numbers are in their range, and the ring has modes,
/// none of them at a Nyquist number. The constructor of StochasticModel does it.
void validate(const RingForcing& forcing, const Semilinear& equation);

/// A vorticity equation with random forcing: a ForecastModel. After every step of length dt the mode k gets a kick.
///
/// White noise: sqrt(dt) a_k exp(i theta_k) with independent uniform phases and the fixed modulus a_k^2 = epsilon (|k|^2
/// + inverse_radius^2) / M for the M pairs k, -k of the ring. The energy of a kick alone is epsilon dt to rounding. The
/// phases do not depend on the state, so the work on it has mean zero, and the mean injection is epsilon exactly, in
/// the sense of Ito (as in Alvelius 1999, Phys. Fluids 11, 1880, whose phases make the work vanish instead).
///
/// With a correlation time tau: dt f_k, f_k = a_k sqrt(tanh(dt / (2 tau)) / dt) z_k, where the complex z_k has unit
/// variance and is moved exactly, z = r z + sqrt(1 - r^2) xi, r = exp(-dt / tau) (Gillespie 1996, Phys. Rev. E 54,
/// 2084). The factor makes dt sum_j <f_k(0) f_k*(j dt)> = a_k^2 for every dt, so that small tau is white noise.
///
/// The column is the whole state: [field | stream | re z_1, im z_1, re z_2, ... with a correlation time only].
/// Columns with the same number in row "stream", any finite one, get the same noise; so an analysis may change that
/// row. The number of the step is the time over dt. Noise is keyed by (seed, stream, step, mode): it has the same bits
/// for any split of a window, and on finer grids. A window in two parts is the whole one to the rounding of the
/// transforms.
///
/// Where ranks share the field, a column holds a rank's part of it and then the same further rows on every rank.
class StochasticModel {
 public:
  /// Throws Error unless the model is of one field of a plane and steps with a one-step method, if a number is out of
  /// range, if the ring is empty, or if it has modes that the nonlinear terms leave out. Collective as the model is.
  StochasticModel(SpectralModel model, const RingForcing& forcing);

  const SpectralModel& model() const { return model_; }
  const Domain& domain() const { return model_.domain(); }
  const RingForcing& forcing() const { return forcing_; }
  Index state_size() const { return field_size() + 1 + memory_size(); }
  /// Rows of the field, of this rank; those that follow are memory.
  Index field_size() const { return model_.state_size(); }
  /// Pairs of modes k, -k in the ring.
  Index ring_size() const { return amplitude_.size(); }

  /// States [state x member] with these fields [field_size() x member], the streams first_member, first_member + 1, ...
  /// and amplitudes drawn from their stationary distribution.
  Ensemble with_memory(EnsembleView fields, Index first_member = 0) const;

  /// members: [state x member], changed in place. Throws Error if the window is not a whole number of steps or does
  /// not begin at one, the members have another number of rows, or a stream is not finite.
  void advance(EnsembleRef members, Interval window);

  SpectralProfile profile() const { return model_.profile(); }

 private:
  struct Entry {
    Index packed;  // place of a mode of this rank
    Index pair;
    double sign;  // -1 for the conjugate
  };

  Index memory_size() const { return forcing_.correlation_time > 0 ? 2 * ring_size() : 0; }
  void kick(std::complex<double>* packed, const Key& key) const;
  void kick(std::complex<double>* packed, const Key& key, Eigen::Ref<Eigen::VectorXd> memory) const;

  SpectralModel model_;
  RingForcing forcing_;
  Eigen::ArrayXd amplitude_;    // a_k of every pair, of all ranks
  std::vector<Entry> entries_;  // what this rank adds
};

static_assert(ForecastModel<StochasticModel>);

}  // namespace semiflow
