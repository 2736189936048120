#pragma once
#include <semiflow/assimilation/ensemble_update.hpp>

namespace semiflow {

/// Draws of the observation error, one for each member: [sensor x members], covariance R, keyed by
/// (seed, perturbed_observations, event). Member i does not change with their number unless zero_mean is set: then
/// the mean over the members is removed, so that the analysis mean is the Kalman filter's. The sample covariance
/// (with members - 1) has expectation R either way.
Eigen::MatrixXd observation_perturbations(const Measurement& measurement, Index members, std::uint64_t seed,
                                          bool zero_mean = true);

/// Weights of the stochastic ensemble Kalman filter (Burgers et al. 1998) for apply_weights():
/// member i <- member i + K (measured + perturbation i - prediction i), with the gain K from the sample covariance of
/// the forecast and R itself, not the sample covariance of the perturbations.
/// predicted and perturbations are [sensor x member]; prior_std as in Inflation.
/// Throws Error if there are fewer than two members or the sizes or values of the measurement are wrong.
Eigen::MatrixXd enkf_weights(EnsembleView predicted, const Measurement& measurement, EnsembleView perturbations,
                             double prior_std = 1);

/// Stochastic ensemble Kalman filter, an AnalysisScheme.
class StochasticEnkf {
 public:
  struct Options {
    Inflation inflation = {};
    bool zero_mean_perturbations = true;  ///< see observation_perturbations()
    std::uint64_t seed = 0;               ///< of the perturbations
  };

  StochasticEnkf() = default;
  /// Throws Error if a value of the inflation is out of range.
  explicit StochasticEnkf(const Options& options);

  /// rows: [row x member]; predicted: [sensor x member], the same on every rank. Not collective.
  void analyse(EnsembleRef rows, EnsembleView predicted, const Measurement& measurement) const;

 private:
  Options options_;
};

static_assert(AnalysisScheme<StochasticEnkf>);

}  // namespace semiflow
