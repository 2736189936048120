#include <algorithm>
#include <cmath>
#include <semiflow/assimilation/observations.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>
#include <sstream>
#include <utility>

namespace semiflow {

namespace {

std::string text(double value) {
  std::ostringstream out;
  out.precision(10);
  out << value;
  return out.str();
}

std::string at(double time) { return "measurement at time " + text(time); }

}  // namespace

PointObservations::PointObservations(std::vector<Index> rows) : rows_(std::move(rows)) {
  for (const Index row : rows_) {
    if (row < 0) throw Error(Fault::input, "point observations", "row " + std::to_string(row) + " is negative");
    state_size_ = std::max(state_size_, row + 1);
  }
}

void PointObservations::check(Index state_size) const {
  if (state_size < state_size_)
    throw Error(Fault::input, "point observations",
                "a sensor reads row " + std::to_string(state_size_ - 1) + " of a state with " +
                    std::to_string(state_size) + " rows");
}

Ensemble PointObservations::operator()(EnsembleView members) const {
  check(members.rows());
  return members(rows_, Eigen::all);
}

Ensemble PointObservations::tangent(const Eigen::Ref<const Eigen::VectorXd>&, EnsembleView perturbations) const {
  return (*this)(perturbations);
}

Ensemble PointObservations::adjoint(const Eigen::Ref<const Eigen::VectorXd>& state, EnsembleView sensitivities) const {
  check(state.size());
  require(sensitivities.rows() == sensors(), "there must be one sensitivity a sensor");
  Ensemble result = Ensemble::Zero(state.size(), sensitivities.cols());
  for (Index i = 0; i < sensors(); ++i) result.row(rows_[static_cast<std::size_t>(i)]) += sensitivities.row(i);
  return result;
}

std::vector<double> regular_times(Interval window, double interval) {
  require(interval > 0 && std::isfinite(interval), "the interval between observations must be positive");
  require(std::isfinite(window.begin) && std::isfinite(window.end), "the observed window must be finite");
  // A last time that is missed by rounding alone counts.
  const double count = std::floor((window.end - window.begin) / interval * (1 + 1e-12) + 1e-9);
  std::vector<double> times;
  for (double k = 1; k <= count; ++k) times.push_back(window.begin + k * interval);
  return times;
}

Measurement noisy_measurement(Eigen::Ref<const Eigen::VectorXd> exact, const Eigen::VectorXd& error_variance,
                              std::uint64_t event, double time, std::uint64_t seed) {
  Measurement measurement{.event = event, .time = time, .values = exact, .error_variance = error_variance};
  validate(measurement);
  const Eigen::VectorXd noise = standard_normal(exact.size(), {seed, Purpose::observation_noise, event});
  measurement.values += error_variance.cwiseSqrt().cwiseProduct(noise);
  return measurement;
}

void validate(const Measurement& measurement) {
  const auto& [event, time, values, variance, positions] = measurement;
  if (values.size() != variance.size())
    throw Error(Fault::input, at(time),
                std::to_string(values.size()) + " values with " + std::to_string(variance.size()) + " error variances");
  for (Index i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values(i)))
      throw Error(Fault::input, at(time), "sensor " + std::to_string(i) + " reads " + text(values(i)),
                  "leave missing values out of the measurement");
    if (!(variance(i) > 0) || !std::isfinite(variance(i)))
      throw Error(Fault::input, at(time), "sensor " + std::to_string(i) + " has error variance " + text(variance(i)),
                  "a variance must be positive and finite");
  }
  if (positions.size() > 0 && (positions.cols() != values.size() || !positions.allFinite()))
    throw Error(Fault::input, at(time), "the positions are not finite or not one column a sensor",
                "give [axis x sensor], or none");
}

void validate(EnsembleView predicted, const Measurement& measurement) {
  validate(measurement);
  const Index sensors = measurement.values.size(), members = predicted.cols();
  if (members < 2)
    throw Error(Fault::input, at(measurement.time),
                "an ensemble of " + std::to_string(members) + " has no spread to weigh the measurement with",
                "use at least two members");
  if (predicted.rows() != sensors)
    throw Error(Fault::input, at(measurement.time),
                std::to_string(predicted.rows()) + " predictions for " + std::to_string(sensors) + " sensors");
  if (predicted.allFinite()) return;
  for (Index j = 0; j < members; ++j)
    for (Index i = 0; i < sensors; ++i)
      if (!std::isfinite(predicted(i, j)))
        throw Error(
            Fault::run, at(measurement.time),
            "member " + std::to_string(j) + " predicts " + text(predicted(i, j)) + " at sensor " + std::to_string(i),
            "look for a forecast that blew up");
}

}  // namespace semiflow
