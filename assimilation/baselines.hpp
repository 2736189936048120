#pragma once
#include <semiflow/assimilation/kalman.hpp>

namespace semiflow {

/// What is known of the state without any observation: sample_moments() of a long run of the truth's model. As a
/// forecast it is the baseline that every filter must beat.
using Climatology = Gaussian;

/// Optimal interpolation: the climatology is the background of every analysis, so the gain is constant and nothing is
/// carried from one time to the next (as DAPPER's OptInterp). Between two analyses the model may forecast the
/// estimate, for the score of that forecast; the next analysis does not look at it.
class OptimalInterpolation {
 public:
  /// observation: H, [sensor x state]; error_variance: diagonal of R. Throws Error if sizes do not fit or a variance
  /// is not positive.
  OptimalInterpolation(Climatology climatology, Eigen::MatrixXd observation, const Eigen::VectorXd& error_variance);

  /// mean + K (y - H mean): [state]. Throws Error unless there is one finite value a sensor.
  Eigen::VectorXd analysis(const Eigen::VectorXd& values) const;

  /// Covariance of the error of analysis(): (I - K H) B, the same every time.
  Eigen::MatrixXd analysis_covariance() const;

 private:
  Climatology climatology_;
  Eigen::MatrixXd observation_;
  Eigen::MatrixXd gain_;  // [state x sensor]
};

}  // namespace semiflow
