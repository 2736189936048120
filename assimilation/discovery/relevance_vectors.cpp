#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <optional>
#include <semiflow/assimilation/discovery/relevance_vectors.hpp>
#include <semiflow/core/error.hpp>

#include "unit_posterior.hpp"

namespace semiflow {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// A gain in ln evidence that means nothing; without it rounding could add and remove a term for ever.
constexpr double negligible_gain = 1e-10;

struct Solution {
  detail::ActiveTerms active{};
  double beta;
  Index iterations = 0;
  bool converged = false;
  std::vector<RelevanceStep> steps{};
};

double initial_beta(const detail::UnitEquations& unit, const RelevanceVectorOptions& options) {
  const double given = options.initial_noise_precision * unit.target_norm * unit.target_norm;
  return given > 0 ? given : 10 * unit.rows;
}

// The part of ln evidence that depends on one alpha, 0 at alpha = infinity: Faul & Tipping (2002) eq. 20.
double evidence_of(double alpha, double s, double q) { return 0.5 * (q * q / (alpha + s) - std::log1p(s / alpha)); }

// Its maximum, at alpha = s^2 / (q^2 - s), needs q^2 > s > 0.
double best_precision(double s, double q) { return s / (q * q / s - 1); }
double best_evidence(double s, double q) {
  const double excess = q * q / s - 1;
  return 0.5 * (excess - std::log1p(excess));
}

// evidence_of(to) - evidence_of(from) without its cancellation: both are 1e12 where noise is small.
double evidence_gain(double from, double to, double s, double q) {
  const double change = (to - from) / (to + s);
  return 0.5 * (std::log1p(s / from * change) - q * q / (from + s) * change);
}

bool relevant(double s, double q) { return s > 0 && q * q > s; }

// |d ln alpha| of a re-estimate. Relative errors of 1e-13 in s and q grow by 1 / gamma in alpha, where
// gamma = 1 - s / q^2 at the maximum; what they alone explain is no change.
double precision_change(double alpha, double s, double q) {
  const double change = std::abs(std::log(best_precision(s, q) / alpha)), gamma = 1 - s / (q * q);
  return change * gamma > 1e-13 ? change : 0;
}

struct Proposal {
  RelevanceStep step;
  Index slot;        // in the active terms, unless the step adds
  double precision;  // the new alpha
  double change;     // |d ln alpha|, infinite if the support changes
};

// Everything that could be done next. The three gains of Tipping & Faul (2003) are differences of evidence_of()
// between the new and the old alpha.
std::vector<Proposal> proposals(const detail::UnitEquations& unit, const detail::ActiveTerms& active,
                                const detail::UnitPosterior& posterior) {
  std::vector<Index> slots(static_cast<std::size_t>(unit.terms()), -1);
  for (Index slot = 0; const Index term : active.terms) slots[static_cast<std::size_t>(term)] = slot++;
  const Eigen::VectorXd outside = detail::outside_span(unit, active.terms);

  std::vector<Proposal> all;
  for (Index term = 0; term < unit.terms(); ++term) {
    const double s = posterior.sparsity(term), q = posterior.quality(term);
    const Index slot = slots[static_cast<std::size_t>(term)];
    const auto propose = [&](RelevanceAction action, double gain, double precision, double change) {
      all.push_back({{term, action, gain, posterior.log_evidence, 0}, slot, precision, change});
    };
    if (slot < 0) {
      if (outside(term) > detail::dependent_square && relevant(s, q) && best_evidence(s, q) > negligible_gain)
        propose(RelevanceAction::add, best_evidence(s, q), best_precision(s, q), infinity);
      continue;
    }
    const double alpha = active.alpha[static_cast<std::size_t>(slot)];
    if (relevant(s, q))
      propose(RelevanceAction::reestimate, evidence_gain(alpha, best_precision(s, q), s, q), best_precision(s, q),
              precision_change(alpha, s, q));
    else
      propose(RelevanceAction::remove, -evidence_of(alpha, s, q), infinity, infinity);
  }
  return all;
}

// The largest gain; rounding hides gains below the negligible one, there the largest change is the better guide.
const Proposal& best(const std::vector<Proposal>& all) {
  const auto gain = [](const Proposal& p) { return p.step.gain; };
  const auto largest = std::ranges::max_element(all, {}, gain);
  return gain(*largest) > negligible_gain ? *largest : *std::ranges::max_element(all, {}, &Proposal::change);
}

void apply(const Proposal& proposal, detail::ActiveTerms& active) {
  switch (proposal.step.action) {
    case RelevanceAction::add:
      return active.add(proposal.step.term, proposal.precision);
    case RelevanceAction::remove:
      return active.remove(proposal.slot);
    case RelevanceAction::reestimate:
      active.alpha[static_cast<std::size_t>(proposal.slot)] = proposal.precision;
  }
}

// Where noise is near the smallest residual, rounding keeps moving the precisions of useless terms. So many
// re-estimates a term, one after the other and all without a gain, end the search as well.
constexpr Index idle_steps_a_term = 100;

Solution fast(const detail::UnitEquations& unit, const RelevanceVectorOptions& options) {
  Solution solution{.beta = initial_beta(unit, options)};
  double beta_change = infinity;
  Index idle = 0;
  while (solution.iterations < options.max_iterations) {
    ++solution.iterations;
    detail::UnitPosterior posterior = detail::unit_posterior(unit, solution.active, solution.beta);
    const std::vector<Proposal> all = proposals(unit, solution.active, posterior);
    const bool settled = std::ranges::all_of(
        all, [&](double change) { return change < options.tolerance; }, &Proposal::change);
    if ((settled && beta_change < options.tolerance) || idle > idle_steps_a_term * solution.active.size()) {
      solution.converged = true;
      break;
    }
    if (!all.empty()) {
      const Proposal& next = best(all);
      idle = next.change < infinity && next.step.gain < negligible_gain ? idle + 1 : 0;
      apply(next, solution.active);
      posterior = detail::unit_posterior(unit, solution.active, solution.beta);
      solution.steps.push_back(next.step);
      solution.steps.back().log_evidence_after = posterior.log_evidence;
    }
    const double beta = detail::noise_precision(unit, posterior);
    beta_change = std::abs(std::log(beta / solution.beta));
    solution.beta = beta;
  }
  return solution;
}

// A precision so far above the sparsity leaves the weight undetermined by the data, gamma = s / (alpha + s) < 1e-9.
constexpr double pruned_ratio = 1e9;

// Near q^2 = s a useless precision takes for ever to grow that large. To remove a term with q^2 <= s raises the
// evidence whatever its alpha, so once the useful ones change by less than this the useless ones go, worst first.
constexpr double nearly_settled = 1e-3;

Solution classic(const detail::UnitEquations& unit, const RelevanceVectorOptions& options) {
  std::vector<Index> library(static_cast<std::size_t>(unit.terms()));
  std::iota(library.begin(), library.end(), Index{0});
  Solution solution{.beta = initial_beta(unit, options)};
  auto& [terms, alpha] = solution.active;
  for (const Index term : detail::independent(unit, library)) solution.active.add(term, 1e-6);

  while (solution.iterations < options.max_iterations) {
    ++solution.iterations;
    const detail::UnitPosterior posterior = detail::unit_posterior(unit, solution.active, solution.beta);
    const double beta = detail::noise_precision(unit, posterior);
    double change = std::abs(std::log(beta / solution.beta));
    solution.beta = beta;
    if (solution.iterations == 1) continue;  // the noise of the full model first: small terms need it

    double least_worth = infinity;  // smallest q^2 / s of the useless terms
    Index worst = -1;
    for (Index i = solution.active.size() - 1; i >= 0; --i) {
      const Index term = terms[static_cast<std::size_t>(i)];
      const double s = posterior.sparsity(term), q = posterior.quality(term);
      double& old = alpha[static_cast<std::size_t>(i)];
      // alpha <- gamma / mu^2 with gamma = s / (alpha + s) and mu = q / (alpha + s).
      const double precision = s * (old + s) / (q * q);
      if (!(s > 0 && precision < pruned_ratio * s)) {
        solution.active.remove(i);
        change = infinity;
        if (worst > i) --worst;
        continue;
      }
      if (relevant(s, q)) {
        change = std::max(change, std::abs(std::log(precision / old)));
      } else if (q * q / s < least_worth) {
        least_worth = q * q / s;
        worst = i;
      }
      old = precision;
    }
    if (worst >= 0) {
      if (change < nearly_settled) solution.active.remove(worst);
    } else if (change < options.tolerance) {
      solution.converged = true;
      break;
    }
  }
  return solution;
}

// The unit target's evidence is a density per unit of t, N of them.
double in_units(double unit_log_evidence, const detail::UnitEquations& unit) {
  return unit.zero_target ? infinity : unit_log_evidence - unit.rows * std::log(unit.target_norm);
}

double empty_log_evidence(const detail::UnitEquations& unit) {
  return -0.5 * unit.rows * (std::log(2 * std::numbers::pi / unit.rows) + 1);
}

}  // namespace

RelevanceVectors relevance_vectors(const NormalEquations& equations, const RelevanceVectorOptions& options) {
  require(options.max_iterations > 0, "max_iterations must be positive");
  require(options.tolerance > 0, "the tolerance must be positive");
  require(options.initial_noise_precision >= 0 && std::isfinite(options.initial_noise_precision),
          "the initial noise precision must be finite and not negative");
  const detail::UnitEquations unit = detail::unit_equations(equations);
  RelevanceVectors result{.mean = Eigen::VectorXd::Zero(unit.terms()),
                          .standard_deviation = Eigen::VectorXd::Zero(unit.terms()),
                          .precision = Eigen::VectorXd::Constant(unit.terms(), infinity),
                          .log_evidence_empty = in_units(empty_log_evidence(unit), unit)};
  if (unit.zero_target) {
    result.noise_precision = result.log_evidence = infinity;
    result.converged = true;
    return result;
  }

  Solution solution = options.algorithm == RelevanceAlgorithm::fast ? fast(unit, options) : classic(unit, options);
  const detail::UnitPosterior posterior = detail::unit_posterior(unit, solution.active, solution.beta);
  for (Index i = 0; const Index term : solution.active.terms) {
    const double scale = unit.target_norm / unit.norms(term);
    result.mean(term) = posterior.mean(i) * scale;
    result.standard_deviation(term) = std::sqrt(posterior.variance(i)) * scale;
    result.precision(term) = solution.active.alpha[static_cast<std::size_t>(i)] / (scale * scale);
    ++i;
  }
  result.support = std::move(solution.active.terms);
  std::ranges::sort(result.support);
  result.noise_precision = solution.beta / (unit.target_norm * unit.target_norm);
  result.log_evidence = in_units(posterior.log_evidence, unit);
  result.log_bayes_factor = posterior.log_evidence - empty_log_evidence(unit);
  result.iterations = solution.iterations;
  result.converged = solution.converged;
  result.steps = std::move(solution.steps);
  for (RelevanceStep& step : result.steps) {
    step.log_evidence_before = in_units(step.log_evidence_before, unit);
    step.log_evidence_after = in_units(step.log_evidence_after, unit);
  }
  return result;
}

double log_evidence(const NormalEquations& equations, std::span<const Index> support, const Eigen::VectorXd& alpha,
                    double beta) {
  const detail::UnitEquations unit = detail::unit_equations(equations);
  detail::require_support(support, unit.terms());
  require(alpha.size() == static_cast<Index>(support.size()), "the support and alpha differ in their size");
  require(alpha.allFinite() && (alpha.array() > 0).all() && std::isfinite(beta) && beta > 0,
          "precisions must be positive and finite");
  detail::ActiveTerms active;
  for (Index i = 0; const Index term : support) {
    const double scale = unit.target_norm / unit.norms(term);
    active.add(term, alpha(i++) * scale * scale);
  }
  const double unit_beta = beta * unit.target_norm * unit.target_norm;
  // A zero target has no unit norm to give it: take its misfit, beta times one, back out.
  const double misfit = unit.zero_target ? 0.5 * unit_beta : 0;
  return detail::unit_posterior(unit, active, unit_beta).log_evidence + misfit - unit.rows * std::log(unit.target_norm);
}

}  // namespace semiflow
