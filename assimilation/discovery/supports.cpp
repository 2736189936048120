#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <semiflow/assimilation/discovery/supports.hpp>
#include <semiflow/core/error.hpp>

#include "unit_equations.hpp"

namespace semiflow {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double negligible_gain = 1e-9;

using Support = std::vector<Index>;

class Climb {
 public:
  Climb(const detail::UnitEquations& unit, double noise_variance)
      : unit_(unit), variance_(noise_variance / (unit.target_norm * unit.target_norm)) {}

  double log_odds(Support support) {
    std::ranges::sort(support);
    const auto [entry, is_new] = seen_.try_emplace(std::move(support), 0);
    if (is_new) entry->second = computed(entry->first);
    return entry->second;
  }

  Support from(Support here, Index max_steps) {
    double level = log_odds(here);
    for (Index step = 0; step < max_steps; ++step) {
      double best = level + negligible_gain;
      Support next;
      bool found = false;
      const auto consider = [&](const Support& candidate) {
        const double odds = log_odds(candidate);
        if (!(odds > best)) return;
        best = odds;
        next = candidate;
        found = true;
      };
      for (std::size_t slot = 0; slot < here.size(); ++slot) {
        Support less = here;
        less.erase(less.begin() + static_cast<std::ptrdiff_t>(slot));
        consider(less);
      }
      for (Index term = 0; term < unit_.terms(); ++term) {
        if (std::ranges::find(here, term) != here.end()) continue;
        Support more = here;
        more.push_back(term);
        consider(more);
        for (std::size_t slot = 0; slot < here.size(); ++slot) {
          Support other = here;
          other[slot] = term;
          consider(other);
        }
      }
      if (!found) break;
      here = std::move(next);
      level = best;
    }
    return here;
  }

  const std::map<Support, double>& seen() const { return seen_; }

 private:
  double computed(const Support& support) const {
    if (support.empty()) return 0;
    const auto k = static_cast<Index>(support.size());
    if (static_cast<double>(k) >= unit_.rows) return -infinity;
    // Cholesky by hand: it has to stop at a column that depends on the others.
    Eigen::MatrixXd factor = Eigen::MatrixXd::Zero(k, k);
    double explained = 0;
    Eigen::VectorXd half(k);
    for (Index i = 0; i < k; ++i) {
      const Index a = support[static_cast<std::size_t>(i)];
      for (Index j = 0; j < i; ++j)
        factor(i, j) =
            (unit_.gram(a, support[static_cast<std::size_t>(j)]) - factor.row(i).head(j).dot(factor.row(j).head(j))) /
            factor(j, j);
      const double pivot = unit_.gram(a, a) - factor.row(i).head(i).squaredNorm();
      if (!(pivot > detail::dependent_square)) return -infinity;
      factor(i, i) = std::sqrt(pivot);
      half(i) = (unit_.projection(a) - factor.row(i).head(i).dot(half.head(i))) / factor(i, i);
      explained += half(i) * half(i);
    }
    explained = std::min(explained, 1 - detail::smallest_residual);
    const double g = unit_.rows, size = static_cast<double>(k), all = static_cast<double>(unit_.terms());
    const double choice = std::lgamma(all + 1) - std::lgamma(size + 1) - std::lgamma(all - size + 1);
    if (variance_ > 0) return 0.5 * (g / (1 + g) * explained / variance_ - size * std::log1p(g)) - choice;
    return 0.5 * ((g - size) * std::log1p(g) - g * std::log1p(g * (1 - explained))) - choice;
  }

  const detail::UnitEquations& unit_;
  double variance_;
  std::map<Support, double> seen_{};
};

void compare(const std::map<Support, double>& seen, RankedSupports& result) {
  const Index terms = result.inclusion_probability.size();
  Eigen::VectorXd with = Eigen::VectorXd::Constant(terms, -infinity), without = with;
  Eigen::VectorXd path = Eigen::VectorXd::Constant(terms + 1, -infinity);
  double total = 0;
  for (const auto& [support, odds] : seen) {
    const double weight = std::exp(odds - result.log_odds);
    total += weight;
    double& level = path(static_cast<Index>(support.size()));
    level = std::max(level, odds);
    auto next = support.begin();
    for (Index term = 0; term < terms; ++term) {
      const bool has = next != support.end() && *next == term;
      if (has) ++next;
      double& best = has ? with(term) : without(term);
      best = std::max(best, odds);
      if (has) result.inclusion_probability(term) += weight;
    }
  }
  result.inclusion_probability /= total;
  result.probability = 1 / total;
  for (Index term = 0; term < terms; ++term)
    result.log_bayes_factor(term) = with(term) == -infinity ? -infinity : with(term) - without(term);
  Index length = path.size();
  while (length > 1 && path(length - 1) == -infinity) --length;
  result.path = path.head(length);
}

}  // namespace

RankedSupports rank_supports(const NormalEquations& equations, const SupportOptions& options) {
  require(std::isfinite(options.noise_variance) && options.noise_variance >= 0,
          "the variance of the noise must be finite and not negative");
  require(options.max_steps > 0, "a ranking needs at least one step");
  const detail::UnitEquations unit = detail::unit_equations(equations);
  Climb climb(unit, options.noise_variance);
  Support everything(static_cast<std::size_t>(unit.terms()));
  std::iota(everything.begin(), everything.end(), Index{0});
  everything = detail::independent(unit, everything);
  if (static_cast<double>(everything.size()) >= unit.rows) everything.clear();

  const Support up = climb.from({}, options.max_steps), down = climb.from(everything, options.max_steps);
  RankedSupports result{.support = climb.log_odds(down) > climb.log_odds(up) ? down : up,
                        .inclusion_probability = Eigen::VectorXd::Zero(unit.terms()),
                        .log_bayes_factor = Eigen::VectorXd::Zero(unit.terms())};
  std::ranges::sort(result.support);
  result.log_odds = climb.log_odds(result.support);
  compare(climb.seen(), result);
  return result;
}

}  // namespace semiflow
