#include <algorithm>
#include <cmath>
#include <limits>
#include <semiflow/assimilation/discovery/field_discovery.hpp>
#include <semiflow/core/error.hpp>

namespace semiflow {

namespace {

constexpr double below_one = 1 - 1e-12;  // a contribution is a share

struct OneField {
  std::vector<Index> candidates;
  std::vector<NormalEquations> blocks{};
  Eigen::VectorXd in_model{};
  double square = 0;  // of what the field lacks, with what earlier passes have added
};

OneField one_field(const FieldLibrary& library, const std::vector<std::vector<NormalEquations>>& blocks,
                   const Eigen::VectorXd& in_model, Index field) {
  OneField one{.candidates = library.of_field(field)};
  one.in_model = in_model(one.candidates);
  for (const std::vector<NormalEquations>& block : blocks) {
    require(std::ssize(block) == library.fields(), "a block has the sums of every field");
    const NormalEquations& sums = block[static_cast<std::size_t>(field)];
    one.square +=
        sums.target_square + 2 * one.in_model.dot(sums.projection) + one.in_model.dot(sums.gram * one.in_model);
    one.blocks.push_back(sums);
  }
  return one;
}

Discovery discover_one(const OneField& field, double largest_square, const FieldDiscoveryOptions& options) {
  DiscoveryOptions regression = options.regression;
  const auto least = [&](double share) { regression.minimum_contribution = std::min(share, below_one); };
  if (field.square > 0) least(regression.minimum_contribution * std::sqrt(largest_square / field.square));
  const Discovery first = discover(field.blocks, field.in_model, regression);
  const double of_residual = options.minimum_of_residual * first.relative_residual;
  if (of_residual <= regression.minimum_contribution) return first;
  least(of_residual);
  return discover(field.blocks, field.in_model, regression);
}

// The best log odds of so many terms in two equations together.
Eigen::VectorXd path_of_both(const Eigen::VectorXd& a, const Eigen::VectorXd& b) {
  Eigen::VectorXd both = Eigen::VectorXd::Constant(a.size() + b.size() - 1, -std::numeric_limits<double>::infinity());
  for (Index i = 0; i < a.size(); ++i)
    both.segment(i, b.size()) = both.segment(i, b.size()).cwiseMax((a(i) + b.array()).matrix());
  return both;
}

void add_field(Discovery& all, const Discovery& one, const std::vector<Index>& candidates) {
  all.coefficients(candidates) = one.coefficients;
  all.standard_deviation(candidates) = one.standard_deviation;
  all.contribution(candidates) = one.contribution;
  all.ranking.inclusion_probability(candidates) = one.ranking.inclusion_probability;
  all.ranking.log_bayes_factor(candidates) = one.ranking.log_bayes_factor;
  all.collinearity.variance_inflation(candidates) = one.collinearity.variance_inflation;
  if (one.collinearity.condition > all.collinearity.condition) {
    all.collinearity.condition = one.collinearity.condition;
    all.collinearity.weakest_direction.setZero();
    all.collinearity.weakest_direction(candidates) = one.collinearity.weakest_direction;
  }
  const auto append = [&candidates](std::vector<Index>& to, const std::vector<Index>& from) {
    for (const Index j : from) to.push_back(candidates[static_cast<std::size_t>(j)]);
    std::ranges::sort(to);
  };
  append(all.support, one.support);
  append(all.candidates, one.candidates);
  append(all.ranking.support, one.ranking.support);
  all.log_bayes_factor += one.log_bayes_factor;
  all.ranking.log_odds += one.ranking.log_odds;
  all.ranking.probability *= one.ranking.probability;
  all.ranking.path = path_of_both(all.ranking.path, one.ranking.path);
}

}  // namespace

Discovery discover_fields(const FieldLibrary& library, const std::vector<std::vector<NormalEquations>>& blocks,
                          const Eigen::VectorXd& in_model, const FieldDiscoveryOptions& options) {
  require(!blocks.empty(), "a discovery needs data");
  require(in_model.size() == library.size(), "in_model has one coefficient for each term of the library");
  require(options.minimum_of_residual >= 0 && options.minimum_of_residual < 1, "minimum_of_residual is a share");
  std::vector<OneField> fields;
  double largest = 0;
  for (Index field = 0; field < library.fields(); ++field) {
    fields.push_back(one_field(library, blocks, in_model, field));
    largest = std::max(largest, fields.back().square);
  }
  const Eigen::VectorXd zeros = Eigen::VectorXd::Zero(library.size());
  Discovery all{.coefficients = zeros, .standard_deviation = zeros, .contribution = zeros};
  all.ranking = {
      .probability = 1, .inclusion_probability = zeros, .log_bayes_factor = zeros, .path = Eigen::VectorXd::Zero(1)};
  all.collinearity = {.variance_inflation = zeros, .weakest_direction = zeros};
  double residual = 0, total = 0;
  for (const OneField& field : fields) {
    if (field.candidates.empty()) continue;
    const Discovery one = discover_one(field, largest, options);
    add_field(all, one, field.candidates);
    residual += std::pow(one.relative_residual, 2) * field.square;
    total += field.square;
  }
  all.relative_residual = total > 0 ? std::sqrt(residual / total) : 0;
  return all;
}

std::vector<Term> found_terms(const Eigen::VectorXd& coefficients, std::span<const TermSum> candidates) {
  require(coefficients.size() == std::ssize(candidates), "one coefficient for each candidate");
  std::vector<Term> terms;
  for (Index j = 0; j < coefficients.size(); ++j) {
    if (coefficients(j) == 0) continue;
    for (const Term& term : candidates[static_cast<std::size_t>(j)].terms) {
      terms.push_back(term);
      terms.back().coefficient *= coefficients(j);
    }
  }
  return terms;
}

}  // namespace semiflow
