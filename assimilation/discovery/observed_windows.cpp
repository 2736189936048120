#include <cmath>
#include <semiflow/assimilation/discovery/observed_windows.hpp>
#include <semiflow/assimilation/observations.hpp>
#include <semiflow/core/error.hpp>
#include <utility>

namespace semiflow {

ObservedWindows::ObservedWindows(CandidateModels models, Index windows, Index members,
                                 std::function<ObservedWindow(Index)> window, SensorReading reading)
    : models_(std::move(models)),
      windows_(windows),
      members_(members),
      window_(std::move(window)),
      reading_(std::move(reading)) {
  require(members_ > 1, "a background needs two members at least");
}

JointProblem ObservedWindows::problem() {
  return {.windows = windows_,
          .terms = models_.terms(),
          .set_coefficients = [this](const Eigen::VectorXd& c) { models_.set_coefficients(c); },
          .linearise = [this](Index window, const Eigen::VectorXd& weights) { return linearise(window, weights); },
          .unknowns = [this](Index) { return members_; }};
}

LinearisedForecast ObservedWindows::linearise(Index window, const Eigen::VectorXd& weights) {
  const ObservedWindow looked_at = window_(window);
  require(looked_at.members.cols() == members_, "a window has another number of members");
  Index rows = 0;
  for (const Measurement& measurement : looked_at.measurements) rows += measurement.values.size();
  require(rows > 0, "a window has no observation");
  const Eigen::VectorXd mean = looked_at.members.rowwise().mean();
  Ensemble tangent = (looked_at.members.colwise() - mean) / std::sqrt(static_cast<double>(members_ - 1));
  Eigen::VectorXd state = mean + tangent * weights;
  Ensemble more = state.replicate(1, models_.terms()), less = more;
  LinearisedForecast result{.background_departure = -weights,
                            .departure = Eigen::VectorXd(rows),
                            .state_sensitivity = Eigen::MatrixXd(rows, members_),
                            .term_sensitivity = Eigen::MatrixXd(rows, models_.terms())};
  double time = looked_at.begin;
  Index row = 0;
  for (const Measurement& measurement : looked_at.measurements) {
    validate(measurement);
    const Interval interval{time, measurement.time};
    models_.model().advance_tangent(state, tangent, interval);
    models_.advance_changed(more, less, interval);
    const Index count = measurement.values.size();
    const Eigen::VectorXd precision = measurement.error_variance.cwiseSqrt().cwiseInverse();
    result.departure.segment(row, count) =
        precision.cwiseProduct(measurement.values - reading_(measurement, state).col(0));
    result.state_sensitivity.middleRows(row, count) = precision.asDiagonal() * reading_(measurement, tangent);
    result.term_sensitivity.middleRows(row, count) =
        precision.asDiagonal() * reading_(measurement, models_.derivatives(more, less));
    time = measurement.time;
    row += count;
  }
  return result;
}

}  // namespace semiflow
