#pragma once
#include <semiflow/assimilation/ensemble_update.hpp>

namespace semiflow {

/// Weights of the deterministic ensemble Kalman filter (Sakov & Oke 2008a) for apply_weights(): the mean moves by the
/// Kalman gain K, the anomalies A by half of it, A - K H A / 2, without perturbed observations.
///
/// The mean of the analysis is that of a Kalman filter with the sample covariance P of the (inflated) forecast. Its
/// covariance is not: it is (I - K H) P + K H P H' K' / 4, so the spread is the Kalman filter's for weak observations
/// and larger for strong ones, by up to half the spread of the forecast. That works as an inflation which adapts itself.
/// predicted is [sensor x member], the result [member x member]; prior_std as in Inflation.
/// Throws Error if there are fewer than two members or the sizes or values of the measurement are wrong.
Eigen::MatrixXd denkf_weights(EnsembleView predicted, const Measurement& measurement, double prior_std = 1);

/// Deterministic ensemble Kalman filter, an AnalysisScheme.
class Denkf {
 public:
  struct Options {
    Inflation inflation = {};
    bool rotate = false;     ///< a new random_rotation() after each analysis
    std::uint64_t seed = 0;  ///< of the rotations
  };

  Denkf() = default;
  /// Throws Error if a value of the inflation is out of range.
  explicit Denkf(const Options& options);

  /// rows: [row x member]; predicted: [sensor x member], the same on every rank. Not collective.
  void analyse(EnsembleRef rows, EnsembleView predicted, const Measurement& measurement) const;

 private:
  Options options_;
};

static_assert(AnalysisScheme<Denkf>);

}  // namespace semiflow
