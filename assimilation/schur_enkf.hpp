#pragma once
#include <semiflow/assimilation/inflation.hpp>
#include <semiflow/assimilation/localization.hpp>

namespace semiflow {

/// Stochastic ensemble Kalman filter whose covariances are localised by a Schur product (Houtekamer & Mitchell 2001, Eq.
/// 6), a LocalAnalysisScheme: member i <- member i + K (measured + perturbation i - prediction i) with
///
///     K = (r o P H') (r o H P H' + R)^-1
///
/// where o is the entrywise product and r the taper of the distance between state row and sensor, and between sensor
/// and sensor. All sensors at once; without a taper it is StochasticEnkf.
///
/// All fields of a point are at its place: the state is field after field, row = field * points + point. Every rank
/// factors the same dense matrix, [sensor x sensor]: 0.1 s for 2000 sensors, 0.6 s for 4000, 0.1 GiB. (Of sensors in a
/// plane, a sparse factor fills up: it pays below one neighbour in a hundred sensors only.)
class SchurEnkf {
 public:
  struct Options {
    Taper taper = NoTaper{};
    /// Weights up to this one count as zero; in [0, 1). A taper that is cut is no longer a correlation function.
    double smallest_weight = 0;
    Inflation inflation = {};
    bool zero_mean_perturbations = true;  ///< see observation_perturbations()
    std::uint64_t seed = 0;               ///< of the perturbations
  };

  /// Throws Error if an option is out of range.
  SchurEnkf(const Grid& grid, const Options& options);

  /// rows: [row x member], the rows begin, begin + 1, ... of the state; predicted: [sensor x member], the same on every
  /// rank, as the measurement, whose positions must be given. Not collective.
  /// Throws Error if sizes or values of the measurement are wrong, if r o H P H' + R is not positive definite, which only
  /// a taper that is no correlation function makes it, if the spread that a sensor predicts is more than 10^7 times its
  /// error, and if a row is not finite.
  void analyse(EnsembleRef rows, Index begin, EnsembleView predicted, const Measurement& measurement) const;

 private:
  Grid grid_;
  Options options_;
};

static_assert(LocalAnalysisScheme<SchurEnkf>);

}  // namespace semiflow
