#include "unit_posterior.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <semiflow/core/error.hpp>

namespace semiflow::detail {

void ActiveTerms::add(Index term, double precision) {
  terms.push_back(term);
  alpha.push_back(precision);
}

void ActiveTerms::remove(Index slot) {
  terms.erase(terms.begin() + slot);
  alpha.erase(alpha.begin() + slot);
}

namespace {

using Vector = Eigen::Matrix<long double, Eigen::Dynamic, 1>;

double gaussian_evidence(double rows, double beta, double log_determinants, double misfit) {
  return -0.5 * (rows * std::log(2 * std::numbers::pi / beta) + log_determinants + misfit);
}

UnitPosterior empty_posterior(const UnitEquations& unit, double beta) {
  return {.sparsity = beta * unit.gram.diagonal(),
          .quality = beta * unit.projection,
          .log_evidence = gaussian_evidence(unit.rows, beta, 0, beta)};
}

}  // namespace

UnitPosterior unit_posterior(const UnitEquations& unit, const ActiveTerms& active, double beta) {
  const Index size = active.size();
  if (size == 0) return empty_posterior(unit, beta);  // BLAS refuses empty matrices
  const Eigen::Map<const Eigen::VectorXd> alpha(active.alpha.data(), size);

  // K = Sigma^-1 / beta, so that S/beta and Q/beta of a unit column come out as a squared length and a cosine.
  // Cholesky's errors do not grow with the spread of alpha: they are invariant to diagonal scaling.
  Eigen::MatrixXd k = unit.gram(active.terms, active.terms);
  k.diagonal() += alpha / beta;
  const Eigen::LLT<Eigen::MatrixXd> cholesky(k);
  if (cholesky.info() != Eigen::Success)
    throw Error(Fault::input, "relevance vectors", "the Gram matrix is not positive semi-definite");
  const Eigen::VectorXd half = cholesky.matrixL().solve(unit.projection(active.terms).eval());
  const Eigen::MatrixXd cross = cholesky.matrixL().solve(unit.gram(active.terms, Eigen::all).eval());
  const Eigen::MatrixXd inverse_factor = cholesky.matrixL().solve(Eigen::MatrixXd::Identity(size, size));

  UnitPosterior posterior;
  posterior.mean = cholesky.matrixU().solve(half);
  posterior.variance = inverse_factor.colwise().squaredNorm().transpose() / beta;
  posterior.sparsity = beta * (unit.gram.diagonal() - cross.colwise().squaredNorm().transpose());
  posterior.quality = beta * (unit.projection - cross.transpose() * half);

  double log_determinants = 0;  // -sum ln alpha - ln|Sigma|
  for (Index i = 0; i < size; ++i) {
    const Index term = active.terms[static_cast<std::size_t>(i)];
    double& s = posterior.sparsity(term);
    double& q = posterior.quality(term);
    // So far s and q hold S and Q, which include the term itself. s = alpha S / (alpha - S) loses its digits
    // where S comes near alpha; there the posterior knows the same: S = alpha - alpha^2 Sigma_jj, Q = alpha mu.
    if (alpha(i) * posterior.variance(i) > 0.5) {
      const double without = 1 / (1 - s / alpha(i));
      s *= without;
      q *= without;
    } else {
      s = 1 / posterior.variance(i) - alpha(i);
      q = posterior.mean(i) / posterior.variance(i);
    }
    posterior.determined += s / (alpha(i) + s);
    log_determinants += std::log(beta / alpha(i)) + 2 * std::log(cholesky.matrixLLT()(i, i));
  }
  // In long double: what is left after subtraction may be 1e-14, and jitter there would keep beta from settling.
  const Vector mean = posterior.mean.cast<long double>(),
               projection = unit.projection(active.terms).cast<long double>();
  const Vector gradient = projection - unit.gram(active.terms, active.terms).cast<long double>() * mean;
  const auto residual = static_cast<double>(1 - mean.dot(projection) - mean.dot(gradient));
  posterior.residual_square = std::max(residual, smallest_residual);
  posterior.log_evidence = gaussian_evidence(unit.rows, beta, log_determinants,
                                             beta * posterior.residual_square + posterior.mean.cwiseAbs2().dot(alpha));
  return posterior;
}

double noise_precision(const UnitEquations& unit, const UnitPosterior& posterior) {
  return std::max(unit.rows - posterior.determined, 1e-10 * unit.rows) / posterior.residual_square;
}

}  // namespace semiflow::detail
