#include "sensors.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <semiflow/assimilation/localization.hpp>
#include <semiflow/core/random.hpp>

namespace semiflow {

Sensors Sensors::only(std::vector<Index> reporting) const {
  Sensors some = *this;
  some.all_ = false;
  some.reporting_ = std::move(reporting);
  return some;
}

Sensors Sensors::whitened(std::shared_ptr<const ErrorCovariance> errors) const {
  Sensors white = *this;
  white.errors_ = std::move(errors);
  return white;
}

Ensemble Sensors::read(EnsembleView members) const {
  return std::visit([&](const auto& linear) -> Ensemble { return linear(members); }, linear_);
}

Ensemble Sensors::chosen(const Ensemble& of_all) const {
  const Ensemble some = all_ ? of_all : Ensemble(of_all(reporting_, Eigen::all));
  return errors_ ? errors_->whiten(some) : some;
}

Eigen::VectorXd Sensors::slopes(const Eigen::Ref<const Eigen::VectorXd>& state) const {
  Eigen::VectorXd slopes = read(state);
  for (double& value : slopes) value = function_->slope(value);
  return slopes;
}

Ensemble Sensors::operator()(EnsembleView members) const {
  Ensemble values = read(members);
  if (function_ != nullptr)
    for (double& value : values.reshaped()) value = function_->value(value);
  return chosen(values);
}

Ensemble Sensors::tangent(const Eigen::Ref<const Eigen::VectorXd>& state, EnsembleView perturbations) const {
  Ensemble moved = read(perturbations);
  if (function_ != nullptr) moved = slopes(state).asDiagonal() * moved;
  return chosen(moved);
}

Ensemble Sensors::adjoint(const Eigen::Ref<const Eigen::VectorXd>& state, EnsembleView sensitivities) const {
  return std::visit(
      [&](const auto& linear) -> Ensemble {
        const Ensemble reported = errors_ ? errors_->whiten_transposed(sensitivities) : Ensemble(sensitivities);
        Ensemble of_all = reported;
        if (!all_) {
          of_all = Ensemble::Zero(linear.sensors(), sensitivities.cols());
          of_all(reporting_, Eigen::all) = reported;
        }
        if (function_ != nullptr) of_all = slopes(state).asDiagonal() * of_all;
        return linear.adjoint(state, of_all);
      },
      linear_);
}

SensorNetwork::SensorNetwork(const Experiment& experiment)
    : options_(&*experiment.observations),
      grid_(experiment.model.grid),
      seed_(experiment.seed),
      observed_{.field = options_->field, .fields = std::ssize(experiment.model.equation->fields)},
      size_(options_->count > 0 ? options_->count : std::ssize(options_->rows)),
      moves_(options_->count > 0) {
  if (moves_) return;
  positions_.resize(grid_.dimensions(), size_);
  for (Index j = 0; j < size_; ++j)
    positions_.col(j) = point_position(grid_, options_->rows[static_cast<std::size_t>(j)]);
  fixed_ = std::make_shared<Sensors>(make(positions_));
  fixed_errors_ = correlated(positions_);
}

Eigen::MatrixXd SensorNetwork::positions(Index event) const {
  if (!moves_) return positions_;
  const Key key{.seed = seed_, .purpose = sensor_position, .item = static_cast<std::uint64_t>(event)};
  Eigen::MatrixXd positions = uniform(grid_.dimensions() * size_, key).reshaped(grid_.dimensions(), size_);
  for (Index d = 0; d < grid_.dimensions(); ++d) positions.row(d) *= grid_.axis(d).length;
  return positions;
}

Sensors SensorNetwork::make(const Eigen::MatrixXd& positions) const {
  if (options_->footprint > 0)
    return {disc_average(grid_, positions, options_->footprint, observed_), options_->function};
  if (moves_) return {linear_interpolation(grid_, positions, observed_), options_->function};
  std::vector<Index> rows = options_->rows;
  for (Index& row : rows) row += observed_.field * grid_.points();
  return {PointObservations(rows), options_->function};
}

Sensors SensorNetwork::sensors(Index event) const { return moves_ ? make(positions(event)) : *fixed_; }

Reports SensorNetwork::reports(Index event, const Eigen::VectorXd& values) const {
  std::vector<Index> there;
  for (Index j = 0; j < values.size(); ++j)
    if (!std::isnan(values(j))) there.push_back(j);
  const bool all = std::ssize(there) == values.size();
  const Eigen::MatrixXd places = positions(event);
  const double variance = options_->error_std * options_->error_std;
  Reports reports{.sensors = all ? sensors(event) : sensors(event).only(there),
                  .measurement = {.event = static_cast<std::uint64_t>(event),
                                  .time = static_cast<double>(event) * options_->interval,
                                  .values = all ? values : Eigen::VectorXd(values(there)),
                                  .error_variance = Eigen::VectorXd::Constant(std::ssize(there), variance),
                                  .positions = all ? places : Eigen::MatrixXd(places(Eigen::all, there))}};
  if (options_->error_correlation_length == 0 || there.empty()) return reports;
  const auto errors_there = all ? errors(event) : correlated(reports.measurement.positions);
  return {.sensors = reports.sensors.whitened(errors_there), .measurement = errors_there->whiten(reports.measurement)};
}

std::shared_ptr<const ErrorCovariance> SensorNetwork::correlated(const Eigen::MatrixXd& positions) const {
  if (options_->error_correlation_length == 0) return {};
  const double std = options_->error_std;
  return std::make_shared<const ErrorCovariance>(
      exponential_covariance(grid_, positions, std * std, options_->error_correlation_length));
}

std::shared_ptr<const ErrorCovariance> SensorNetwork::errors(Index event) const {
  return moves_ ? correlated(positions(event)) : fixed_errors_;
}

std::vector<Index> SensorNetwork::reporting(Index event) const {
  std::vector<Index> all(static_cast<std::size_t>(size_));
  std::iota(all.begin(), all.end(), Index{0});
  const auto item = static_cast<std::uint64_t>(event);
  if (event <= options_->warm_up) return all;
  if (!options_->events.empty() && !std::ranges::binary_search(options_->events, event)) return {};
  if (options_->event_availability < 1 &&
      uniform(1, {.seed = seed_, .purpose = event_missing, .item = item})(0) >= options_->event_availability)
    return {};
  if (options_->availability == 1) return all;
  const Eigen::VectorXd chance = uniform(size_, {.seed = seed_, .purpose = sensor_missing, .item = item});
  std::erase_if(all, [&](Index j) { return chance(j) >= options_->availability; });
  return all;
}

}  // namespace semiflow
