#pragma once
#include <semiflow/core/ensemble.hpp>
#include <vector>

namespace semiflow {

/// Bayes' rule for weighted particles: weights [member], not negative and of any sum, times the Gaussian likelihood of
/// the measurement given each prediction [sensor x member], divided by their sum. Worked out with logarithms, so that
/// measurements far from every particle do no harm.
/// Throws Error as validate() does, if there is not one weight a member or no weight is positive, or if the
/// measurement is so far from every particle with a weight that not even its logarithm is a number.
Eigen::VectorXd particle_weights(const Eigen::VectorXd& weights, EnsembleView predicted,
                                 const Measurement& measurement);

/// (sum of the weights)^2 / sum of their squares: from 1, all weight on one particle, to their number.
double effective_size(const Eigen::VectorXd& weights);

/// Systematic (stochastic universal) resampling (Kitagawa 1996; Douc & Cappe 2005): which particle takes the place of
/// each. Particle i is chosen weights(i) members times, rounded up or down, in the mean over an offset uniform in (0, 1)
/// exactly so often. A particle that is chosen keeps its place; its other copies fill the places of those that are not.
/// Throws Error for weights that are negative, not finite or all zero, or an offset outside (0, 1).
std::vector<Index> systematic_resampling(const Eigen::VectorXd& weights, double offset);

/// The bootstrap particle filter with resampling (Gordon et al. 1993; DAPPER's PartFilt). It weighs the particles with
/// the likelihood and does not move them; when few of them bear the weight, it draws as many equally likely ones.
///
/// The weights are the memory of the filter, and a scheme has none: the caller holds them, as part of the state that a
/// checkpoint keeps. The weighted mean converges to that of Bayes' rule like 1 / sqrt(members), for any distribution;
/// in a finite ensemble neither mean nor covariance are the Kalman filter's. The number of particles that is needed
/// grows exponentially with the number of independent sensors (Snyder et al. 2008).
class ParticleFilter {
 public:
  struct Options {
    /// Resample if effective_size() is at most this part of the members, in [0, 1]: 1 always, 0 never. DAPPER's NER.
    double resampling_threshold = 1;
    /// Copies are moved apart by Gaussian kernels with the weighted covariance of the particles times
    /// (regularization members^(-1 / (state_size + 4)))^2 (Musso et al. 2001); 0 for a model with noise. DAPPER's reg.
    /// Costs members random numbers for each copy.
    double regularization = 0;
    bool move_unique = false;  ///< particles without a copy too. The opposite of DAPPER's nuj
    Index state_size = 0;      ///< rows of the whole state; needed for the regularization only
    std::uint64_t seed = 0;    ///< of the resampling and the kernels
  };

  ParticleFilter() = default;
  /// Throws Error if the threshold or the regularization is out of range or the state size is missing.
  explicit ParticleFilter(const Options& options);

  /// rows: [row x member], resampled in place or left alone; weights: [member], before the measurement, equal ones in
  /// the beginning; predicted: [sensor x member]; all but the rows the same on every rank. Returns the weights after it,
  /// whose sum is 1: the same whichever rows are given. Not collective. Throws Error as particle_weights() does, and if
  /// a row is not finite.
  Eigen::VectorXd analyse(EnsembleRef rows, const Eigen::VectorXd& weights, EnsembleView predicted,
                          const Measurement& measurement) const;

  /// With resampling at every measurement all particles are equally likely in between, and the filter is an
  /// AnalysisScheme. Throws Error if the threshold is below 1.
  void analyse(EnsembleRef rows, EnsembleView predicted, const Measurement& measurement) const;

 private:
  Options options_;
};

static_assert(AnalysisScheme<ParticleFilter>);

}  // namespace semiflow
