#pragma once
#include <semiflow/assimilation/discovery/normal_equations.hpp>
#include <vector>

namespace semiflow {

struct SupportOptions {
  /// Of the noise of a row; 0 if it is not known, then it is integrated out.
  double noise_variance = 0;
  /// At most so many supports are compared in each of the two climbs.
  Index max_steps = 200;
};

/// How much the data say for each set of terms. Nothing in it depends on units of columns or target.
struct RankedSupports {
  std::vector<Index> support{};  ///< the best one, ascending; empty is a legal answer
  /// ln p(support | data) / p(no term | data), the price of the choice among many supports included.
  double log_odds = 0;
  double probability = 0;  ///< of the best support among all that were compared
  /// [term], the share of the probability of the compared supports that have the term.
  Eigen::VectorXd inclusion_probability;
  /// [term], log_odds of the best compared support with the term minus those of the best one without: the evidence for
  /// the term. Infinite if all or none of them had it, e.g. minus infinity for a column that is dependent or zero.
  Eigen::VectorXd log_bayes_factor;
  /// [number of terms, from 0], the largest log_odds of so many terms; as far as any were compared.
  Eigen::VectorXd path{};
};

/// Ranks supports by their evidence, in closed form (Liang et al. 2008, "Mixtures of g priors for Bayesian variable
/// selection"): coefficients have Zellner's prior with the information of one row, g = N,
///
///   ln B = g / (1 + g) (rss_0 - rss) / (2 variance) - k/2 ln(1 + g)             if the variance is known,
///   ln B = (N - k)/2 ln(1 + g) - N/2 ln(1 + g rss / rss_0)                      if it is not (their eq. 6),
///
/// and all numbers k of terms are as likely, all supports of k terms as well (Scott & Berger 2010, "Bayes and
/// empirical-Bayes multiplicity adjustment"): a library of many terms pays for the choice that it offers.
///
/// Two climbs, from no term and from all, take the best of all additions, removals and exchanges until none helps.
/// N counts as many *independent* rows as the equations say.
/// Throws Error on impossible sums and on a variance that is negative or not finite.
RankedSupports rank_supports(const NormalEquations& equations, const SupportOptions& options = {});

}  // namespace semiflow
