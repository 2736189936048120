#include <Eigen/Cholesky>
#include <semiflow/assimilation/kalman.hpp>
#include <semiflow/assimilation/observations.hpp>
#include <semiflow/core/error.hpp>

namespace semiflow {

Gaussian sample_moments(EnsembleView states) {
  require(states.cols() > 1, "a covariance needs at least two states");
  Gaussian moments;
  moments.mean = states.rowwise().mean();
  const Eigen::MatrixXd anomalies = states.colwise() - moments.mean;
  moments.covariance = anomalies * anomalies.transpose() / static_cast<double>(states.cols() - 1);
  return moments;
}

Eigen::MatrixXd kalman_gain(const Eigen::MatrixXd& covariance, const Eigen::MatrixXd& observation,
                            const Eigen::VectorXd& error_variance) {
  require(covariance.rows() == covariance.cols(), "a covariance must be square");
  require(observation.cols() == covariance.rows(), "the observation matrix must be [sensor x state]");
  require(error_variance.size() == observation.rows(), "there must be one error variance a sensor");
  require(error_variance.size() == 0 || error_variance.minCoeff() > 0, "error variances must be positive");
  const Eigen::MatrixXd HP = observation * covariance;
  Eigen::MatrixXd innovation_covariance = HP * observation.transpose();
  innovation_covariance.diagonal() += error_variance;
  return innovation_covariance.ldlt().solve(HP).transpose();
}

Gaussian kalman_update(const Gaussian& forecast, const Eigen::MatrixXd& observation, const Measurement& measurement) {
  validate(measurement);
  require(forecast.mean.size() == forecast.covariance.rows(), "mean and covariance must have the same size");
  const Eigen::MatrixXd K = kalman_gain(forecast.covariance, observation, measurement.error_variance);
  return {.mean = forecast.mean + K * (measurement.values - observation * forecast.mean),
          .covariance = forecast.covariance - K * (observation * forecast.covariance)};
}

}  // namespace semiflow
