#pragma once
#include <semiflow/operators/coordinate_network.hpp>
#include <semiflow/operators/ridge.hpp>

namespace semiflow {

/// The features of one network for many fields that were seen at the same points: only the last layer differs, and it is
/// solved by ridge regression. So, unlike networks that are trained one by one, it is one linear operator for all fields,
/// and what it gets wrong falls out of the difference of two fields that differ little.
class SharedFeatures {
 public:
  /// points as of the network's training, where fields are seen. Throws Error as Ridge does.
  SharedFeatures(CoordinateNetwork network, const Eigen::MatrixXd& points, double penalty);

  /// Fields seen as values [point x field], at other points: [other point x field].
  Eigen::MatrixXd operator()(const Eigen::MatrixXd& values, const Eigen::MatrixXd& others) const;

  const CoordinateNetwork& network() const { return network_; }

 private:
  CoordinateNetwork network_;
  Ridge last_layer_;
};

}  // namespace semiflow
