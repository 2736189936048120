#pragma once
#include <semiflow/core/ensemble.hpp>

namespace semiflow {

/// How an analysis makes up for the spread that a small ensemble loses. Packages mean different things by the
/// word; here the name says which. The fields act in the order in which they stand. A are the anomalies of the
/// forecast, Xa those of the analysis, sf and sa the spread of a row before and after. The relaxations go back to
/// the forecast as it came, without prior_std. Only prior_std moves the analysis mean: it changes the gain. A
/// factor 1 or a weight 0 leaves the result as it is, bit by bit.
struct Inflation {
  /// A <- prior_std A inside the transform; >= 0. PDAF's forget is 1 / prior_std^2; the factor of OOPS (mult) and
  /// of DART is prior_std^2.
  double prior_std = 1;
  /// Xa <- (1 - a) Xa + a A, a in [0, 1]. RTPP (Zhang et al. 2004, Eq. 5), OOPS rtpp.
  double relaxation_to_prior_perturbations = 0;
  /// Xa <- posterior_std Xa; >= 0. DAPPER infl, EnKF-C INFLATION PLAIN.
  double posterior_std = 1;
  /// Xa <- Xa (1 + a (sf - sa) / sa), row by row; a >= 0, above 1 it overshoots the prior spread. RTPS (Whitaker
  /// & Hamill 2012, Eq. 2), OOPS rtps, DART 4.
  double relaxation_to_prior_spread = 0;
};

/// Throws Error that names the field if a value is out of its range or not finite.
void validate(const Inflation& inflation);

}  // namespace semiflow
