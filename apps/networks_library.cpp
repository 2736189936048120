// The library semiflow_networks, which alone knows the room of learned operators.
#include "networks_library.hpp"

#include <semiflow/core/error.hpp>
#include <semiflow/operators/shared_features.hpp>
#include <semiflow/operators/torch_setup.hpp>

namespace semiflow {

namespace {

Eigen::MatrixXd interpolate(const Eigen::MatrixXd& sensors, const Eigen::MatrixXd& values, Eigen::Index fields,
                            const Eigen::MatrixXd& points, const NetworkInterpolation& o) {
  if (o.shared_features)
    return SharedFeatures(CoordinateNetwork(sensors, values, o.network), sensors, o.penalty)(values, points);
  require(fields > 0 && values.cols() % fields == 0, "every snapshot has the same number of fields");
  Eigen::MatrixXd filled(points.rows(), values.cols());
  for (Eigen::Index j = 0; j < values.cols(); j += fields)
    filled.middleCols(j, fields) = CoordinateNetwork(sensors, values.middleCols(j, fields), o.network)(points);
  return filled;
}

Networks all_networks() {
  prepare_torch();
  return {.version = torch_version, .interpolate = interpolate};
}

}  // namespace

}  // namespace semiflow

extern "C" const semiflow::Networks* semiflow_networks(std::size_t layout) {
  if (layout != semiflow::networks_layout) return nullptr;
  static const semiflow::Networks networks = semiflow::all_networks();
  return &networks;
}
