#pragma once
#include <semiflow/core/ensemble.hpp>

namespace semiflow {

/// How an analysis makes up for the spread that a small ensemble loses. Packages mean different things by the
/// word; here the name says which. In the order in which they act, with A the anomalies of the forecast:
///
/// | field                             | effect                                      | elsewhere                   |
/// |-----------------------------------|---------------------------------------------|-----------------------------|
/// | prior_std                         | A <- prior_std A, inside the transform      | PDAF forget rho: 1/sqrt(rho);
/// OOPS mult alpha, DART lambda: square root | | relaxation_to_prior_perturbations | Xa <- (1 - a) Xa + a A | RTPP
/// (Zhang et al. 2004), OOPS rtpp | | posterior_std                     | Xa <- posterior_std Xa                      |
/// DAPPER infl, EnKF-C INFLATION PLAIN | | relaxation_to_prior_spread        | Xa <- Xa (1 + a (sf - sa) / sa), row by
/// row | RTPS (Whitaker & Hamill 2012, Eq. 2), OOPS rtps, DART 4 |
///
/// Xa are the anomalies of the analysis, sf and sa the spread of the row before and after. The relaxations go back
/// to the forecast as it came, without prior_std. None of them moves the analysis mean except prior_std, which
/// changes the gain. A factor 1 or a weight 0 leaves the result as it is, bit by bit.
struct Inflation {
  double prior_std = 1;                          ///< >= 0, multiplies the standard deviation of the forecast
  double posterior_std = 1;                      ///< >= 0, multiplies the standard deviation of the analysis
  double relaxation_to_prior_perturbations = 0;  ///< weight in [0, 1]
  double relaxation_to_prior_spread = 0;         ///< weight >= 0; above 1 it overshoots the prior spread
};

/// Throws Error that names the field if a value is out of its range or not finite.
void validate(const Inflation& inflation);

}  // namespace semiflow
