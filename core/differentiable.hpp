#pragma once
#include <semiflow/core/ensemble.hpp>

namespace semiflow {

/// A forecast model with the exact derivative of the map that it computes: of the discrete steps, not of the continuous
/// equation. What 4D-Var, Lyapunov spectra and singular vectors are written against.
///
/// advance_tangent moves a state [state] through the window as advance() does, and replaces every column of
/// perturbations [state x vectors] by M times it, where M is the derivative of the map over the window at that state.
/// adjoint replaces every column of sensitivities [state x vectors] by M^T times it, at a state [state] at the beginning
/// of the window, which it leaves alone: <w, M v> = <M^T w, v> to rounding. Columns do not depend on each other, and
/// none is legal. check_differentiable_model() in core/conformance.hpp tests the contract.
template <class M>
concept DifferentiableModel = ForecastModel<M> &&
    requires(M& model, Eigen::Ref<Eigen::VectorXd> moved, const Eigen::Ref<const Eigen::VectorXd>& state,
             EnsembleRef columns, Interval window) {
  model.advance_tangent(moved, columns, window);
  model.adjoint(state, columns, window);
};

}  // namespace semiflow
