#pragma once
#include <Eigen/Core>
#include <semiflow/assimilation/discovery/normal_equations.hpp>
#include <span>
#include <vector>

namespace semiflow {

/// Two ways to the same fixed points. fast: one term at a time, Tipping & Faul (2003), "Fast marginal
/// likelihood maximisation for sparse Bayesian models". classic: all terms at once, MacKay's (1992) updates as in
/// Tipping (2001), not accelerated save that terms with q^2 <= s go early; it can only drop terms and needs many more
/// iterations.
enum class RelevanceAlgorithm { fast, classic };

struct RelevanceVectorOptions {
  RelevanceAlgorithm algorithm = RelevanceAlgorithm::fast;
  Index max_iterations = 10000;  ///< an iteration of fast is one action, of classic one update of all terms
  double tolerance = 1e-6;       ///< on the largest |d ln alpha| and on |d ln beta|
  /// beta to start from, in 1 / target^2; 0 takes 10 N / t't. (Tipping & Faul's 10 / var t needs the mean of t.)
  double initial_noise_precision = 0;
};

enum class RelevanceAction { add, reestimate, remove };

/// One step of the fast algorithm. gain is what Tipping & Faul's equations predict, before the step is taken, for
/// log_evidence_after - log_evidence_before; all three are at the same noise precision.
struct RelevanceStep {
  Index term;
  RelevanceAction action;
  double gain;
  double log_evidence_before;
  double log_evidence_after;
};

/// A sparse Bayesian regression, in the units of the library and the target. A vector has one value a term.
struct RelevanceVectors {
  Eigen::VectorXd mean;                ///< [term], 0 where pruned
  Eigen::VectorXd standard_deviation;  ///< [term], of the posterior; 0 where pruned
  Eigen::VectorXd precision;           ///< [term], alpha of the prior N(0, 1/alpha); infinite where pruned
  std::vector<Index> support{};        ///< the terms that were kept, ascending
  double noise_precision = 0;          ///< beta = 1 / variance of the noise of a row; infinite for a zero target
  double log_evidence = 0;             ///< ln p(t | alpha, beta); infinite for a zero target
  double log_evidence_empty = 0;       ///< of pure noise of variance t't / N; infinite for a zero target
  double log_bayes_factor = 0;         ///< log_evidence - log_evidence_empty without the loss of digits; always finite
  Index iterations = 0;
  bool converged = false;
  std::vector<RelevanceStep> steps{};  ///< of the fast algorithm
};

/// Sparse Bayesian regression ("relevance vector machine"): t = Phi w + e, w_j ~ N(0, 1/alpha_j),
/// e ~ N(0, 1/beta), with alpha and beta where the evidence p(t | alpha, beta) is stationary. A term stays only
/// if its quality exceeds its sparsity, q^2 > s (Faul & Tipping 2002), which depends on no unit: multiply a
/// column or the target and the coefficients follow, the support stays.
///
/// The fast algorithm begins with the empty model, the classic one with all terms. Evidence has several maxima
/// and collinear terms may end on another support than the generator's; q^2 > s means |w| > sd only, so of
/// useless terms about one in three stays with a small coefficient. Follow with eliminate_backward() and refit().
/// Terms that are combinations of others to rounding are left out (classic: the later ones in the library), as
/// are zero columns. Nothing kept is a legal result; running out of iterations is reported in converged.
/// Throws Error on sums that are not finite, mismatched or impossible, and on options out of range.
RelevanceVectors relevance_vectors(const NormalEquations& equations, const RelevanceVectorOptions& options = {});

/// ln p(t | alpha, beta) of the terms in support with prior precisions alpha [support] > 0 and beta > 0:
/// -1/2 [N ln 2pi - N ln beta - sum ln alpha - ln|Sigma| + beta |t - Phi mu|^2 + mu'A mu], Tipping (2001) eq. 37.
double log_evidence(const NormalEquations& equations, std::span<const Index> support, const Eigen::VectorXd& alpha,
                    double beta);

}  // namespace semiflow
