#include <algorithm>
#include <cmath>
#include <semiflow/assimilation/discovery/discovery.hpp>
#include <semiflow/core/error.hpp>

namespace semiflow {

namespace {

// The same rows for the target (missing + library * in_model).
NormalEquations with_total_target(NormalEquations equations, const Eigen::VectorXd& in_model) {
  const Eigen::VectorXd known = equations.gram * in_model;
  equations.target_square += 2 * in_model.dot(equations.projection) + in_model.dot(known);
  equations.projection += known;
  return equations;
}

Eigen::VectorXd jackknife(std::span<const NormalEquations> blocks, const std::vector<Index>& support) {
  const auto count = static_cast<Index>(blocks.size());
  Eigen::MatrixXd estimates(blocks[0].terms(), count);
  for (Index left_out = 0; left_out < count; ++left_out) {
    NormalEquations rest;
    for (Index b = 0; b < count; ++b)
      if (b != left_out) rest += blocks[static_cast<std::size_t>(b)];
    estimates.col(left_out) = refit(rest, support).coefficients;
  }
  const Eigen::VectorXd mean = estimates.rowwise().mean();
  const auto n = static_cast<double>(count);
  return ((n - 1) / n * (estimates.colwise() - mean).rowwise().squaredNorm()).cwiseSqrt();
}

}  // namespace

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
  all.target_square = std::max(all.target_square, 0.0);  // rounding, when nothing is missing

  const RelevanceVectors sparse = relevance_vectors(all, options.regression);
  Discovery discovery{.coefficients = Eigen::VectorXd::Zero(in_model.size()),
                      .standard_deviation = Eigen::VectorXd::Zero(in_model.size()),
                      .contribution = Eigen::VectorXd::Zero(in_model.size()),
                      .support = eliminate_backward(all, sparse.support, options.minimum_contribution),
                      .candidates = sparse.support,
                      .log_bayes_factor = sparse.log_bayes_factor};
  const LeastSquares fit = refit(all, discovery.support);
  discovery.coefficients = fit.coefficients;
  discovery.relative_residual = fit.relative_residual;
  for (const Index term : discovery.support) {
    std::vector<Index> others = discovery.support;
    std::erase(others, term);
    const double more = refit(all, others).residual_square - fit.residual_square;
    discovery.contribution(term) = std::sqrt(std::max(more, 0.0) / all.target_square);
  }
  if (blocks.size() > 1 && !discovery.support.empty())
    discovery.standard_deviation = jackknife(total, discovery.support);
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
