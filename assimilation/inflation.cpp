#include <cmath>
#include <semiflow/assimilation/inflation.hpp>
#include <semiflow/core/error.hpp>

namespace semiflow {

void validate(const Inflation& inflation) {
  const auto factor = [](double value) { return value >= 0 && std::isfinite(value); };
  const double rtpp = inflation.relaxation_to_prior_perturbations;
  require(factor(inflation.prior_std), "inflation.prior_std must be non-negative and finite");
  require(factor(inflation.posterior_std), "inflation.posterior_std must be non-negative and finite");
  require(rtpp >= 0 && rtpp <= 1, "inflation.relaxation_to_prior_perturbations must lie between 0 and 1");
  require(factor(inflation.relaxation_to_prior_spread),
          "inflation.relaxation_to_prior_spread must be non-negative and finite");
}

}  // namespace semiflow
