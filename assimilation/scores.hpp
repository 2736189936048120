#pragma once
#include <semiflow/core/communicator.hpp>

namespace semiflow {

/// How an ensemble compares with the truth at one time. A table's score is the mean over time of these numbers, not
/// the root of the mean square over time: the two differ (by 6 % for 4 independent Gaussian errors).
struct Scores {
  double rmse = 0;    ///< root of the spatial mean of (ensemble mean - truth)^2
  double spread = 0;  ///< root of the spatial mean of the unbiased ensemble variance; NaN for one member
  /// Continuous ranked probability score of the members' empirical distribution, mean over space (Hersbach 2000).
  double crps = 0;
  /// The same with members (members - 1) in place of members^2, unbiased in the number of members (Ferro 2014);
  /// NaN for one member.
  double crps_fair = 0;
  /// Rank histogram: for each k = 0..members, at how many points k members lie below the truth (Hamill 2001). Where
  /// members equal the truth, the point counts in equal parts for each rank it could have. Empty if not asked for.
  Eigen::VectorXd rank_counts;
};

/// What to compute beside rmse and spread; both sort the members at every point.
struct ScoreOptions {
  bool crps = true;  ///< else crps and crps_fair are 0
  bool ranks = true;
  /// Of a particle filter, [member] with the sum 1; empty if members are equally likely. The spread is then the root of
  /// sum w (x - mean)^2 / (1 - sum w^2), crps_fair is NaN, and ranks have no meaning.
  Eigen::VectorXd weights{};
};

/// rows: my rows of all members, [my rows x member]; truth: [my rows]. The rows are dealt out by row_share(), so that
/// they begin at a whole block: then every rank gets the same bits, whatever their number. Collective; empty ranks
/// are legal. Throws Error if there is no member, on a rank whose truth has not one value a row, and on every rank if
/// there is no row at all or a value on any rank is not finite.
Scores score(EnsembleView rows, Eigen::Ref<const Eigen::VectorXd> truth, const Communicator& comm,
             const ScoreOptions& options = {});

/// How an ensemble's predictions compare with what the sensors measured, before the analysis.
struct InnovationStatistics {
  Eigen::VectorXd mean;  ///< measured - mean prediction: [sensor]
  /// d'(H P H' + R)^-1 d / sensors with the sample covariance P and the mean innovation d: about 1 if the filter's
  /// uncertainty is right.
  double chi_squared = 0;
  /// Degrees of freedom for signal, tr(H K): how many of the numbers measured the analysis makes use of.
  double signal_degrees_of_freedom = 0;
};

/// predicted: [sensor x member]. Not collective. Throws Error as etkf_weights() does.
InnovationStatistics innovation_statistics(EnsembleView predicted, const Measurement& measurement);

}  // namespace semiflow
