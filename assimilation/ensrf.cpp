#include <cmath>
#include <semiflow/assimilation/enkf.hpp>
#include <semiflow/assimilation/ensrf.hpp>
#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/assimilation/observations.hpp>
#include <semiflow/core/error.hpp>

namespace semiflow {

namespace {

// The sensors one after the other. With a whitened anomaly s of the predictions and c = 1 + s's, the anomalies of the
// ensemble become A (I - s f'), where factor(j, s, c) is the f of sensor j, and the mean moves by A s innovation / c.
template <class Factor>
Eigen::MatrixXd serial_weights(EnsembleView predicted, const Measurement& measurement, double prior_std,
                               Factor factor) {
  validate(predicted, measurement);
  require(prior_std >= 0 && std::isfinite(prior_std), "prior_std must be non-negative and finite");
  const Index members = predicted.cols();
  const double norm = 1 / std::sqrt(static_cast<double>(members - 1));

  // What the sensors so far have made of the forecast: mean + anomalies * (transform + shift 1').
  Eigen::MatrixXd transform = Eigen::MatrixXd::Identity(members, members);
  Eigen::VectorXd shift = Eigen::VectorXd::Zero(members);
  Eigen::VectorXd forecast(members), anomaly(members), direction(members), f(members);
  double signal = 0;
  for (Index j = 0; j < predicted.rows(); ++j) {
    const double precision = 1 / std::sqrt(measurement.error_variance(j));
    forecast = predicted.row(j);
    const double mean = forecast.mean();
    forecast = (prior_std * norm * precision) * (forecast.array() - mean);
    signal += forecast.squaredNorm();
    if (!(signal < 1e14))
      throw Error(Fault::input, "measurement at time " + std::to_string(measurement.time),
                  "the predicted spread is more than 10^7 times the observation error",
                  "sensors as good as perfect leave no spread to weigh the next ones with: raise error_variance");

    anomaly.noalias() = transform.transpose() * forecast;
    direction.noalias() = transform * anomaly;
    const double variance = 1 + anomaly.squaredNorm();
    const double innovation = precision * (measurement.values(j) - mean) - forecast.dot(shift) / norm;
    f = factor(j, anomaly, variance);
    // What f has of the ones moves the mean.
    const double common = f.mean();
    f.array() -= common;
    shift += (norm * innovation / variance - common) * direction;
    transform.noalias() -= direction * f.transpose();
  }
  return prior_std * (transform.colwise() + shift);
}

}  // namespace

Eigen::MatrixXd ensrf_weights(EnsembleView predicted, const Measurement& measurement, double prior_std) {
  return serial_weights(predicted, measurement, prior_std,
                        [](Index, const Eigen::VectorXd& anomaly, double variance) -> Eigen::VectorXd {
                          return anomaly / (variance + std::sqrt(variance));
                        });
}

Eigen::MatrixXd serial_enkf_weights(EnsembleView predicted, const Measurement& measurement, EnsembleView perturbations,
                                    double prior_std) {
  require(perturbations.rows() == predicted.rows() && perturbations.cols() == predicted.cols(),
          "the perturbations must be [sensor x member]");
  return serial_weights(predicted, measurement, prior_std,
                        [&](Index j, const Eigen::VectorXd& anomaly, double variance) -> Eigen::VectorXd {
                          const double scale =
                              1 / std::sqrt(measurement.error_variance(j) * static_cast<double>(predicted.cols() - 1));
                          return (anomaly - scale * perturbations.row(j).transpose()) / variance;
                        });
}

Ensrf::Ensrf(const Options& options) : options_(options) { validate(options.inflation); }

void Ensrf::analyse(EnsembleRef rows, EnsembleView predicted, const Measurement& measurement) const {
  const Eigen::MatrixXd weights = ensrf_weights(predicted, measurement, options_.inflation.prior_std);
  Eigen::MatrixXd rotation;
  if (options_.rotate) rotation = random_rotation(predicted.cols(), options_.seed, measurement.event);
  apply_weights(rows, weights, options_.inflation, rotation);
}

SerialEnkf::SerialEnkf(const Options& options) : options_(options) { validate(options.inflation); }

void SerialEnkf::analyse(EnsembleRef rows, EnsembleView predicted, const Measurement& measurement) const {
  validate(predicted, measurement);
  const Eigen::MatrixXd perturbations =
      observation_perturbations(measurement, predicted.cols(), options_.seed, options_.zero_mean_perturbations);
  const double prior_std = options_.inflation.prior_std;
  apply_weights(rows, serial_enkf_weights(predicted, measurement, perturbations, prior_std), options_.inflation);
}

}  // namespace semiflow
