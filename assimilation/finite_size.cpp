#include <algorithm>
#include <cmath>
#include <limits>
#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/assimilation/finite_size.hpp>
#include <semiflow/core/error.hpp>

#include "hyperprior.hpp"
#include "symmetric_eigen.hpp"

namespace semiflow {

using detail::Hyperprior, detail::hyperprior;

namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();

// The unknown is z = 1 / l^2 throughout, as in the papers (their zeta is (N - 1) z).

// The dual cost divided by the constant that does not depend on z, and half its slope times z.
class Dual {
 public:
  // projection: S'd in the basis of the eigenvectors of S'S.
  Dual(const Eigen::ArrayXd& eigenvalues, const Eigen::ArrayXd& projection, Hyperprior prior)
      : eigenvalues_(eigenvalues), prior_(prior) {
    // Of directions that no sensor sees, the projection holds rounding errors only.
    const double seen = static_cast<double>(eigenvalues.size()) * epsilon * eigenvalues.maxCoeff();
    squares_ = (eigenvalues > seen).select(projection.square() / static_cast<double>(eigenvalues.size() - 1), 0);
  }

  double cost(double z) const { return prior_.a * z - prior_.b * std::log(z) - (squares_ / (z + eigenvalues_)).sum(); }
  double slope(double z) const { return (prior_.a + w_squared(z)) * z - prior_.b; }

  // Every stationary point is a fixed point of z -> b / (a + w'w), which grows with z, so they lie between its values
  // for nothing and for no inflation. Each term of the cost changes over a factor of e or more, so smaller steps miss
  // no minimum that is worth the name.
  double minimum() const {
    const double top = prior_.b / prior_.a, floor = prior_.b / (prior_.a + w_squared(0));
    double best = top, lowest = std::numeric_limits<double>::infinity();
    for (double right = top; right > floor;) {
      const double left = std::max(0.8 * right, floor);
      if (slope(right) >= 0 && (left == floor || slope(left) < 0)) {
        const double z = root(left, right), value = cost(z);
        if (value < lowest) {
          lowest = value;
          best = z;
        }
      }
      right = left;
    }
    return best;
  }

 private:
  // Square of the weights of the mean; squares of unseen directions, 0 / 0 at z = 0, count as zero.
  double w_squared(double z) const { return (squares_ > 0).select(squares_ / (z + eigenvalues_).square(), 0).sum(); }
  double slope_derivative(double z) const {
    return prior_.a + (squares_ * (eigenvalues_ - z) / (z + eigenvalues_).cube()).sum();
  }

  // Newton steps, or halves of the bracket where they leave it.
  double root(double left, double right) const {
    double z = right;
    for (int step = 0; step < 100; ++step) {
      const double value = slope(z);
      (value < 0 ? left : right) = z;
      double next = z - value / slope_derivative(z);
      if (!(next > left && next < right)) next = (left + right) / 2;
      const double change = std::abs(next - z);
      z = next;
      if (change <= 2 * epsilon * z) break;
    }
    return z;
  }

  Eigen::ArrayXd eigenvalues_, squares_;
  Hyperprior prior_;
};

// Newton's method on the primal cost divided by N - 1, in the basis of the eigenvectors of S'S, where the Hessian is a
// diagonal matrix less one of rank one. Where it is not positive or its step does not descend, the step with z held does:
// the logarithm lies below its tangents.
double primal_minimum(const Eigen::ArrayXd& eigenvalues, const Eigen::ArrayXd& projection, Hyperprior prior) {
  const Eigen::ArrayXd target = projection / std::sqrt(static_cast<double>(eigenvalues.size() - 1));
  const auto cost = [&](const Eigen::ArrayXd& w) {
    return (w * (eigenvalues * w / 2 - target)).sum() + prior.b / 2 * std::log(prior.a + w.square().sum());
  };
  Eigen::ArrayXd w = Eigen::ArrayXd::Zero(eigenvalues.size()), held, step;
  for (int iteration = 0; iteration < 1000; ++iteration) {
    const double z = prior.b / (prior.a + w.square().sum()), coupling = 2 * z * z / prior.b;
    held = eigenvalues + z;
    step = target / held - w;
    const double definite = 1 - coupling * (w.square() / held).sum();
    if (definite > 0) {
      const Eigen::ArrayXd newton = step + coupling * (w * step).sum() / definite * w / held;
      const double value = cost(w);
      if (cost(w + newton) <= value + 4 * epsilon * std::abs(value)) {
        w += newton;
        // The error after a Newton step is the square of the step.
        if (newton.matrix().norm() <= 1e-9 * w.matrix().norm()) return prior.b / (prior.a + w.square().sum());
        continue;
      }
    }
    w += step;
  }
  throw Error(Fault::run, "EnKF-N", "the primal form has not converged", "use the dual form");
}

}  // namespace

FiniteSizeUpdate finite_size_update(const EnsembleInformation& information, double certainty, FiniteSizeForm form) {
  const Index members = information.projection.size();
  require(members >= 2, "the EnKF-N needs at least two members");
  require(information.gram.rows() == members && information.gram.cols() == members,
          "the Gram matrix and the projection must be of the same members");
  require(certainty > 0 && std::isfinite(certainty), "the certainty of the EnKF-N must be positive and finite");

  const auto [values, vectors] = detail::symmetric_eigen(information.gram);
  const Eigen::ArrayXd eigenvalues = values.array().max(0);
  const Eigen::ArrayXd projection = vectors.transpose() * information.projection;
  const Hyperprior prior = hyperprior(eigenvalues, certainty);
  const double z = form == FiniteSizeForm::dual ? Dual(eigenvalues, projection, prior).minimum()
                                                : primal_minimum(eigenvalues, projection, prior);

  // The symmetric square root and the mean of an ETKF with the inflated anomalies.
  FiniteSizeUpdate update{.inflation = 1 / std::sqrt(z), .weights = {}};
  const double norm = 1 / std::sqrt(static_cast<double>(members - 1));
  const Eigen::VectorXd factors = (z + eigenvalues).rsqrt();
  const Eigen::VectorXd shift = norm * (vectors * (projection / (z + eigenvalues)).matrix());
  update.weights = (vectors * factors.asDiagonal()) * vectors.transpose();
  update.weights.colwise() += shift;
  update.weights *= information.prior_std;
  return update;
}

FiniteSizeEnkf::FiniteSizeEnkf(const Options& options) : options_(options) {
  validate(options.inflation);
  require(options.certainty > 0 && std::isfinite(options.certainty),
          "the certainty of the EnKF-N must be positive and finite");
}

void FiniteSizeEnkf::analyse(EnsembleRef rows, EnsembleView predicted, const Measurement& measurement) const {
  const EnsembleInformation information = ensemble_information(predicted, measurement, options_.inflation.prior_std);
  const FiniteSizeUpdate update = finite_size_update(information, options_.certainty, options_.form);
  Eigen::MatrixXd rotation;
  if (options_.rotate) rotation = random_rotation(predicted.cols(), options_.seed, measurement.event);
  apply_weights(rows, update.weights, options_.inflation, rotation);
}

}  // namespace semiflow
