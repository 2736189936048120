#include <semiflow/assimilation/baselines.hpp>
#include <semiflow/core/error.hpp>
#include <utility>

namespace semiflow {

OptimalInterpolation::OptimalInterpolation(Climatology climatology, Eigen::MatrixXd observation,
                                           const Eigen::VectorXd& error_variance)
    : climatology_(std::move(climatology)), observation_(std::move(observation)) {
  require(climatology_.mean.size() == climatology_.covariance.rows(), "mean and covariance must have the same size");
  gain_ = kalman_gain(climatology_.covariance, observation_, error_variance);
}

Eigen::VectorXd OptimalInterpolation::analysis(const Eigen::VectorXd& values) const {
  require(values.size() == gain_.cols(), "optimal interpolation needs one value a sensor");
  require(values.allFinite(), "optimal interpolation needs finite values");
  return climatology_.mean + gain_ * (values - observation_ * climatology_.mean);
}

Eigen::MatrixXd OptimalInterpolation::analysis_covariance() const {
  return climatology_.covariance - gain_ * (observation_ * climatology_.covariance);
}

}  // namespace semiflow
