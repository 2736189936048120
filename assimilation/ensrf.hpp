#pragma once
#include <semiflow/assimilation/ensemble_update.hpp>

namespace semiflow {

/// Weights of the serial ensemble square-root filter (Whitaker & Hamill 2002, Eq. 13, by Potter's formula) for
/// apply_weights(): one sensor after the other in the order given, each with the ensemble that the sensors before it
/// have left. The two steps of the EAKF (Anderson 2003) give the same ensemble.
///
/// The mean and covariance of the analysis are those of a Kalman filter with the sample covariance of the (inflated)
/// forecast, in whatever order; the single members are not those of the ETKF and depend on the order. A sensor costs
/// O(members^2), because all that happens to the predictions happens in ensemble space.
/// predicted is [sensor x member], the result [member x member]; prior_std as in Inflation.
/// Throws Error as ensemble_information() does.
Eigen::MatrixXd ensrf_weights(EnsembleView predicted, const Measurement& measurement, double prior_std = 1);

/// Weights of the serial stochastic filter (Houtekamer & Mitchell 2001, in batches of one sensor): as ensrf_weights(),
/// but each sensor moves member i by K (measured + perturbation i - prediction i), perturbations [sensor x member]; see
/// observation_perturbations(). Mean and covariance of the analysis are the Kalman filter's only in the limit of many
/// members, because the gain of every sensor but the first comes from a covariance with the noise of the perturbations
/// before. Not the ensemble of enkf_weights(), which takes all sensors at once. Throws Error as ensrf_weights() does.
Eigen::MatrixXd serial_enkf_weights(EnsembleView predicted, const Measurement& measurement, EnsembleView perturbations,
                                    double prior_std = 1);

/// Serial ensemble square-root filter, an AnalysisScheme.
class Ensrf {
 public:
  struct Options {
    Inflation inflation = {};
    bool rotate = false;     ///< a new random_rotation() after each analysis
    std::uint64_t seed = 0;  ///< of the rotations
  };

  Ensrf() = default;
  /// Throws Error if a value of the inflation is out of range.
  explicit Ensrf(const Options& options);

  /// rows: [row x member]; predicted: [sensor x member], the same on every rank. Not collective.
  void analyse(EnsembleRef rows, EnsembleView predicted, const Measurement& measurement) const;

 private:
  Options options_;
};

/// Serial stochastic ensemble Kalman filter, an AnalysisScheme.
class SerialEnkf {
 public:
  struct Options {
    Inflation inflation = {};
    bool zero_mean_perturbations = true;  ///< see observation_perturbations()
    std::uint64_t seed = 0;               ///< of the perturbations
  };

  SerialEnkf() = default;
  /// Throws Error if a value of the inflation is out of range.
  explicit SerialEnkf(const Options& options);

  /// rows: [row x member]; predicted: [sensor x member], the same on every rank. Not collective.
  void analyse(EnsembleRef rows, EnsembleView predicted, const Measurement& measurement) const;

 private:
  Options options_;
};

static_assert(AnalysisScheme<Ensrf> && AnalysisScheme<SerialEnkf>);

}  // namespace semiflow
