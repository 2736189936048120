#pragma once
#include <semiflow/assimilation/correlated_errors.hpp>

namespace semiflow {

/// The optimal proposal of a particle filter for white noise of the model, of variance noise_std^2, and linear sensors H
/// (Doucet, Godsill & Andrieu 2000, Sect. II-D; DAPPER's OptPF). With the forecast f of a particle before its noise,
///
///     y | f ~ N(H f, S),  S = noise_std^2 H H' + R,    x | f, y ~ N(f + K (y - H f), noise_std^2 (I - K H)),
///
/// K = noise_std^2 H' S^-1. Weights do not depend on the noise that is drawn, and vary least of all proposals. So a filter
/// weighs the forecasts by predictions and measurement whitened with S, resamples them, and then moves each of them:
///
///     weights = filter.analyse(rows, weights, proposal.whiten(predicted), proposal.whitened());
///     proposal.move(members, first_member);
class OptimalProposal {
 public:
  /// H: [sensor x state]. Throws Error as validate() does, if the noise is not positive or the sizes do not fit.
  OptimalProposal(const Eigen::MatrixXd& H, double noise_std, const Measurement& measurement, std::uint64_t seed);

  /// What members predict without noise, [sensor x member], in numbers whose errors are independent with variance 1.
  Ensemble whiten(EnsembleView predicted) const { return departures_.whiten(predicted); }
  Measurement whitened() const { return departures_.whiten(measurement_); }

  /// Draws x | f, y for the members first_member, first_member + 1, ..., which are their f: [state x member]. Keyed by
  /// (seed, member, event). Not collective. Throws Error if the state has another size.
  void move(EnsembleRef members, Index first_member) const;

 private:
  Eigen::MatrixXd H_;
  double noise_std_;
  Measurement measurement_;
  std::uint64_t seed_;
  ErrorCovariance departures_;  // S
};

}  // namespace semiflow
