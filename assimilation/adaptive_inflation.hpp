#pragma once
#include <semiflow/assimilation/localization.hpp>

namespace semiflow {

/// What is known of the factors lambda that the variance of a forecast lacks: normally distributed. Restart = this.
struct VarianceFactors {
  Eigen::VectorXd factor;     ///< [row], or one for all rows; anomalies are multiplied by its root
  Eigen::VectorXd deviation;  ///< the standard deviation of each
};

/// How factors are allowed to move.
struct Adaptation {
  /// After every update lambda <- 1 + damping (lambda - 1), in [0, 1], so that rows forget what sensors no longer say. 1
  /// is no damping; DART has 0.9.
  double damping = 1;
  double smallest_factor = 1;  ///< > 0; DART's inf_lower_bound
  double largest_factor = 100;
  /// The deviations shrink with every sensor down to here: what is left lets the factors follow changes.
  double smallest_deviation = 0.1;
};

/// Multiplies the variance of every row by its factor, or by the only one: members [row x member] keep their mean. A row
/// with the factor 1 keeps its bits. Not collective. Throws Error if there is not one factor a row, or one for all, or
/// one is not positive and finite.
void inflate(EnsembleRef rows, const VarianceFactors& factors);

/// One factor for all rows from innovations (Anderson 2007, Tellus A 59, 210). A sensor with the squared innovation D^2,
/// the error variance r and a forecast variance p before inflation has the likelihood N(0, lambda p + r) of D. The new
/// factor is the mode of the posterior, where theta^2 = lambda p + r is a root of a cubic (Eq. A1 ff.); the new deviation
/// is that of a normal distribution through the posterior at the mode and one old deviation above it, never larger than
/// before. One sensor after the other.
///
///     inflate(rows, factors);  // the forecast; then predict
///     adaptation.update(factors, predicted, measurement);
///     scheme.analyse(rows, predicted, measurement);
class AdaptiveInflation {
 public:
  explicit AdaptiveInflation(const Adaptation& adaptation = {});

  /// One factor to begin with. Throws Error unless it and the deviation are in their range.
  VarianceFactors start(double factor = 1, double deviation = 0.6) const;

  /// predicted: what the members, inflated by these factors, predict before the analysis, [sensor x member], the same on
  /// every rank. Not collective. Throws Error as validate() does, and if there is not one factor.
  void update(VarianceFactors& factors, EnsembleView predicted, const Measurement& measurement) const;

 private:
  Adaptation adaptation_;
};

/// One factor for every row (Anderson 2009, Tellus A 61, 72). A sensor tells a row of it as far as the two have to do
/// with each other: with g = taper |correlation|, the predicted variance is (1 + g (sqrt(lambda) - 1))^2 p. The factor
/// goes to the mode of the prior times the likelihood to first order in lambda, as in DART; so no sensor moves a factor
/// by more than its deviation.
class LocalAdaptiveInflation {
 public:
  struct Options {
    Taper taper = NoTaper{};
    double smallest_weight = 1e-3;  ///< sensors of this taper or less are left out; in [0, 1)
    Adaptation adaptation = {};
  };

  /// Throws Error if an option is out of range.
  LocalAdaptiveInflation(const Grid& grid, const Options& options);

  /// The same factor for every one of these rows, to begin with. Throws Error unless it and the deviation are in their
  /// range.
  VarianceFactors start(Index rows, double factor = 1, double deviation = 0.6) const;

  /// rows: the rows begin, begin + 1, ... of the state, inflated by these factors, for all members, before the analysis;
  /// predicted: what the members predict then, the same on every rank, as the measurement, whose positions must be given.
  /// The factors of a row have the same bits whichever other rows come with it. Not collective.
  /// Throws Error as validate() does, and if there is not one factor a row.
  void update(VarianceFactors& factors, EnsembleView rows, Index begin, EnsembleView predicted,
              const Measurement& measurement) const;

 private:
  Grid grid_;
  Options options_;
};

}  // namespace semiflow
