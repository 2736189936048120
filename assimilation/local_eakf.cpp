#include <cmath>
#include <semiflow/assimilation/ensemble_update.hpp>
#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/assimilation/local_eakf.hpp>
#include <semiflow/assimilation/observations.hpp>
#include <semiflow/core/error.hpp>

#include "local_sensors.hpp"
#include "strip_analysis.hpp"

namespace semiflow {

using detail::RowStrip, detail::StripColumn, detail::StripSensor, detail::StripSensors;

namespace {

// What every sensor knows when its turn comes, and what it then does to rows. With s its anomalies, divided by the
// error and sqrt(members - 1), v = 1 + s's and d its innovation over the error, a row with the anomalies a and the weight
// w takes c = w (a's), a -> a - c s / (v + sqrt v), and its mean moves by c d / (sqrt(members - 1) v).
class SerialAdjustment {
 public:
  SerialAdjustment(EnsembleView predicted, const Measurement& measurement, const Grid& grid,
                   const LocalEakf::Options& options)
      : sensors_(grid, measurement, options.taper, options.smallest_weight),
        prior_std_(options.inflation.prior_std),
        norm_(1 / std::sqrt(static_cast<double>(predicted.cols() - 1))),
        scaled_(predicted.cols(), predicted.rows()),
        innovation_(predicted.rows()),
        variance_(predicted.rows()) {
    for (Index j = 0; j < predicted.rows(); ++j) {
      const double precision = 1 / std::sqrt(measurement.error_variance(j));
      scaled_.col(j) = predicted.row(j);
      const double mean = scaled_.col(j).mean();
      scaled_.col(j) = (prior_std_ * norm_ * precision) * (scaled_.col(j).array() - mean);
      innovation_(j) = precision * (measurement.values(j) - mean);
      if (!(scaled_.col(j).squaredNorm() < 1e14))
        throw Error(Fault::input, "measurement at time " + std::to_string(measurement.time),
                    "the predicted spread is more than 10^7 times the observation error",
                    "sensors as good as perfect leave no spread to weigh the next ones with: raise error_variance");
    }
    for (Index j = 0; j < predicted.rows(); ++j) {
      variance_(j) = 1 + scaled_.col(j).squaredNorm();
      for (const auto& [k, weight] : sensors_.neighbours(j)) {
        if (k <= j) continue;
        const double c = weight * scaled_.col(k).dot(scaled_.col(j));
        scaled_.col(k) -= c * anomaly_factor(j) * scaled_.col(j);
        innovation_(k) -= c * innovation_(j) / variance_(j);
      }
    }
  }

  void choose(Index first, Index rows) { near_ = &sensors_.near(first, rows); }
  bool is_identity() const { return near_->empty() && prior_std_ == 1; }

  StripColumn apply(RowStrip& anomalies) const {
    if (prior_std_ != 1) anomalies *= prior_std_;
    StripColumn shift = StripColumn::Zero();
    for (const auto& [j, weight] : *near_) {
      StripColumn c = StripColumn::Zero();
      for (Index k = 0; k < anomalies.cols(); ++k) c += scaled_(k, j) * anomalies.col(k);
      c *= weight;
      shift += (norm_ * innovation_(j) / variance_(j)) * c;
      c *= anomaly_factor(j);
      for (Index k = 0; k < anomalies.cols(); ++k) anomalies.col(k) -= scaled_(k, j) * c;
    }
    return shift;
  }

 private:
  double anomaly_factor(Index j) const { return 1 / (variance_(j) + std::sqrt(variance_(j))); }

  StripSensors sensors_;
  double prior_std_, norm_;
  Eigen::MatrixXd scaled_;  // [member x sensor]
  Eigen::VectorXd innovation_, variance_;
  const std::vector<StripSensor>* near_ = nullptr;
};

}  // namespace

LocalEakf::LocalEakf(const Grid& grid, const Options& options) : grid_(grid), options_(options) {
  validate(options.taper);
  validate(options.inflation);
  require(options.smallest_weight >= 0 && options.smallest_weight < 1, "smallest_weight must be in [0, 1)");
}

void LocalEakf::analyse(EnsembleRef rows, Index begin, EnsembleView predicted, const Measurement& measurement) const {
  validate(predicted, measurement);
  require(begin >= 0, "the first row of a local analysis must not be negative");
  require(rows.cols() == predicted.cols(), "rows and predictions must be of the same members");
  SerialAdjustment adjustment(predicted, measurement, grid_, options_);
  detail::analyse_strips(rows, begin, adjustment, options_.inflation);
  if (options_.rotate) apply_weights(rows, random_rotation(rows.cols(), options_.seed, measurement.event));
}

}  // namespace semiflow
