#pragma once
#include <optional>
#include <semiflow/assimilation/inflation.hpp>

namespace semiflow {

/// Ensemble transform Kalman filter localised by the correlations of its own members, an AnalysisScheme without
/// distances: for parameters, averages and sensors that are nowhere in particular. Every row is analysed for itself, as
/// by Etkf, from the sensors whose predictions have a sample correlation with it above a cut-off in modulus (Luo &
/// Bhakta 2020). A row correlated with none keeps its forecast, but for its inflation.
///
/// Costs a root [member x member] for each set of sensors that differs from that of the row before, and O(rows * sensors *
/// members) for the correlations.
class CorrelationEtkf {
 public:
  struct Options {
    /// In [0, 1]: 0 takes all sensors, 1 none. Without it min(1, 3 / sqrt(members)), three standard deviations of the
    /// sample correlation of independent numbers; ERT's default, which takes no sensor for fewer than ten members.
    std::optional<double> cutoff = {};
    Inflation inflation = {};
    bool rotate = false;     ///< a new random_rotation(), the same for all rows, after each analysis
    std::uint64_t seed = 0;  ///< of the rotations
  };

  /// Throws Error if an option is out of range.
  explicit CorrelationEtkf(const Options& options);

  /// rows: [row x member]; predicted: [sensor x member], the same on every rank. Not collective.
  /// Throws Error as Etkf does.
  void analyse(EnsembleRef rows, EnsembleView predicted, const Measurement& measurement) const;

 private:
  Options options_;
};

static_assert(AnalysisScheme<CorrelationEtkf>);

}  // namespace semiflow
