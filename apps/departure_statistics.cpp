#include "departure_statistics.hpp"

#include <cmath>

namespace semiflow {

void DepartureStatistics::save(Checkpoint& checkpoint) const {
  checkpoint.shared["desroziers"] = desroziers_.state();
  checkpoint.shared["reliability"] = reliability_.state();
}

void DepartureStatistics::load(const Checkpoint& checkpoint) {
  desroziers_ = DesroziersDiagnostics(checkpoint.shared.at("desroziers"));
  reliability_ = Reliability(checkpoint.shared.at("reliability"));
}

void DepartureStatistics::write(ResultFile& file, const std::string& group) const {
  const DesroziersEstimate d = desroziers_.estimate();
  const ReliabilityBudget b = reliability_.budget();
  const auto root = [](double variance) { return variance < 0 ? std::nan("") : std::sqrt(variance); };
  const std::array<double, departure_attributes.size()> values{
      root(d.estimated.observation), root(d.assumed.observation), root(d.estimated.forecast),
      root(d.assumed.forecast),      root(d.estimated.analysis),  root(d.assumed.analysis),
      root(b.squared_departure),     root(b.squared_bias),        b.residual};
  for (std::size_t i = 0; i < values.size(); ++i) file.set_attribute(group, departure_attributes[i], values[i]);
}

}  // namespace semiflow
