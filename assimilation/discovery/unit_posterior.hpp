// Private to discovery/: what both relevance vector algorithms ask about a model.
#pragma once
#include <Eigen/Core>
#include <vector>

#include "unit_equations.hpp"

namespace semiflow::detail {

/// The terms in the model and their precisions, in unit columns and a unit target.
struct ActiveTerms {
  std::vector<Index> terms;
  std::vector<double> alpha;  ///< one for each of terms

  Index size() const { return static_cast<Index>(terms.size()); }
  void add(Index term, double precision);
  void remove(Index slot);
};

/// The posterior of the weights given alpha and beta, and how much evidence each term of the library has.
struct UnitPosterior {
  Eigen::VectorXd mean{};      ///< [active]
  Eigen::VectorXd variance{};  ///< [active]
  Eigen::VectorXd sparsity{};  ///< s, [term], of each term given the others: Faul & Tipping (2002) eq. 23
  Eigen::VectorXd quality{};   ///< q, [term]
  double determined = 0;       ///< sum of gamma, the number of weights that the data determine
  double residual_square = 1;
  double log_evidence = 0;
};

UnitPosterior unit_posterior(const UnitEquations& unit, const ActiveTerms& active, double beta);

/// MacKay's (N - sum gamma) / rss, kept positive when as many weights are determined as there are rows.
double noise_precision(const UnitEquations& unit, const UnitPosterior& posterior);

}  // namespace semiflow::detail
