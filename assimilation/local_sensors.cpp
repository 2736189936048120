#include "local_sensors.hpp"

#include <semiflow/core/error.hpp>

namespace semiflow::detail {

namespace {

const Eigen::MatrixXd& positions_of(const Measurement& measurement) {
  require(measurement.positions.cols() == measurement.values.size(),
          "localisation needs the position of every sensor in the measurement");
  return measurement.positions;
}

}  // namespace

LocalSensors::LocalSensors(const Grid& grid, const Measurement& measurement, const Taper& taper, double smallest_weight)
    : search_(grid, positions_of(measurement)),
      taper_(taper),
      smallest_weight_(smallest_weight),
      reach_(taper_reach(taper, smallest_weight)) {}

const std::vector<WeightedSensor>& LocalSensors::near(const Position& place) {
  search_.within(place, reach_, found_);
  near_.clear();
  for (const auto& [sensor, distance] : found_) {
    const double weight = taper_weight(taper_, distance);
    if (weight > smallest_weight_) near_.push_back({sensor, weight});
  }
  return near_;
}

}  // namespace semiflow::detail
