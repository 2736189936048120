// Private to assimilation.
#pragma once
#include <semiflow/assimilation/localization.hpp>

#include "inverse_root.hpp"

namespace semiflow::detail {

struct WeightedSensor {
  Index sensor;
  double weight;
};

// Which sensors a place listens to, and how much: those whose taper exceeds the smallest weight.
class LocalSensors {
 public:
  // Throws Error if the measurement does not say where every sensor is.
  LocalSensors(const Grid& grid, const Measurement& measurement, const Taper& taper, double smallest_weight);

  // In ascending order. Valid until the next call.
  const std::vector<WeightedSensor>& near(const Position& place);

 private:
  SensorSearch search_;
  Taper taper_;
  double smallest_weight_, reach_;
  std::vector<NearbySensor> found_{};
  std::vector<WeightedSensor> near_{};
};

// A sensor and its weights for the rows of a strip, [row], some of which may be zero.
struct StripSensor {
  Index sensor;
  StripColumn weight;
};

// Which sensors the rows of a strip listen to. A row of the state is at a point of the grid: row = field * points + point.
class StripSensors {
 public:
  // As LocalSensors.
  StripSensors(const Grid& grid, const Measurement& measurement, const Taper& taper, double smallest_weight);

  // Of the rows first, first + 1, ..., at most a strip of them; in the order of the sensors. Valid until the next call.
  const std::vector<StripSensor>& near(Index first, Index rows);
  // The sensors that a sensor listens to, itself among them, as LocalSensors says.
  const std::vector<WeightedSensor>& neighbours(Index sensor) { return sensors_.near(positions_.col(sensor)); }

 private:
  Grid grid_;
  LocalSensors sensors_;
  Eigen::MatrixXd positions_;
  std::vector<Index> place_;  // of each sensor in near_, or none
  std::vector<StripSensor> near_{};
};

}  // namespace semiflow::detail
