#include "local_sensors.hpp"

#include <algorithm>
#include <semiflow/core/error.hpp>

namespace semiflow::detail {

namespace {

constexpr Index none = -1;

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
  // The cells of the search depend on how many sensors there are, and a rank may hold but those near its points.
  std::ranges::sort(near_, {}, &WeightedSensor::sensor);
  return near_;
}

StripSensors::StripSensors(const Grid& grid, const Measurement& measurement, const Taper& taper, double smallest_weight)
    : grid_(grid),
      sensors_(grid, measurement, taper, smallest_weight),
      positions_(measurement.positions),
      place_(static_cast<std::size_t>(measurement.values.size()), none) {}

const std::vector<StripSensor>& StripSensors::near(Index first, Index rows) {
  near_.clear();
  for (Index i = 0; i < rows; ++i) {
    for (const auto& [sensor, weight] : sensors_.near(point_position(grid_, (first + i) % grid_.points()))) {
      Index& place = place_[static_cast<std::size_t>(sensor)];
      if (place == none) {
        place = static_cast<Index>(near_.size());
        near_.push_back({sensor, StripColumn::Zero()});
      }
      near_[static_cast<std::size_t>(place)].weight(i) = weight;
    }
  }
  for (const StripSensor& s : near_) place_[static_cast<std::size_t>(s.sensor)] = none;
  std::ranges::sort(near_, {}, &StripSensor::sensor);
  return near_;
}

}  // namespace semiflow::detail
