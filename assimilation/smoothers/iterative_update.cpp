#include <cmath>
#include <semiflow/assimilation/ensemble_update.hpp>
#include <semiflow/assimilation/hyperprior.hpp>
#include <semiflow/assimilation/smoothers/iterative_update.hpp>
#include <semiflow/assimilation/symmetric_eigen.hpp>
#include <semiflow/core/error.hpp>

namespace semiflow {

void validate(const IterationOptions& options) {
  require(options.iterations >= 1, "an IEnKS needs at least one iteration");
  require(options.tolerance >= 0 && std::isfinite(options.tolerance),
          "the tolerance of an IEnKS must be non-negative and finite");
  if (!options.certainty) return;
  require(*options.certainty > 0 && std::isfinite(*options.certainty),
          "the certainty of an IEnKS-N must be positive and finite");
  require(!options.annealed, "an IEnKS cannot be annealed and of finite size at the same time");
}

IterativeUpdate::IterativeUpdate(Index members, const IterationOptions& options)
    : options_(options),
      norm_(1 / std::sqrt(static_cast<double>(members - 1))),
      transform_(Eigen::MatrixXd::Identity(members, members)),
      inverse_(transform_),
      previous_(transform_),
      shift_(Eigen::VectorXd::Zero(members)),
      step_(shift_) {
  require(members >= 2, "an IEnKS needs at least two members");
  validate(options);
}

void IterativeUpdate::improve(EnsembleView predicted, const Measurement& measurement) {
  require(predicted.cols() == transform_.cols(), "the predictions must be of all members");
  const EnsembleInformation information = ensemble_information(predicted, measurement);
  previous_ = transform_;
  if (options_.annealed)
    anneal(information.gram, information.projection);
  else
    gauss_newton(information.gram, information.projection);
  shift_ += step_;
  ++iterations_;
  const double members = static_cast<double>(step_.size());
  done_ = iterations_ == options_.iterations || step_.squaredNorm() < options_.tolerance * members;
  if (!step_.allFinite() || !transform_.allFinite())
    throw Error(Fault::run, "measurement at time " + std::to_string(measurement.time), "the IEnKS has diverged",
                "take a shorter window or more inflation");
}

// The transform of an ETKF with R times the iterations, after those of the iterations before.
void IterativeUpdate::anneal(const Eigen::MatrixXd& gram, const Eigen::VectorXd& projection) {
  const double times = static_cast<double>(options_.iterations);
  const auto [values, vectors] = detail::symmetric_eigen(gram / times);
  const Eigen::ArrayXd variance = (1 + values.array().max(0)).inverse();
  const Eigen::VectorXd local = vectors.transpose() * projection;
  step_ = norm_ / times * (transform_ * (vectors * (variance * local.array()).matrix()));
  transform_ *= (vectors * variance.sqrt().matrix().asDiagonal()) * vectors.transpose();
}

// gram and projection are those of the members as the last transform has left them; without it they are the sensitivities
// S'S and S'd to the ensemble as it was. z is 1 / inflation^2.
void IterativeUpdate::gauss_newton(const Eigen::MatrixXd& gram, const Eigen::VectorXd& projection) {
  const auto [values, vectors] = detail::symmetric_eigen(inverse_ * gram * inverse_);
  const Eigen::ArrayXd eigenvalues = values.array().max(0);
  double z = 1;
  if (options_.certainty) {
    const auto [a, b] = detail::hyperprior(eigenvalues, *options_.certainty);
    z = b / (a + shift_.squaredNorm());
    inflation_ = 1 / std::sqrt(z);
  }
  const Eigen::ArrayXd precision = eigenvalues + z;
  const Eigen::ArrayXd slope = vectors.transpose() * (norm_ * (inverse_ * projection) - z * shift_);
  step_ = vectors * (slope / precision).matrix();
  transform_ = (vectors * precision.rsqrt().matrix().asDiagonal()) * vectors.transpose();
  inverse_ = (vectors * precision.sqrt().matrix().asDiagonal()) * vectors.transpose();
}

}  // namespace semiflow
