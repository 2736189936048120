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

/// An observation operator with its exact derivative H at a state [state]. tangent maps perturbations [state x vectors] to
/// H times them, [sensor x vectors]; adjoint maps sensitivities [sensor x vectors] to H^T times them, [state x vectors].
/// A linear operator looks at no more than the size of the state. check_differentiable_observation() in
/// core/conformance.hpp tests the contract.
template <class H>
concept DifferentiableObservation = ObservationOperator<H> &&
    requires(const H& h, const Eigen::Ref<const Eigen::VectorXd>& state, EnsembleView columns) {
  { h.tangent(state, columns) } -> std::convertible_to<Ensemble>;
  { h.adjoint(state, columns) } -> std::convertible_to<Ensemble>;
};

}  // namespace semiflow
