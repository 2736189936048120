#pragma once
#include <memory>
#include <semiflow/assimilation/correlated_errors.hpp>
#include <semiflow/assimilation/linear_observations.hpp>
#include <semiflow/assimilation/nonlinear_observations.hpp>
#include <semiflow/assimilation/observations.hpp>
#include <variant>

#include "experiment.hpp"

namespace semiflow {

/// The sensors of an experiment at one event: a DifferentiableObservation of those that report.
class Sensors {
 public:
  using Linear = std::variant<PointObservations, LinearObservations>;

  Sensors(Linear linear, const PointwiseFunction* function) : linear_(std::move(linear)), function_(function) {}

  /// The same without the others: [sensor] in ascending order.
  Sensors only(std::vector<Index> reporting) const;
  /// In numbers whose errors are independent and of unit variance, ErrorCovariance::whiten().
  Sensors whitened(std::shared_ptr<const ErrorCovariance> errors) const;

  Ensemble operator()(EnsembleView members) const;
  Ensemble tangent(const Eigen::Ref<const Eigen::VectorXd>& state, EnsembleView perturbations) const;
  Ensemble adjoint(const Eigen::Ref<const Eigen::VectorXd>& state, EnsembleView sensitivities) const;

 private:
  // Of all sensors, before the function and the choice.
  Ensemble read(EnsembleView members) const;
  Ensemble chosen(const Ensemble& of_all) const;
  Eigen::VectorXd slopes(const Eigen::Ref<const Eigen::VectorXd>& state) const;

  Linear linear_;
  const PointwiseFunction* function_;  // null for the identity
  bool all_ = true;
  std::vector<Index> reporting_{};
  std::shared_ptr<const ErrorCovariance> errors_{};  // null if they are independent as they are
};

static_assert(DifferentiableObservation<Sensors>);

/// The reports of an event that are there, with the sensors that made them; whitened where errors are correlated, and
/// number j is then no longer that of sensor j alone.
struct Reports {
  Sensors sensors;
  Measurement measurement;
};

/// [observations] but for the times: where the sensors are at every event, and which of them report.
class SensorNetwork {
 public:
  explicit SensorNetwork(const Experiment& experiment);

  /// That could report, at any event.
  Index size() const { return size_; }
  bool moves() const { return moves_; }
  /// [axis x sensor], axes slowest first; events count from 1.
  Eigen::MatrixXd positions(Index event) const;
  Sensors sensors(Index event) const;
  /// Which of the sensors report, in ascending order.
  std::vector<Index> reporting(Index event) const;
  /// Of the errors of all sensors at an event; null if they are independent.
  std::shared_ptr<const ErrorCovariance> errors(Index event) const;
  /// values: what all sensors report at the event, [sensor], NaN where one does not.
  Reports reports(Index event, const Eigen::VectorXd& values) const;

 private:
  std::shared_ptr<const ErrorCovariance> correlated(const Eigen::MatrixXd& positions) const;
  Sensors make(const Eigen::MatrixXd& positions) const;

  const ObservationOptions* options_;
  Grid grid_;
  std::uint64_t seed_;
  ObservedField observed_;
  Index size_;
  bool moves_;
  Eigen::MatrixXd positions_;  // of those that stay where they are
  std::shared_ptr<Sensors> fixed_;
  std::shared_ptr<const ErrorCovariance> fixed_errors_{};
};

}  // namespace semiflow
