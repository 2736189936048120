#include <Eigen/Cholesky>
#include <cmath>
#include <semiflow/assimilation/enkf.hpp>
#include <semiflow/assimilation/observations.hpp>
#include <semiflow/assimilation/schur_enkf.hpp>
#include <semiflow/core/error.hpp>

#include "local_sensors.hpp"
#include "strip_analysis.hpp"

namespace semiflow {

using detail::member_mean, detail::RowStrip, detail::StripColumn, detail::StripSensor, detail::StripSensors;

namespace {

// With the scaled anomalies S of the predictions, [sensor x member], and their whitened distances D to the perturbed
// measurement, the anomalies A of a row move by sum_j c_j Z_j / sqrt(members - 1), where c = r o A S' and
// Z = (I + r o S S')^-1 D.
class SchurUpdate {
 public:
  SchurUpdate(EnsembleView predicted, const Measurement& measurement, const Grid& grid,
              const SchurEnkf::Options& options)
      : sensors_(grid, measurement, options.taper, options.smallest_weight), prior_std_(options.inflation.prior_std) {
    const Index sensors = predicted.rows(), members = predicted.cols();
    const double norm = 1 / std::sqrt(static_cast<double>(members - 1));
    const Eigen::ArrayXd precision = measurement.error_variance.array().rsqrt(), mean = member_mean(predicted);
    scaled_ = (predicted.array().colwise() - mean).colwise() * (prior_std_ * precision);
    Eigen::MatrixXd distance =
        observation_perturbations(measurement, members, options.seed, options.zero_mean_perturbations);
    distance = (distance.array().colwise() + (measurement.values.array() - mean)).colwise() * precision;
    distance -= scaled_;
    scaled_ = norm * scaled_.transpose().eval();

    Eigen::MatrixXd M = Eigen::MatrixXd::Identity(sensors, sensors);
    for (Index j = 0; j < sensors; ++j) {
      if (!(scaled_.col(j).squaredNorm() < 1e14))
        throw Error(Fault::input, "measurement at time " + std::to_string(measurement.time),
                    "the predicted spread is more than 10^7 times the observation error",
                    "no filter in double precision can tell such sensors from perfect ones: raise error_variance");
      for (const auto& [k, weight] : sensors_.neighbours(j))
        if (k >= j) M(k, j) += weight * scaled_.col(k).dot(scaled_.col(j));
    }
    const Eigen::LLT<Eigen::Ref<Eigen::MatrixXd>> cholesky(M);
    if (cholesky.info() != Eigen::Success)
      throw Error(Fault::input, "measurement at time " + std::to_string(measurement.time),
                  "the tapered covariance of the predictions is not positive definite",
                  "take a taper that is a correlation function, such as Gaspari-Cohn, and no smallest_weight");
    cholesky.solveInPlace(distance);
    solution_ = norm * distance.transpose();
  }

  void choose(Index first, Index rows) { near_ = &sensors_.near(first, rows); }
  bool is_identity() const { return near_->empty() && prior_std_ == 1; }

  StripColumn apply(RowStrip& anomalies) {
    if (prior_std_ != 1) anomalies *= prior_std_;
    if (near_->empty()) return StripColumn::Zero();
    increments_.setZero(detail::strip_rows, anomalies.cols());
    for (const auto& [j, weight] : *near_) {
      StripColumn c = StripColumn::Zero();
      for (Index k = 0; k < anomalies.cols(); ++k) c += scaled_(k, j) * anomalies.col(k);
      c *= weight;
      for (Index k = 0; k < anomalies.cols(); ++k) increments_.col(k) += solution_(k, j) * c;
    }
    const StripColumn shift = member_mean(increments_);
    for (Index k = 0; k < anomalies.cols(); ++k) anomalies.col(k) += increments_.col(k) - shift;
    return shift;
  }

 private:
  StripSensors sensors_;
  double prior_std_;
  Eigen::MatrixXd scaled_, solution_{};  // S and Z / sqrt(members - 1): [member x sensor]
  const std::vector<StripSensor>* near_ = nullptr;
  RowStrip increments_{};
};

}  // namespace

SchurEnkf::SchurEnkf(const Grid& grid, const Options& options) : grid_(grid), options_(options) {
  validate(options.taper);
  validate(options.inflation);
  require(options.smallest_weight >= 0 && options.smallest_weight < 1, "smallest_weight must be in [0, 1)");
}

void SchurEnkf::analyse(EnsembleRef rows, Index begin, EnsembleView predicted, const Measurement& measurement) const {
  validate(predicted, measurement);
  require(begin >= 0, "the first row of a local analysis must not be negative");
  require(rows.cols() == predicted.cols(), "rows and predictions must be of the same members");
  SchurUpdate update(predicted, measurement, grid_, options_);
  detail::analyse_strips(rows, begin, update, options_.inflation);
}

}  // namespace semiflow
