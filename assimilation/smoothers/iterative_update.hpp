#pragma once
#include <optional>
#include <semiflow/core/ensemble.hpp>

namespace semiflow {

/// How an IEnKS looks for the weights of one analysis.
struct IterationOptions {
  Index iterations = 10;  ///< at most; at least 1
  /// Done when the weights of the mean move by less than tolerance^1/2 a member, root mean square (DAPPER's wtol).
  double tolerance = 0;
  /// Assimilate a measurement iterations times with its error variances multiplied as often, each time from where the
  /// last has led (DAPPER's MDA; Emerick & Reynolds 2013), instead of looking for the most probable mean.
  bool annealed = false;
  /// Finite-size form, the IEnKS-N (Bocquet & Sakov 2012): the certainty of finite_size_update(), DAPPER's xN. Not
  /// together with annealed.
  std::optional<double> certainty = {};
};

/// Throws Error if there is no iteration, a value is out of range or not finite, or options exclude each other.
void validate(const IterationOptions& options);

/// One analysis of the iterative ensemble Kalman smoother in ensemble space, in the transform form with the symmetric
/// square root (Bocquet & Sakov 2012, 2014; Raanes et al. 2019): no communication, no model. The caller predicts,
///
///     IterativeUpdate update(members, options);
///     while (!update.done()) update.improve(predictions of mean + anomalies * update.weights(), measurement);
///
/// where mean and anomalies are those of the ensemble at the beginning of the window, and applies the last weights() to
/// it. weights() = transform + shift 1', and the shift minimises
///
///     |R^-1/2 (y - H M(mean + anomalies shift))|^2 + (N - 1) |shift|^2
///
/// by Gauss-Newton steps whose sensitivities are a regression on the members: what they predict from the transform of the
/// step before, times its inverse. The transform is the inverse root of the Hessian, and of the first step the ETKF's. For
/// a linear model and linear sensors one step is the Kalman filter, and more change nothing.
class IterativeUpdate {
 public:
  /// Throws Error if there are fewer than two members, and as validate() does.
  IterativeUpdate(Index members, const IterationOptions& options);

  bool done() const { return done_; }

  /// Where to predict from, [member x member], for apply_weights(): at first the ensemble as it is.
  Eigen::MatrixXd weights() const { return transform_.colwise() + shift_; }

  /// One step. predicted: [sensor x member], what the members of weights() predict. Throws Error as
  /// ensemble_information() does, and if the weights are no longer finite.
  void improve(EnsembleView predicted, const Measurement& measurement);

  /// What the last step changed, [member x member]: the anomalies of the first prediction times it, added to the last
  /// prediction, are to first order what the new weights predict.
  Eigen::MatrixXd last_change() const { return (transform_ - previous_).colwise() + step_; }

  Index iterations() const { return iterations_; }  ///< so far
  /// The factor of the anomalies of the ensemble at the beginning that the last step has found; 1 without certainty.
  double inflation() const { return inflation_; }

 private:
  void anneal(const Eigen::MatrixXd& gram, const Eigen::VectorXd& projection);
  void gauss_newton(const Eigen::MatrixXd& gram, const Eigen::VectorXd& projection);

  IterationOptions options_;
  double norm_;  // 1 / sqrt(members - 1)
  Eigen::MatrixXd transform_, inverse_, previous_;
  Eigen::VectorXd shift_, step_;
  double inflation_ = 1;
  Index iterations_ = 0;
  bool done_ = false;
};

}  // namespace semiflow
