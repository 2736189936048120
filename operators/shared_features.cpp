#include <semiflow/operators/shared_features.hpp>

namespace semiflow {

SharedFeatures::SharedFeatures(CoordinateNetwork network, const Eigen::MatrixXd& points, double penalty)
    : network_(std::move(network)), last_layer_(network_.features(points), penalty) {}

Eigen::MatrixXd SharedFeatures::operator()(const Eigen::MatrixXd& values, const Eigen::MatrixXd& others) const {
  return network_.features(others) * last_layer_(values);
}

}  // namespace semiflow
