// Private to assimilation.
#pragma once
#include <semiflow/assimilation/localization.hpp>

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

  // In an order that depends on the place only. Valid until the next call.
  const std::vector<WeightedSensor>& near(const Position& place);

 private:
  SensorSearch search_;
  Taper taper_;
  double smallest_weight_, reach_;
  std::vector<NearbySensor> found_{};
  std::vector<WeightedSensor> near_{};
};

}  // namespace semiflow::detail
