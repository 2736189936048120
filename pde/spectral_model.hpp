#pragma once
#include <semiflow/pde/etdrk4.hpp>

namespace semiflow {

/// Solves a semilinear equation for states in physical space: a ForecastModel.
///
/// Members are advanced one by one, each through the whole window, so that the stages of a step stay in
/// cache and a member does not depend on its batch. Not for two threads at a time; copies are independent.
class SpectralModel {
 public:
  SpectralModel(Semilinear equation, double dt, FftPlanning planning = FftPlanning::estimated);

  const Semilinear& equation() const { return stepper_.equation(); }
  double dt() const { return stepper_.dt(); }
  Index state_size() const { return equation().state_size(); }

  /// members: [state x member], changed in place. Throws Error if the window is not a whole number of
  /// steps or the members have another number of rows.
  void advance(EnsembleRef members, Interval window);

  SpectralProfile profile() const { return stepper_.profile(); }

 private:
  Etdrk4 stepper_;
  Fft fft_;
  Eigen::ArrayXd kept_;     // the modes within the cutoff, over the number of points
  Eigen::VectorXcd modes_;  // one member
  Eigen::VectorXd values_;  // one field
};

static_assert(ForecastModel<SpectralModel>);

/// The number of steps of length dt in a window. Throws Error if it is not a whole number.
Index whole_steps(Interval window, double dt);

}  // namespace semiflow
