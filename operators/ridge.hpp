#pragma once
#include <Eigen/Dense>

namespace semiflow {

/// Least squares with a penalty: the weights w that minimise |F w - y|^2 + lambda |w|^2, i.e. the solution of
/// (F'F + lambda I) w = F'y (Hoerl & Kennard 1970). Linear in y, and factorised once for any number of y.
class Ridge {
 public:
  /// features F [row x feature]; lambda is penalty times the mean square length of a column of F, so that it does not
  /// depend on the number of rows or on units. Throws Error unless penalty is positive, F is finite and there is a row
  /// and a feature, and Error(Fault::run) if the equations are singular to rounding: raise the penalty.
  Ridge(Eigen::MatrixXd features, double penalty);

  /// [feature x column] from values [row x column]. Throws Error if the shape does not fit or a value is not finite.
  Eigen::MatrixXd operator()(const Eigen::MatrixXd& values) const;

  double lambda() const { return lambda_; }

 private:
  Eigen::MatrixXd features_;
  double lambda_;
  Eigen::LLT<Eigen::MatrixXd> factor_;
};

}  // namespace semiflow
