#include <Eigen/Cholesky>
#include <cmath>
#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>

#include "symmetric_eigen.hpp"

namespace semiflow {

namespace {

// (I + S'S)^-1/2, symmetric. The eigenvalues of S'S are not negative except by rounding.
Eigen::MatrixXd symmetric_root(const Eigen::MatrixXd& gram) {
  const auto [values, vectors] = detail::symmetric_eigen(gram);
  const Eigen::VectorXd factors = (1 + values.array().max(0)).rsqrt();
  return (vectors * factors.asDiagonal()) * vectors.transpose();
}

// Householder reflection I - v v' / scale that swaps the first unit vector with the normalised ones. Its other
// columns are an orthonormal basis of the ensemble perturbations, those that do not move the mean.
class MeanReflection {
 public:
  explicit MeanReflection(Index members) : vector_(Eigen::VectorXd::Constant(members, 1)) {
    const double norm = std::sqrt(static_cast<double>(members));
    vector_(0) += norm;
    scale_ = norm * vector_(0);
  }

  // From both sides, so that a matrix that keeps the ones becomes block diagonal (1, the rest), and back.
  void conjugate(Eigen::MatrixXd& matrix) const {
    matrix -= vector_ * (vector_.transpose() * matrix / scale_).eval();
    matrix -= (matrix * vector_ / scale_).eval() * vector_.transpose();
  }

 private:
  Eigen::VectorXd vector_;
  double scale_;
};

// Some T with T T' = (I + S'S)^-1 that keeps the ones, from a Cholesky factor.
Eigen::MatrixXd triangular_root(Eigen::MatrixXd gram) {
  const Index members = gram.rows(), perturbations = members - 1;
  const MeanReflection reflection(members);
  reflection.conjugate(gram);
  Eigen::MatrixXd precision = gram.bottomRightCorner(perturbations, perturbations);
  precision.diagonal().array() += 1;
  const Eigen::LLT<Eigen::Ref<Eigen::MatrixXd>> cholesky(precision);
  Eigen::MatrixXd root = Eigen::MatrixXd::Identity(members, members);
  auto block = root.bottomRightCorner(perturbations, perturbations);
  cholesky.matrixU().solveInPlace(block);
  reflection.conjugate(root);
  return root;
}

Eigen::MatrixXd weights_from_root(const Eigen::MatrixXd& root, const EnsembleInformation& information) {
  const double norm = 1 / std::sqrt(static_cast<double>(root.rows() - 1));
  const Eigen::VectorXd shift = norm * (root * (root.transpose() * information.projection));
  return information.prior_std * (root.colwise() + shift);
}

}  // namespace

Eigen::MatrixXd etkf_weights(const EnsembleInformation& information) {
  const Index members = information.projection.size();
  require(members >= 2, "ETKF weights need at least two members");
  require(information.gram.rows() == members && information.gram.cols() == members,
          "the Gram matrix and the projection must be of the same members");
  require(information.prior_std >= 0 && std::isfinite(information.prior_std),
          "prior_std must be non-negative and finite");
  return weights_from_root(symmetric_root(information.gram), information);
}

Eigen::MatrixXd etkf_weights(EnsembleView predicted, const Measurement& measurement, double prior_std) {
  return etkf_weights(ensemble_information(predicted, measurement, prior_std));
}

Eigen::MatrixXd random_rotation(Index members, std::uint64_t seed, std::uint64_t event) {
  require(members > 0, "a rotation needs at least one member");
  const Index n = members - 1;
  Eigen::MatrixXd rotation = Eigen::MatrixXd::Identity(members, members);
  const Eigen::VectorXd normals = standard_normal(n * (n + 1) / 2, {seed, Purpose::ensemble_rotation, event});

  // The subgroup algorithm (Diaconis & Shahshahani 1987): if Q is uniform in k - 1 dimensions and H an orthogonal
  // matrix with a uniform first column, H diag(1, Q) is uniform in k. H is a reflection with the sign that makes its
  // first column x / |x| while v is free of cancellation.
  Eigen::VectorXd v(n);
  for (Index k = 1, used = 0; k <= n; used += k, ++k) {
    auto block = rotation.bottomRightCorner(k, k);
    auto x = v.head(k);
    x = normals.segment(used, k);
    const double norm = std::copysign(x.norm(), x(0));
    x(0) += norm;
    const double scale = norm * x(0);
    for (Index j = 0; j < k; ++j) block.col(j) -= x * (x.dot(block.col(j)) / scale);
    if (norm > 0) block *= -1;
  }
  MeanReflection(members).conjugate(rotation);
  return rotation;
}

Etkf::Etkf(const Options& options) : options_(options) { validate(options.inflation); }

void Etkf::analyse(EnsembleRef rows, EnsembleView predicted, const Measurement& measurement) const {
  const Inflation& inflation = options_.inflation;
  const EnsembleInformation information = ensemble_information(predicted, measurement, inflation.prior_std);
  if (!options_.rotate) return apply_weights(rows, etkf_weights(information), inflation);

  // All square roots differ by an orthogonal matrix, so after a uniform rotation they are equal in law and the
  // cheapest will do. Relaxation to the perturbations is the exception: it mixes the root with the identity first.
  const bool any_root = inflation.relaxation_to_prior_perturbations == 0;
  const Eigen::MatrixXd root = any_root ? triangular_root(information.gram) : symmetric_root(information.gram);
  apply_weights(rows, weights_from_root(root, information), inflation,
                random_rotation(predicted.cols(), options_.seed, measurement.event));
}

}  // namespace semiflow
