#include <Eigen/Cholesky>
#include <cmath>
#include <semiflow/assimilation/denkf.hpp>
#include <semiflow/assimilation/etkf.hpp>

namespace semiflow {

Eigen::MatrixXd denkf_weights(EnsembleView predicted, const Measurement& measurement, double prior_std) {
  EnsembleInformation information = ensemble_information(predicted, measurement, prior_std);
  const Index members = predicted.cols();
  const double norm = 1 / std::sqrt(static_cast<double>(members - 1));

  information.gram.diagonal().array() += 1;
  const Eigen::LLT<Eigen::Ref<Eigen::MatrixXd>> cholesky(information.gram);
  // K H A = A (I - (I + S'S)^-1), because S is H A whitened.
  Eigen::MatrixXd weights = Eigen::MatrixXd::Identity(members, members);
  cholesky.solveInPlace(weights);
  // Not the inverse times the projection: with sensors much better than the forecast it would lose half of the digits.
  cholesky.solveInPlace(information.projection);
  weights *= 0.5;
  weights.diagonal().array() += 0.5;
  weights.colwise() += norm * information.projection;
  return prior_std * weights;
}

Denkf::Denkf(const Options& options) : options_(options) { validate(options.inflation); }

void Denkf::analyse(EnsembleRef rows, EnsembleView predicted, const Measurement& measurement) const {
  const Eigen::MatrixXd weights = denkf_weights(predicted, measurement, options_.inflation.prior_std);
  Eigen::MatrixXd rotation;
  if (options_.rotate) rotation = random_rotation(predicted.cols(), options_.seed, measurement.event);
  apply_weights(rows, weights, options_.inflation, rotation);
}

}  // namespace semiflow
