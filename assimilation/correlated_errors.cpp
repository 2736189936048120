#include <cmath>
#include <semiflow/assimilation/correlated_errors.hpp>
#include <semiflow/assimilation/localization.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>

namespace semiflow {

ErrorCovariance::ErrorCovariance(const Eigen::MatrixXd& covariance) {
  require(covariance.rows() == covariance.cols(), "the covariance of errors must be square");
  require(covariance.allFinite(), "the covariance of errors must be finite");
  require((covariance - covariance.transpose()).cwiseAbs().maxCoeff() <= 1e-12 * covariance.cwiseAbs().maxCoeff(),
          "the covariance of errors must be symmetric");
  const Eigen::LLT<Eigen::MatrixXd> cholesky(covariance);
  require(cholesky.info() == Eigen::Success, "the covariance of errors must be positive definite");
  factor_ = cholesky.matrixL();
}

Ensemble ErrorCovariance::whiten(EnsembleView values) const {
  require(values.rows() == sensors(), "there must be one row a sensor of the error covariance");
  // One column after the other, so that its bits do not depend on the others.
  Ensemble result = values;
  for (Index k = 0; k < result.cols(); ++k) {
    auto column = result.col(k);
    factor_.triangularView<Eigen::Lower>().solveInPlace(column);
  }
  return result;
}

Ensemble ErrorCovariance::whiten_transposed(EnsembleView values) const {
  require(values.rows() == sensors(), "there must be one row a sensor of the error covariance");
  Ensemble result = values;
  for (Index k = 0; k < result.cols(); ++k) {
    auto column = result.col(k);
    factor_.transpose().triangularView<Eigen::Upper>().solveInPlace(column);
  }
  return result;
}

Measurement ErrorCovariance::whiten(const Measurement& measurement) const {
  Measurement result = measurement;
  result.values = whiten(Ensemble(measurement.values));
  result.error_variance = Eigen::VectorXd::Ones(sensors());
  return result;
}

Measurement ErrorCovariance::noisy_measurement(const Eigen::Ref<const Eigen::VectorXd>& exact, std::uint64_t event,
                                               double time, std::uint64_t seed) const {
  require(exact.size() == sensors(), "there must be one exact value a sensor of the error covariance");
  const Eigen::VectorXd noise = standard_normal(sensors(), {seed, observation_noise, event});
  return {.event = event,
          .time = time,
          .values = exact + factor_.triangularView<Eigen::Lower>() * noise,
          .error_variance = factor_.rowwise().squaredNorm()};
}

Eigen::MatrixXd exponential_covariance(const Grid& grid, const Eigen::MatrixXd& positions, double variance,
                                       double length) {
  require(variance > 0 && std::isfinite(variance), "the variance of correlated errors must be positive and finite");
  require(length > 0 && std::isfinite(length), "the length of a correlation must be positive and finite");
  require(positions.rows() == grid.dimensions(), "the positions of correlated errors need a row for every axis");
  const Index count = positions.cols();
  Eigen::MatrixXd result = Eigen::MatrixXd::Constant(count, count, variance);
  for (Index j = 0; j < count; ++j)
    for (Index i = 0; i < j; ++i)
      result(i, j) = result(j, i) =
          variance * std::exp(-periodic_distance(grid, positions.col(i), positions.col(j)) / length);
  return result;
}

}  // namespace semiflow
