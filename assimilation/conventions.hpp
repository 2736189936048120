#pragma once
#include <cmath>
#include <semiflow/assimilation/inflation.hpp>
#include <semiflow/assimilation/localization.hpp>
#include <semiflow/core/error.hpp>

/// The numbers by which other packages inflate and localise, as ours; docs/conventions.md has them as a table. Each
/// function takes the package's own parameter by its own name and throws Error if it is out of that package's range.
namespace semiflow::conventions {

/// DAPPER `infl`: factor on the anomalies after the analysis.
inline Inflation from_dapper(double infl) {
  require(infl > 0 && std::isfinite(infl), "infl must be positive");
  return {.posterior_std = infl};
}

/// PDAF `forget`, in (0, 1]: the forecast covariance is divided by it in the analysis.
inline Inflation from_pdaf(double forget) {
  require(forget > 0 && forget <= 1, "forget must be in (0, 1]");
  return {.prior_std = 1 / std::sqrt(forget)};
}

/// OOPS, JEDI `inflation: mult`, `rtpp`, `rtps`: a factor on the forecast covariance, and the two relaxations.
inline Inflation from_oops(double mult, double rtpp = 0, double rtps = 0) {
  require(mult > 0 && std::isfinite(mult), "mult must be positive");
  const Inflation inflation{
      .prior_std = std::sqrt(mult), .relaxation_to_prior_perturbations = rtpp, .relaxation_to_prior_spread = rtps};
  validate(inflation);
  return inflation;
}

/// DART lambda, where it is constant: a factor on the variance before the analysis, and another after it.
inline Inflation from_dart(double prior_lambda, double posterior_lambda = 1) {
  require(prior_lambda > 0 && posterior_lambda > 0 && std::isfinite(prior_lambda) && std::isfinite(posterior_lambda),
          "lambda must be positive");
  return {.prior_std = std::sqrt(prior_lambda), .posterior_std = std::sqrt(posterior_lambda)};
}

/// EnKF-C `INFLATION a PLAIN`: factor on the anomalies after the analysis.
inline Inflation from_enkf_c(double plain) { return from_dapper(plain); }

/// DAPPER `loc_rad`, in grid points, of its "GC": every taper of DAPPER is about exp(-1/2) there. spacing: of the points.
inline GaspariCohn taper_from_dapper(double loc_rad, double spacing = 1) {
  return {.half_width = 1.82 * loc_rad * spacing};
}

/// DART `cutoff`: the half-width.
inline GaspariCohn taper_from_dart(double cutoff) { return {.half_width = cutoff}; }

/// PDAF `sradius` of its fifth-order function: where it vanishes.
inline GaspariCohn taper_from_pdaf(double sradius) { return {.half_width = sradius / 2}; }

/// OOPS `lengthscale` of gc99, corrl of J. Whitaker's codes: where it vanishes.
inline GaspariCohn taper_from_oops(double lengthscale) { return {.half_width = lengthscale / 2}; }

/// The radius that papers with enkf-matlab report: the code had left out a square root of the taper.
inline GaspariCohn taper_from_enkf_matlab(double radius) { return {.half_width = 1.82 * radius / std::sqrt(2.0)}; }

}  // namespace semiflow::conventions
