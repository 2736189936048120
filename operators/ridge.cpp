#include <cmath>
#include <semiflow/core/error.hpp>
#include <semiflow/operators/ridge.hpp>

namespace semiflow {

Ridge::Ridge(Eigen::MatrixXd features, double penalty) : features_(std::move(features)), lambda_(0) {
  require(features_.size() > 0, "a regression has a row and a feature");
  require(std::isfinite(penalty) && penalty > 0, "the penalty of a ridge regression is positive");
  require(features_.allFinite(), "the features of a regression are finite");
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(features_.cols(), features_.cols());
  gram.selfadjointView<Eigen::Lower>().rankUpdate(features_.transpose());
  lambda_ = penalty * gram.diagonal().mean();
  gram.diagonal().array() += lambda_;
  factor_.compute(gram);  // reads the lower half
  if (factor_.info() != Eigen::Success)
    throw Error(Fault::run, "ridge regression", "the features depend on each other to rounding", "raise the penalty");
}

Eigen::MatrixXd Ridge::operator()(const Eigen::MatrixXd& values) const {
  require(values.rows() == features_.rows(), "a regression has one value for every row");
  require(values.allFinite(), "the values of a regression are finite");
  // A second solution for what the first leaves: the equations are close to singular.
  Eigen::MatrixXd weights = factor_.solve(features_.transpose() * values);
  const Eigen::MatrixXd left = values - features_ * weights;
  weights += factor_.solve(features_.transpose() * left - lambda_ * weights);
  return weights;
}

}  // namespace semiflow
