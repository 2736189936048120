#include <Eigen/Cholesky>
#include <cmath>
#include <semiflow/assimilation/enkf.hpp>
#include <semiflow/assimilation/observations.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>

#include "row_tile.hpp"

namespace semiflow {

Eigen::MatrixXd observation_perturbations(const Measurement& measurement, Index members, std::uint64_t seed,
                                          bool zero_mean) {
  validate(measurement);
  require(members > 0, "perturbed observations need at least one member");
  const Index sensors = measurement.values.size();
  // Drawn member after member, so that more members do not change the first ones.
  Eigen::MatrixXd perturbations =
      standard_normal(sensors * members, {seed, Purpose::perturbed_observations, measurement.event})
          .reshaped(sensors, members);
  perturbations.array().colwise() *= measurement.error_variance.array().sqrt();
  if (zero_mean) perturbations.colwise() -= detail::member_mean(perturbations).matrix().eval();
  return perturbations;
}

Eigen::MatrixXd enkf_weights(EnsembleView predicted, const Measurement& measurement, EnsembleView perturbations,
                             double prior_std) {
  const EnsembleInformation information = ensemble_information(predicted, measurement, prior_std);
  const Index sensors = predicted.rows(), members = predicted.cols();
  require(perturbations.rows() == sensors && perturbations.cols() == members,
          "the perturbations must be [sensor x member]");
  const double norm = 1 / std::sqrt(static_cast<double>(members - 1));

  // With K = norm A (I + S'S)^-1 S' R^-1/2, the identity from the member itself and the S'S from its own prediction
  // meet in (I + S'S)^-1 (I + norm S' R^-1/2 (d + perturbations)).
  const Eigen::VectorXd mean = detail::member_mean(predicted);
  const Eigen::MatrixXd anomalies =
      (predicted.colwise() - mean).array().colwise() * (prior_std * norm / measurement.error_variance.array());
  Eigen::MatrixXd weights = anomalies.transpose() * perturbations;
  weights.colwise() += information.projection;
  weights *= norm;
  weights.diagonal().array() += 1;

  Eigen::MatrixXd precision = information.gram;
  precision.diagonal().array() += 1;
  const Eigen::LLT<Eigen::Ref<Eigen::MatrixXd>> cholesky(precision);
  cholesky.solveInPlace(weights);
  return prior_std * weights;
}

StochasticEnkf::StochasticEnkf(const Options& options) : options_(options) { validate(options.inflation); }

void StochasticEnkf::analyse(EnsembleRef rows, EnsembleView predicted, const Measurement& measurement) const {
  validate(predicted, measurement);
  const Eigen::MatrixXd perturbations =
      observation_perturbations(measurement, predicted.cols(), options_.seed, options_.zero_mean_perturbations);
  const double prior_std = options_.inflation.prior_std;
  apply_weights(rows, enkf_weights(predicted, measurement, perturbations, prior_std), options_.inflation);
}

}  // namespace semiflow
