#pragma once
#include <semiflow/core/differentiable.hpp>

namespace semiflow {

/// The deterministic part of the linear advection model of Evensen (2004) and Raanes et al. (2015), DAPPER's LA: a
/// periodic line is carried by whole cells, without error, and damped. A DifferentiableModel.
class LinearAdvection {
 public:
  struct Options {
    Index points = 1000;
    Index shift = 1;     ///< cells a step, to larger indices; any sign
    double damping = 1;  ///< factor a step; DAPPER's tables have 0.98
    double dt = 1;
  };

  /// Throws Error if there is no point, the damping is not finite, or dt is not positive.
  explicit LinearAdvection(const Options& options);

  Index state_size() const { return options_.points; }
  double dt() const { return options_.dt; }

  /// members: [state x member], changed in place. Throws Error, as those below, if the window is not a whole number of
  /// steps or the sizes do not fit.
  void advance(EnsembleRef members, Interval window);

  /// The map is linear: state and perturbations are moved alike.
  void advance_tangent(Eigen::Ref<Eigen::VectorXd> state, EnsembleRef perturbations, Interval window);

  /// The way back with the same damping, at any state.
  void adjoint(const Eigen::Ref<const Eigen::VectorXd>& state, EnsembleRef sensitivities, Interval window);

 private:
  void move(EnsembleRef columns, Interval window, Index direction);

  Options options_;
};

static_assert(DifferentiableModel<LinearAdvection>);

}  // namespace semiflow
