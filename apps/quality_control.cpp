#include "quality_control.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace semiflow {

std::vector<Index> passed(const DealtReports& reports, double limit) {
  const Measurement& measurement = reports.measurement;
  std::vector<Index> good;
  for (Index j = 0; j < reports.reports(); ++j) {
    const auto predicted = reports.predicted.row(j);
    const double mean = predicted.mean();
    const double variance = predicted.cols() > 1
                                ? (predicted.array() - mean).square().sum() / static_cast<double>(predicted.cols() - 1)
                                : 0;
    const double distance = std::abs(measurement.values(j) - mean);
    // A NaN is not further than anything: the scheme has to see it.
    if (!(distance > limit * std::sqrt(variance + measurement.error_variance(j)))) good.push_back(j);
  }
  return good;
}

std::vector<Index> everywhere(const Communicator& comm, const std::vector<Index>& mine) {
  Eigen::MatrixXd columns(1, std::ssize(mine));
  std::ranges::copy(mine, columns.data());
  std::vector<Index> all(mine.size());
  std::iota(all.begin(), all.end(), Index{0});
  const Eigen::MatrixXd numbers = comm.send_columns(columns, std::vector(static_cast<std::size_t>(comm.size()), all));
  return {numbers.data(), numbers.data() + numbers.size()};
}

}  // namespace semiflow
