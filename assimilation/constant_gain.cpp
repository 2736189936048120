#include <algorithm>
#include <numeric>
#include <semiflow/assimilation/constant_gain.hpp>
#include <semiflow/assimilation/observations.hpp>
#include <semiflow/core/error.hpp>

namespace semiflow {

ConstantGain::ConstantGain(const Eigen::MatrixXd& gain) : transposed_(gain.transpose()) {
  require(gain.allFinite(), "a gain must be finite");
}

void ConstantGain::analyse(EnsembleRef rows, Index begin, EnsembleView predicted,
                           const Measurement& measurement) const {
  validate(measurement);
  require(predicted.rows() == measurement.values.size() && predicted.allFinite(),
          "there must be one finite prediction for each sensor and member");
  require(predicted.rows() == transposed_.rows(), "a constant gain is for as many sensors as it was made for");
  require(predicted.cols() == rows.cols(), "rows and predictions must be of the same members");
  require(begin >= 0 && begin + rows.rows() <= state_size(), "the rows are not among those of the gain");
  for (Index k = 0; k < rows.cols(); ++k) {
    const Eigen::VectorXd innovation = measurement.values - predicted.col(k);
    for (Index i = 0; i < rows.rows(); ++i) {
      const double* const gain = transposed_.col(begin + i).data();
      // In this order wherever the arrays lie.
      double sum = 0;
      for (Index j = 0; j < innovation.size(); ++j) sum += gain[j] * innovation(j);
      rows(i, k) += sum;
    }
  }
}

Eigen::MatrixXd nudging_gain(const Grid& grid, const std::vector<Index>& rows, double strength) {
  const Index points = grid.points(), sensors = static_cast<Index>(rows.size());
  require(grid.dimensions() == 1 || sensors == points, "nudging interpolates on a line");
  require(strength > 0 && strength < 2, "the strength of nudging must lie between 0 and 2");
  require(!rows.empty(), "nudging needs at least one sensor");
  std::vector<Index> order(rows.size());
  std::iota(order.begin(), order.end(), Index{0});
  const auto row = [&](Index j) { return rows[static_cast<std::size_t>(order[static_cast<std::size_t>(j)])]; };
  std::ranges::sort(order, {}, [&](Index j) { return rows[static_cast<std::size_t>(j)]; });
  require(row(0) >= 0 && row(sensors - 1) < points, "a sensor is not on the grid");

  Eigen::MatrixXd gain = Eigen::MatrixXd::Zero(points, sensors);
  for (Index j = 0; j < sensors; ++j) {
    // From this sensor to the next, around the end of the line.
    const Index next = (j + 1) % sensors, gap = row(next) - row(j) + (next <= j ? points : 0);
    require(gap > 0, "two sensors are at the same point");
    for (Index i = 0; i < gap; ++i) {
      const double part = static_cast<double>(i) / static_cast<double>(gap);
      const Index point = (row(j) + i) % points;
      gain(point, order[static_cast<std::size_t>(j)]) += strength * (1 - part);
      gain(point, order[static_cast<std::size_t>(next)]) += strength * part;
    }
  }
  return gain;
}

}  // namespace semiflow
