#pragma once
#include <semiflow/assimilation/inflation.hpp>
#include <semiflow/assimilation/localization.hpp>

namespace semiflow {

/// Serial ensemble adjustment Kalman filter with covariance localisation (Anderson 2003; Karspeck & Anderson 2007), a
/// LocalAnalysisScheme; DART's default filter and DAPPER's SL_EAKF.
///
/// One sensor after the other, in the order given: its prediction is adjusted as by a scalar Kalman filter with a
/// square root, and what happens to it is regressed on every row of the state and on the predictions of the sensors to
/// come, times the taper of the distance between the two places. So the members depend on the order of the sensors, and
/// with a taper the mean does, too. Without a taper it is Ensrf, member by member.
///
/// All fields of a point are at its place: the state is field after field, row = field * points + point. A row out of the
/// reach of every sensor keeps its forecast, but for its inflation. What the sensors do to each other costs
/// O(sensors * neighbours * members), on every rank.
class LocalEakf {
 public:
  struct Options {
    Taper taper = NoTaper{};
    /// Sensors of this weight or less are left out, as in DAPPER; in [0, 1).
    double smallest_weight = 1e-3;
    Inflation inflation = {};
    bool rotate = false;     ///< a new random_rotation(), the same for all rows, after each analysis
    std::uint64_t seed = 0;  ///< of the rotations
  };

  /// Throws Error if an option is out of range.
  LocalEakf(const Grid& grid, const Options& options);

  /// rows: [row x member], the rows begin, begin + 1, ... of the state; predicted: [sensor x member], the same on every
  /// rank, as the measurement, whose positions must be given. Not collective.
  /// Throws Error if sizes or values of the measurement are wrong, if the spread that a sensor predicts is more than
  /// 10^7 times its error, and if a row is not finite.
  void analyse(EnsembleRef rows, Index begin, EnsembleView predicted, const Measurement& measurement) const;

 private:
  Grid grid_;
  Options options_;
};

static_assert(LocalAnalysisScheme<LocalEakf>);

}  // namespace semiflow
