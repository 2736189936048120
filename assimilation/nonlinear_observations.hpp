#pragma once
#include <semiflow/core/differentiable.hpp>
#include <utility>

namespace semiflow {

/// A function of one number with its derivative, for sensors that do not read what they are meant to.
struct PointwiseFunction {
  double (*value)(double);
  double (*slope)(double);
};

inline constexpr PointwiseFunction square{[](double x) { return x * x; }, [](double x) { return 2 * x; }};
inline constexpr PointwiseFunction cube{[](double x) { return x * x * x; }, [](double x) { return 3 * x * x; }};
/// |x|, with the derivative 0 at 0.
inline constexpr PointwiseFunction modulus{[](double x) { return x < 0 ? -x : x; },
                                           [](double x) { return x > 0   ? 1.0
                                                                 : x < 0 ? -1.0
                                                                         : 0.0; }};

/// f(H x), number by number: a DifferentiableObservation.
template <DifferentiableObservation H>
class NonlinearObservations {
 public:
  NonlinearObservations(H observe, const PointwiseFunction& function)
      : observe_(std::move(observe)), function_(function) {}

  Ensemble operator()(EnsembleView members) const {
    Ensemble read = observe_(members);
    for (double& value : read.reshaped()) value = function_.value(value);
    return read;
  }
  Ensemble tangent(const Eigen::Ref<const Eigen::VectorXd>& state, EnsembleView perturbations) const {
    return slopes(state).asDiagonal() * Ensemble(observe_.tangent(state, perturbations));
  }
  Ensemble adjoint(const Eigen::Ref<const Eigen::VectorXd>& state, EnsembleView sensitivities) const {
    return observe_.adjoint(state, Ensemble(slopes(state).asDiagonal() * sensitivities));
  }

 private:
  Eigen::VectorXd slopes(const Eigen::Ref<const Eigen::VectorXd>& state) const {
    Eigen::VectorXd slopes = observe_(state);
    for (double& value : slopes) value = function_.slope(value);
    return slopes;
  }

  H observe_;
  PointwiseFunction function_;
};

}  // namespace semiflow
