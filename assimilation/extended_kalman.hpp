#pragma once
#include <semiflow/assimilation/kalman.hpp>
#include <semiflow/core/differentiable.hpp>
#include <semiflow/core/error.hpp>

namespace semiflow {

/// The forecast step of the extended Kalman filter (Jazwinski 1970): the mean moves with the model, and the covariance
/// P becomes M P M' with the exact derivative M of the model's steps at the mean. kalman_update() is the other half.
/// With a linear model the two are the Kalman filter. Costs 2 [state] tangents.
/// Throws Error if the sizes do not fit or the model cannot make the window.
template <DifferentiableModel Model>
void extended_kalman_forecast(Gaussian& estimate, Model& model, Interval window) {
  const Index n = model.state_size();
  require(estimate.mean.size() == n && estimate.covariance.rows() == n && estimate.covariance.cols() == n,
          "the estimate does not have the state of the model");
  Eigen::VectorXd start = estimate.mean;
  model.advance_tangent(estimate.mean, estimate.covariance, window);
  estimate.covariance.transposeInPlace();
  model.advance_tangent(start, estimate.covariance, window);
  // Rounding would grow into an asymmetry.
  estimate.covariance = (0.5 * (estimate.covariance + estimate.covariance.transpose())).eval();
}

}  // namespace semiflow
