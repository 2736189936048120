#include <semiflow/assimilation/observations.hpp>
#include <semiflow/assimilation/reliability.hpp>

#include "group_sums.hpp"

namespace semiflow {

namespace {

enum Sum : Index { count, departure, square, ensemble, observation, sums };

}  // namespace

Reliability::Reliability(Index groups) : sums_(detail::no_sums(sums, groups)) {}

Reliability::Reliability(const Eigen::MatrixXd& state) : sums_(detail::sums_from(state, sums)) {}

void Reliability::add(EnsembleView predicted, const Measurement& measurement, std::span<const Index> group) {
  validate(predicted, measurement);
  const auto members = static_cast<double>(predicted.cols());
  Eigen::ArrayXXd values(predicted.rows(), Index{sums});
  values.col(count) = 1;
  values.col(departure) = measurement.values - predicted.rowwise().mean();
  values.col(square) = values.col(departure).square();
  values.col(ensemble) = (members + 1) / members * detail::member_variance(predicted);
  values.col(observation) = measurement.error_variance;
  detail::add_to_groups(values, group, sums_);
}

ReliabilityBudget Reliability::budget(Index group) const {
  const auto sum = detail::group_column(sums_, group);
  const Eigen::VectorXd mean = sum / sum(count);
  const double squared_bias = mean(departure) * mean(departure);
  return {.departures = static_cast<Index>(sum(count)),
          .squared_departure = mean(square),
          .squared_bias = squared_bias,
          .ensemble_variance = mean(ensemble),
          .observation_variance = mean(observation),
          .residual = mean(square) - squared_bias - mean(ensemble) - mean(observation)};
}

}  // namespace semiflow
