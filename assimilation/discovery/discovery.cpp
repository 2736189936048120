#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <semiflow/assimilation/discovery/discovery.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>

namespace semiflow {

namespace {

// The same rows for the target (missing + library * in_model).
NormalEquations with_total_target(NormalEquations equations, const Eigen::VectorXd& in_model) {
  const Eigen::VectorXd known = equations.gram * in_model;
  equations.target_square += 2 * in_model.dot(equations.projection) + in_model.dot(known);
  equations.projection += known;
  return equations;
}

Eigen::VectorXd jackknife(std::span<const NormalEquations> blocks,
                          const std::function<Eigen::VectorXd(const NormalEquations&)>& estimate) {
  const auto count = static_cast<Index>(blocks.size());
  Eigen::MatrixXd estimates(blocks[0].terms(), count);
  for (Index left_out = 0; left_out < count; ++left_out) {
    NormalEquations rest;
    for (Index b = 0; b < count; ++b)
      if (b != left_out) rest += blocks[static_cast<std::size_t>(b)];
    estimates.col(left_out) = estimate(rest);
  }
  const Eigen::VectorXd mean = estimates.rowwise().mean();
  const auto n = static_cast<double>(count);
  return ((n - 1) / n * (estimates.colwise() - mean).rowwise().squaredNorm()).cwiseSqrt();
}

using Estimate = std::function<Eigen::VectorXd(const NormalEquations&)>;

Eigen::VectorXd bootstrap(std::span<const NormalEquations> blocks, const Estimate& estimate, const ErrorBars& bars) {
  const auto count = static_cast<Index>(blocks.size());
  Eigen::MatrixXd estimates(blocks[0].terms(), bars.bootstrap_samples);
  for (Index sample = 0; sample < bars.bootstrap_samples; ++sample) {
    const Key key{.seed = bars.seed, .purpose = bootstrap_draw, .item = static_cast<std::uint64_t>(sample)};
    NormalEquations drawn;
    for (const double lot : uniform(count, key))
      drawn += blocks[static_cast<std::size_t>(lot * static_cast<double>(count))];
    estimates.col(sample) = estimate(drawn);
  }
  const Eigen::VectorXd mean = estimates.rowwise().mean();
  const Eigen::VectorXd variance =
      (estimates.colwise() - mean).rowwise().squaredNorm() / static_cast<double>(bars.bootstrap_samples - 1);
  // Draws from n blocks have (n - 1) / n of the variance of what the blocks were drawn from.
  const auto n = static_cast<double>(count);
  return ((count > 1 ? n / (n - 1) : 1) * variance).cwiseSqrt();
}

Eigen::VectorXd over_blocks(std::span<const NormalEquations> blocks, const Estimate& estimate, const ErrorBars& bars) {
  require(bars.bootstrap_samples == 0 || bars.bootstrap_samples > 1, "a bootstrap needs two samples at least");
  return bars.bootstrap_samples > 0 ? bootstrap(blocks, estimate, bars) : jackknife(blocks, estimate);
}

}  // namespace

Discovery describe_support(std::span<const NormalEquations> blocks, std::vector<Index> support, double noise_variance,
                           const ErrorBars& error_bars) {
  require(!blocks.empty(), "a discovery needs data");
  NormalEquations all;
  for (const NormalEquations& block : blocks) all += block;
  all.target_square = std::max(all.target_square, 0.0);  // rounding, when nothing is missing
  const LeastSquares fit = refit(all, support);
  Discovery discovery{.coefficients = fit.coefficients,
                      .standard_deviation = Eigen::VectorXd::Zero(all.terms()),
                      .contribution = Eigen::VectorXd::Zero(all.terms()),
                      .support = std::move(support),
                      .relative_residual = fit.relative_residual,
                      .ranking = rank_supports(all, {.noise_variance = noise_variance}),
                      .collinearity = collinearity(all)};
  discovery.candidates = discovery.support;
  discovery.log_bayes_factor = discovery.ranking.log_odds;
  for (const Index term : discovery.support) {
    std::vector<Index> others = discovery.support;
    std::erase(others, term);
    const double more = refit(all, others).residual_square - fit.residual_square;
    discovery.contribution(term) = std::sqrt(std::max(more, 0.0) / all.target_square);
  }
  if (discovery.support.empty()) return discovery;
  if (noise_variance > 0) {
    const double of_residual = fit.residual_square / (all.rows - static_cast<double>(discovery.support.size()));
    discovery.standard_deviation = fit.standard_deviation * std::sqrt(noise_variance / of_residual);
  } else if (blocks.size() > 1) {
    discovery.standard_deviation = over_blocks(
        blocks, [&](const NormalEquations& sums) { return refit(sums, discovery.support).coefficients; }, error_bars);
  }
  return discovery;
}

Discovery describe_baseline(std::span<const NormalEquations> blocks, const BaselineRegression& baseline,
                            double noise_variance, const ErrorBars& error_bars) {
  require(!blocks.empty(), "a discovery needs data");
  NormalEquations all;
  for (const NormalEquations& block : blocks) all += block;
  all.target_square = std::max(all.target_square, 0.0);
  if (const auto* const thresholds = std::get_if<ThresholdOptions>(&baseline))
    return describe_support(blocks, thresholded_least_squares(all, *thresholds).support, noise_variance, error_bars);

  std::vector<Index> everything(static_cast<std::size_t>(all.terms()));
  std::iota(everything.begin(), everything.end(), Index{0});
  const auto shrunk = [&](const NormalEquations& sums) {
    return ridge(sums, everything, std::get<RidgeOptions>(baseline));
  };
  const Eigen::VectorXd coefficients = shrunk(all);
  std::vector<Index> support;
  for (const Index term : everything)
    if (coefficients(term) != 0) support.push_back(term);
  Discovery discovery = describe_support(blocks, std::move(support), noise_variance, error_bars);
  const double residual =
      all.target_square - 2 * coefficients.dot(all.projection) + coefficients.dot(all.gram * coefficients);
  if (all.target_square > 0) discovery.relative_residual = std::sqrt(std::max(residual, 0.0) / all.target_square);
  discovery.coefficients = coefficients;
  if (blocks.size() > 1) discovery.standard_deviation = over_blocks(blocks, shrunk, error_bars);
  return discovery;
}

Discovery discover(std::span<const NormalEquations> blocks, const Eigen::VectorXd& in_model,
                   const DiscoveryOptions& options) {
  require(!blocks.empty(), "a discovery needs data");
  require(in_model.size() == blocks[0].terms(), "in_model has one coefficient for each term of the library");
  std::vector<NormalEquations> total;
  NormalEquations all;
  for (const NormalEquations& block : blocks) {
    total.push_back(with_total_target(block, in_model));
    all += total.back();
  }
  all.target_square = std::max(all.target_square, 0.0);

  if (options.baseline) return describe_baseline(total, *options.baseline, 0, options.error_bars);
  const RelevanceVectors sparse = relevance_vectors(all, options.regression);
  Discovery discovery = describe_support(total, eliminate_backward(all, sparse.support, options.minimum_contribution),
                                         0, options.error_bars);
  discovery.candidates = sparse.support;
  discovery.log_bayes_factor = sparse.log_bayes_factor;
  return discovery;
}

std::vector<Term> found_terms(const Discovery& discovery, std::span<const Term> library) {
  std::vector<Term> terms;
  for (const Index j : discovery.support) {
    terms.push_back(library[static_cast<std::size_t>(j)]);
    terms.back().coefficient = discovery.coefficients(j);
  }
  return terms;
}

}  // namespace semiflow
