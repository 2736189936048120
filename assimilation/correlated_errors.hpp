#pragma once
#include <Eigen/Cholesky>
#include <memory>
#include <semiflow/core/differentiable.hpp>
#include <semiflow/core/grid.hpp>
#include <utility>

namespace semiflow {

/// Errors of sensors that depend on each other: a dense R, or one of blocks. With R = L L' the numbers L^-1 y have
/// independent errors of unit variance, so every scheme for a diagonal R does for this one. A scheme that localises
/// then takes each number of a block for its sensor's own: the blocks are to be small against the taper.
class ErrorCovariance {
 public:
  /// covariance: R, [sensor x sensor]. Throws Error unless it is symmetric, finite and positive definite.
  explicit ErrorCovariance(const Eigen::MatrixXd& covariance);

  Index sensors() const { return factor_.rows(); }
  /// L^-1 times values, and its transpose: [sensor x vectors]. Throws Error if the sizes do not fit.
  Ensemble whiten(EnsembleView values) const;
  Ensemble whiten_transposed(EnsembleView values) const;
  /// The measurement in these numbers, with unit variances and the positions that it has. Its own variances are not
  /// looked at. Throws Error if it has not as many values.
  Measurement whiten(const Measurement& measurement) const;

  /// What the sensors report of exact values [sensor]: with noise of this covariance, keyed by (seed,
  /// observation_noise, event).
  Measurement noisy_measurement(const Eigen::Ref<const Eigen::VectorXd>& exact, std::uint64_t event, double time,
                                std::uint64_t seed) const;

 private:
  Eigen::MatrixXd factor_;  // L, lower
};

/// variance exp(-distance / length) between sensors at positions [axis x sensor], by the shortest way around each axis: on a
/// line a Markov process, of which neither neighbour knows what the other does not. Throws Error unless variance and length
/// are positive and finite and there is a row for every axis.
Eigen::MatrixXd exponential_covariance(const Grid& grid, const Eigen::MatrixXd& positions, double variance,
                                       double length);

/// L^-1 H(x): the predictions that go with ErrorCovariance::whiten(measurement). A DifferentiableObservation.
template <DifferentiableObservation H>
class WhitenedObservations {
 public:
  WhitenedObservations(H observe, ErrorCovariance errors)
      : observe_(std::move(observe)), errors_(std::make_shared<const ErrorCovariance>(std::move(errors))) {}

  Ensemble operator()(EnsembleView members) const { return errors_->whiten(Ensemble(observe_(members))); }
  Ensemble tangent(const Eigen::Ref<const Eigen::VectorXd>& state, EnsembleView perturbations) const {
    return errors_->whiten(Ensemble(observe_.tangent(state, perturbations)));
  }
  Ensemble adjoint(const Eigen::Ref<const Eigen::VectorXd>& state, EnsembleView sensitivities) const {
    return observe_.adjoint(state, errors_->whiten_transposed(sensitivities));
  }

 private:
  H observe_;
  std::shared_ptr<const ErrorCovariance> errors_;
};

}  // namespace semiflow
