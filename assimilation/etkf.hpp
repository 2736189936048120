#pragma once
#include <semiflow/assimilation/ensemble_update.hpp>

namespace semiflow {

/// Weights of the ensemble transform Kalman filter with the symmetric square root (Bishop et al. 2001; Hunt et al.
/// 2007, Eqs. 20-24), to be applied by apply_weights(): analysis = mean + anomalies * weights, the shift of the mean
/// included. predicted is [sensor x member]; the result is [member x member].
///
/// prior_std multiplies the forecast anomalies, see Inflation. The mean and covariance of the analysis are those of
/// a Kalman filter with the sample covariance of the (inflated) forecast, for any number of sensors.
/// Throws Error if there are fewer than two members or the sizes or values of the measurement are wrong.
Eigen::MatrixXd etkf_weights(EnsembleView predicted, const Measurement& measurement, double prior_std = 1);

/// The same from what the sensors tell in ensemble space, e.g. of some sensors with tapered weights; prior_std is the
/// one in it. Throws Error if its sizes do not agree, it has fewer than two members, or prior_std is out of range.
Eigen::MatrixXd etkf_weights(const EnsembleInformation& information);

/// Random orthogonal matrix [members x members] that keeps the vector of ones: the anomalies times it have the same
/// mean (zero) and the same covariance, but no member keeps its identity, which breaks up the outliers that a
/// symmetric square root builds up (Sakov & Oke 2008b). Uniform (Haar) on the orthogonal complement of the ones, by
/// Householder vectors (Stewart 1980). Keyed by (seed, ensemble_rotation, event).
Eigen::MatrixXd random_rotation(Index members, std::uint64_t seed, std::uint64_t event);

/// Ensemble transform Kalman filter, an AnalysisScheme.
class Etkf {
 public:
  struct Options {
    Inflation inflation = {};
    bool rotate = false;     ///< a new random_rotation() after each analysis
    std::uint64_t seed = 0;  ///< of the rotations
  };

  Etkf() = default;
  /// Throws Error if a value of the inflation is out of range.
  explicit Etkf(const Options& options);

  /// rows: [row x member]; predicted: [sensor x member], the same on every rank. Not collective.
  void analyse(EnsembleRef rows, EnsembleView predicted, const Measurement& measurement) const;

 private:
  Options options_;
};

static_assert(AnalysisScheme<Etkf>);

}  // namespace semiflow
