#pragma once
#include <semiflow/core/ensemble.hpp>

namespace semiflow {

/// A state that is known with Gaussian uncertainty.
struct Gaussian {
  Eigen::VectorXd mean;        ///< [state]
  Eigen::MatrixXd covariance;  ///< [state x state]
};

/// The mean and the unbiased covariance of states, [state x sample]. Throws Error for fewer than two.
Gaussian sample_moments(EnsembleView states);

/// The matrix K = P H'(H P H' + R)^-1: [state x sensor]. H is [sensor x state], error_variance the diagonal of R.
/// Throws Error if the sizes do not fit or a variance is not positive.
Eigen::MatrixXd kalman_gain(const Eigen::MatrixXd& covariance, const Eigen::MatrixXd& observation,
                            const Eigen::VectorXd& error_variance);

/// The analysis step of the Kalman filter with explicit matrices (Kalman 1960): mean + K (y - H mean), (I - K H) P.
/// For small states and as the reference of every ensemble filter. Throws Error as kalman_gain() and validate() do.
Gaussian kalman_update(const Gaussian& forecast, const Eigen::MatrixXd& observation, const Measurement& measurement);

}  // namespace semiflow
