#pragma once
#include <semiflow/assimilation/variational.hpp>

namespace semiflow {

/// What weak-constraint 4D-Var finds: state is at the beginning of the window; control and hessian are of the background
/// and then of the model's error before each event, each with the controls of its root.
struct WeakConstraintAnalysis : VariationalAnalysis {
  Ensemble errors;  ///< what was added to the model's forecast at each event: [state x event]
  Ensemble states;  ///< at each event, [state x event]; the last is what to forecast from
};

namespace detail {

// The state at the beginning and errors per root of time [state * (1 + events)], of which nothing is known but their
// covariance.
Background with_errors(const Background& background, const CovarianceRoot& error_root, Index events);

}  // namespace detail

/// 4D-Var with the model as a weak constraint (Tremolet 2006, its forcing formulation): the model errs, too, between one
/// event and the next, by a random vector with the covariance Q * (time between them), which is added when it arrives.
/// The increments minimise
///
///     |v|^2 / 2 + sum_k |q_k|^2 / 2 + sum_k |R^-1/2 (y_k - H(x_k))|^2 / 2,
///     x_0 = mean + L v,  x_k = M(x_k-1) + sqrt(t_k - t_k-1) Q^1/2 q_k
///
/// over all controls v and q_k, with exact tangents and adjoints as in four_d_var(). For a linear model and operator it is
/// the Kalman smoother with model error Q; without error, Q = 0, it is four_d_var().
///
/// error_root: a root of Q, the covariance per unit of time: [state x control]. Events in between, without sensors, let
/// the model err more than once. Not collective. Throws Error as four_d_var().
template <DifferentiableModel M, DifferentiableObservation H>
WeakConstraintAnalysis weak_four_d_var(const Background& background, const CovarianceRoot& error_root, M& model,
                                       double begin, const std::vector<ObservationEvent<H>>& events,
                                       const VariationalOptions& options = {}) {
  require(background.mean.size() == model.state_size(), "the background does not have the state of the model");
  const Index size = model.state_size(), count = std::ssize(events);
  const Background all = detail::with_errors(background, error_root, count);
  WeakConstraintAnalysis analysis{
      detail::gauss_newton(all, detail::linearise_window(model, begin, events, true), options), Ensemble(size, count),
      Ensemble(size, count)};
  const Eigen::VectorXd found = std::move(analysis.state);
  analysis.state = found.head(size);
  Ensemble x = analysis.state;
  double time = begin;
  for (Index k = 0; k < count; ++k) {
    const double next = events[static_cast<std::size_t>(k)].measurement.time;
    model.advance(x, {time, next});
    analysis.errors.col(k) = std::sqrt(next - time) * found.segment((1 + k) * size, size);
    x += analysis.errors.col(k);
    analysis.states.col(k) = x;
    time = next;
  }
  return analysis;
}

/// The function that it minimises and its gradient, at controls of the background and of each event. Throws Error as
/// four_d_var().
template <DifferentiableModel M, DifferentiableObservation H>
Cost weak_four_d_var_cost(const Background& background, const CovarianceRoot& error_root, M& model, double begin,
                          const std::vector<ObservationEvent<H>>& events, const Eigen::VectorXd& control) {
  require(background.mean.size() == model.state_size(), "the background does not have the state of the model");
  return detail::variational_cost(detail::with_errors(background, error_root, std::ssize(events)),
                                  detail::linearise_window(model, begin, events, true), control);
}

}  // namespace semiflow
