#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <cmath>
#include <semiflow/assimilation/variational.hpp>

namespace semiflow {

CovarianceRoot::CovarianceRoot(Index count, std::function<Ensemble(EnsembleView)> apply,
                               std::function<Ensemble(EnsembleView)> pull)
    : controls(count), times(std::move(apply)), transpose_times(std::move(pull)) {}

CovarianceRoot::CovarianceRoot(const std::shared_ptr<const Eigen::MatrixXd>& matrix)
    : controls(matrix->cols()),
      times([matrix](EnsembleView v) -> Ensemble { return *matrix * v; }),
      transpose_times([matrix](EnsembleView x) -> Ensemble { return matrix->transpose() * x; }) {}

Eigen::MatrixXd covariance_root(const Eigen::MatrixXd& covariance) {
  require(covariance.rows() == covariance.cols(), "a covariance must be square");
  require(covariance.allFinite(), "a covariance must be finite");
  const double size = covariance.size() == 0 ? 0 : covariance.cwiseAbs().maxCoeff();
  require((covariance - covariance.transpose()).isZero(1e-12 * size), "a covariance must be symmetric");
  const Eigen::LDLT<Eigen::MatrixXd> factor(covariance);
  const Eigen::VectorXd d = factor.vectorD();
  if ((d.array() < -1e-12 * size).any()) {
    // A singular matrix may end in pivots of rounding errors over rounding errors: the eigenvalues decide.
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(covariance);
    require((eigen.eigenvalues().array() >= -1e-10 * size).all(), "a covariance must be positive semidefinite");
    return eigen.eigenvectors() * eigen.eigenvalues().cwiseMax(0).cwiseSqrt().asDiagonal();
  }
  const Eigen::MatrixXd lower = factor.matrixL();
  return factor.transpositionsP().transpose() * (lower * d.cwiseMax(0).cwiseSqrt().asDiagonal());
}

Eigen::MatrixXd analysis_covariance(const Background& background, const VariationalAnalysis& analysis) {
  require(analysis.hessian.rows() == background.root.controls && background.root.controls > 0,
          "the covariance of an analysis needs the dense solver");
  const Eigen::LLT<Eigen::MatrixXd> factor(analysis.hessian);
  const Ensemble inverse = factor.solve(Ensemble::Identity(analysis.hessian.rows(), analysis.hessian.rows()));
  return background.root.times(background.root.times(inverse).transpose());
}

namespace detail {

namespace {

// A control with what the model makes of it.
struct Point {
  Eigen::VectorXd control;
  Linearisation at;

  double cost() const { return (control.squaredNorm() + at.departures.squaredNorm()) / 2; }
  bool finite() const { return std::isfinite(cost()); }
};

Eigen::VectorXd state_of(const Background& background, const Eigen::VectorXd& control) {
  return background.mean + background.root.times(control);
}

Point point_of(const Background& background, const Linearise& linearise, Eigen::VectorXd control) {
  Linearisation at = linearise(state_of(background, control));
  return {.control = std::move(control), .at = std::move(at)};
}

Eigen::VectorXd gradient_of(const Background& background, const Point& point) {
  return point.control - background.root.transpose_times(point.at.adjoint(point.at.departures));
}

void check(const Background& background) {
  require(background.mean.allFinite(), "the background must be finite");
  require(background.root.controls >= 1, "the background covariance has at least one direction");
  require(background.root.times(Ensemble(background.root.controls, 0)).rows() == background.mean.size(),
          "the background's mean and covariance must have the same size");
}

void check(const VariationalOptions& options) {
  require(options.outer_iterations >= 1, "outer_iterations must be at least one");
  require(options.inner_iterations >= 1, "inner_iterations must be at least one");
  require(options.outer_tolerance > 0 && options.inner_tolerance > 0, "the tolerances must be positive");
}

[[noreturn]] void refuse_infinite() {
  throw Error(Fault::run, "variational analysis", "the cost of the background is not finite",
              "look for a forecast that blew up, or take a shorter window");
}

// Hestenes & Stiefel (1952): x with (I + S'S) x = b; S'S by its product with a vector.
template <class Product>
Eigen::VectorXd conjugate_gradients(const Product& product, const Eigen::VectorXd& b, const VariationalOptions& options,
                                    Index& iterations) {
  Eigen::VectorXd x = Eigen::VectorXd::Zero(b.size()), residual = b, direction = b;
  double rho = residual.squaredNorm();
  const double enough = options.inner_tolerance * options.inner_tolerance * rho;
  for (Index i = 0; i < options.inner_iterations && rho > enough; ++i, ++iterations) {
    const Eigen::VectorXd image = direction + product(direction);
    const double length = rho / direction.dot(image);
    x += length * direction;
    residual -= length * image;
    const double next = residual.squaredNorm();
    direction = residual + (next / rho) * direction;
    rho = next;
  }
  return x;
}

}  // namespace

Eigen::VectorXd scale_of(const Measurement& measurement, double after) {
  validate(measurement);
  require(measurement.time >= after, "the events must be in the order of their times, none before the window begins");
  return measurement.error_variance.cwiseSqrt().cwiseInverse();
}

Eigen::VectorXd scaled_departure(EnsembleView predicted, const Measurement& measurement, const Eigen::VectorXd& scale) {
  require(predicted.rows() == measurement.values.size(), "there must be one prediction a sensor");
  return scale.cwiseProduct(measurement.values - predicted.col(0));
}

Cost variational_cost(const Background& background, const Linearise& linearise, const Eigen::VectorXd& control) {
  check(background);
  require(control.size() == background.root.controls, "the control does not have the size of the background's root");
  const Point point = point_of(background, linearise, control);
  if (!point.finite()) refuse_infinite();
  return {.value = point.cost(), .gradient = gradient_of(background, point)};
}

VariationalAnalysis gauss_newton(const Background& background, const Linearise& linearise,
                                 const VariationalOptions& options) {
  check(background);
  check(options);
  const CovarianceRoot& root = background.root;
  const Index controls = root.controls;
  const bool dense =
      options.solver == InnerSolver::dense || (options.solver == InnerSolver::automatic && controls <= 128);
  const Ensemble directions = dense ? root.times(Ensemble::Identity(controls, controls)) : Ensemble();

  VariationalAnalysis analysis;
  Point point = point_of(background, linearise, Eigen::VectorXd::Zero(controls));
  if (!point.finite()) refuse_infinite();
  analysis.costs.push_back(point.cost());
  for (Index outer = 0; outer < options.outer_iterations && !analysis.converged; ++outer) {
    Eigen::VectorXd gradient, step;
    if (dense) {
      const Ensemble S = point.at.tangent(directions);
      gradient = point.control;
      analysis.hessian.setIdentity(controls, controls);
      if (S.rows() > 0) {  // BLAS refuses a matrix without rows
        gradient -= S.transpose() * point.at.departures;
        analysis.hessian.selfadjointView<Eigen::Lower>().rankUpdate(S.transpose());
        analysis.hessian.triangularView<Eigen::StrictlyUpper>() = analysis.hessian.transpose();
      }
      step = analysis.hessian.llt().solve(-gradient);
    } else {
      gradient = gradient_of(background, point);
      const auto product = [&](const Eigen::VectorXd& v) -> Eigen::VectorXd {
        return root.transpose_times(point.at.adjoint(point.at.tangent(root.times(v))));
      };
      step = conjugate_gradients(product, -gradient, options, analysis.inner_iterations);
    }

    // Armijo's rule, up to rounding.
    const double slope = gradient.dot(step), rounding = 1e-13 * (1 + point.cost());
    double length = 1;
    const auto lowers = [&](const Point& next) {
      return next.cost() <= point.cost() + 1e-4 * length * slope + rounding;
    };
    Point next = point_of(background, linearise, point.control + step);
    for (; !lowers(next) && length > 1e-6; length /= 2)
      next = point_of(background, linearise, point.control + length / 2 * step);
    if (!lowers(next)) break;
    point = std::move(next);
    analysis.costs.push_back(point.cost());
    analysis.converged = length * step.norm() <= options.outer_tolerance * std::sqrt(static_cast<double>(controls));
  }
  analysis.state = state_of(background, point.control);
  analysis.control = std::move(point.control);
  return analysis;
}

}  // namespace detail

}  // namespace semiflow
