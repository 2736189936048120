#pragma once
#include <functional>
#include <semiflow/pde/exponential_runge_kutta.hpp>
#include <semiflow/pde/multistep.hpp>
#include <variant>

namespace semiflow {

using Stepping = std::variant<RungeKutta, LinearMultistep>;

/// Changes a member in Fourier space after one of its steps: packed [fields * modes().size()] as in Nonlinearity, the
/// column of the member, and the step within the window, from 0. What it adds must keep the field real: the modes k and
/// -k both stand in the array where the last harmonic is 0, and must stay conjugates.
using AfterStep = std::function<void(std::complex<double>* packed, Index member, Index step)>;

/// Solves a semilinear equation for states in physical space: a ForecastModel with its exact derivatives.
///
/// Members are advanced one by one, each through the whole window, so that the stages of a step stay in
/// cache and a member does not depend on its batch. Not for two threads at a time; copies are independent.
///
/// Where ranks share the fields, a state is this rank's part of it, [fields * domain().points()], the constructor and
/// everything that advances are collective over them, and the results have the same bits on any number of ranks.
class SpectralModel {
 public:
  /// Throws Error as validate() and the stepper do.
  SpectralModel(Semilinear equation, double dt, Stepping method = RungeKutta::etdrk4, const Execution& execution = {});

  const Semilinear& equation() const { return equation_; }
  double dt() const { return dt_; }
  const Domain& domain() const { return domain_; }
  /// Of this rank's part: fields * domain().points().
  Index state_size() const { return equation_.fields * domain_.points(); }

  /// members: [state x member], changed in place. Throws Error if the window is not a whole number of
  /// steps or the members have another number of rows.
  void advance(EnsembleRef members, Interval window);
  /// The same, with a change after every step. Throws Error for a multistep method, whose history it would break.
  void advance(EnsembleRef members, Interval window, const AfterStep& after);

  /// The modes of a packed array: those that N reads or writes, on this rank.
  const ModeSet& modes() const { return nonlinearity().modes(); }

  /// Moves a state [state] through the window, and every column of perturbations [state x vectors] with the exact
  /// derivative of that map. Throws Error, as adjoint() does, for a multistep method.
  void advance_tangent(Eigen::Ref<Eigen::VectorXd> state, EnsembleRef perturbations, Interval window);

  /// Replaces every column of sensitivities [state x vectors] by M^T times it, where M is the derivative of the map
  /// over the window at a state [state]: <w, M v> = <M^T w, v> to rounding. Keeps the states of about
  /// 2 sqrt(steps) steps.
  void adjoint(const Eigen::Ref<const Eigen::VectorXd>& state, EnsembleRef sensitivities, Interval window);

  SpectralProfile profile() const;

 private:
  void load(const double* state);
  void take(Eigen::Ref<Eigen::VectorXcd> packed) const;
  void put(const Eigen::Ref<const Eigen::VectorXcd>& packed);
  void store(double* state);
  template <class Move>
  void move(EnsembleRef members, Index steps, Move move_packed);
  void move_alone(Index steps, bool transposed);
  Spectrum packed(EnsembleView columns);
  void unpack(const Spectrum& moved, Index steps, bool transposed, EnsembleRef columns);
  const Nonlinearity& nonlinearity() const;
  ExponentialRungeKutta& one_step(const char* lack);
  void check(const EnsembleRef& columns) const;

  Semilinear equation_;
  Domain domain_;
  double dt_;
  std::variant<ExponentialRungeKutta, Multistep> stepper_;
  SlabFft fft_;             // of all modes
  Eigen::ArrayXd kept_;     // the modes within the cutoff, over the number of points
  ModeSet stepped_;         // those of N
  ModeSet alone_;           // the modes that N neither reads nor writes
  Eigen::ArrayXcd symbol_;  // their L [fields * alone]
  Eigen::ArrayXd filter_;   // their filter [alone]
  Eigen::ArrayXcd factor_;  // what both make of them in so many steps
  Index factor_steps_ = -1;
  Eigen::VectorXcd modes_;   // one state, all modes
  Eigen::VectorXcd packed_;  // one state, the modes of N
  Eigen::VectorXd values_;   // one field
};

static_assert(ForecastModel<SpectralModel>);

/// The number of steps of length dt in a window. Throws Error if it is not a whole number.
Index whole_steps(Interval window, double dt);

}  // namespace semiflow
