#pragma once
#include <optional>
#include <semiflow/assimilation/discovery/normal_equations.hpp>
#include <semiflow/assimilation/discovery/relevance_vectors.hpp>
#include <semiflow/assimilation/discovery/supports.hpp>
#include <semiflow/assimilation/discovery/threshold_regression.hpp>
#include <semiflow/pde/term.hpp>
#include <span>
#include <variant>
#include <vector>

namespace semiflow {

/// What others use, to compare with: no evidence takes part in the choice of terms. Ridge chooses none, so it keeps all.
using BaselineRegression = std::variant<ThresholdOptions, RidgeOptions>;

/// Where the noise of a row is not known, error bars come from blocks, which are independent where rows are not: the
/// delete-one jackknife's, or those of a bootstrap (Efron 1979) that draws as many blocks as there are, with repetition.
struct ErrorBars {
  Index bootstrap_samples = 0;  ///< 0: jackknife; else at least 2
  std::uint64_t seed = 0;       ///< of the draws
};

struct DiscoveryOptions {
  ErrorBars error_bars{};
  RelevanceVectorOptions regression{};
  /// Instead of that regression and of the elimination.
  std::optional<BaselineRegression> baseline{};
  /// A term stays only if leaving it out would raise the residual by at least this share of the target's rms;
  /// see eliminate_backward(). It has no unit, unlike a threshold on coefficients.
  double minimum_contribution = 0.02;
};

/// What a model lacks: u_t = model + sum_j coefficients_j term_j.
struct Discovery {
  Eigen::VectorXd coefficients;  ///< [term], 0 where the term is not needed
  Eigen::VectorXd
      standard_deviation;        ///< [term], over blocks, see ErrorBars, or of the known noise; 0 outside the support
  Eigen::VectorXd contribution;  ///< [term], share of the target's rms that only this term explains
  std::vector<Index> support{};  ///< ascending; empty: nothing that the data can tell is missing
  std::vector<Index> candidates{};  ///< what was kept before the elimination
  double relative_residual = 0;     ///< rms of the unexplained part over the target's
  /// Of the sparse regression against "nothing is missing", with every row as independent evidence: an upper bound
  /// if rows are correlated, as those of a filter's increments are.
  double log_bayes_factor = 0;
  /// What the same rows say for each term and for sets of terms, with the same caution.
  RankedSupports ranking{};
  Collinearity collinearity{};  ///< of the library, as the regression sees it
};

/// The coefficients of a given support and what the sums say of them; log_bayes_factor is that of the ranking.
/// blocks are for the total of what the model lacks. noise_variance, of a row, gives the error bars and the ranking; if it
/// is 0, not known, the bars are those over blocks, or 0 with one block. Throws Error as refit() and
/// rank_supports() do.
Discovery describe_support(std::span<const NormalEquations> blocks, std::vector<Index> support, double noise_variance,
                           const ErrorBars& error_bars = {});

/// The same with support and coefficients of a baseline. Error bars are the jackknife's over blocks: of the coefficients
/// of ridge, which shrinks them, and of least squares on the support that thresholds have left.
Discovery describe_baseline(std::span<const NormalEquations> blocks, const BaselineRegression& baseline,
                            double noise_variance = 0, const ErrorBars& error_bars = {});

/// Sparse Bayesian regression of the model error, MEDIDA's (Mojgani et al. 2022), followed by the elimination
/// of terms without a contribution and by least squares on the rest.
///
/// blocks are the sums of independent stretches of data, from collect_increments(). in_model [term] are the
/// coefficients that earlier passes have put into the model already: the regression is for their sum with what
/// is still missing, so every pass chooses among all terms anew. Repeating "forecast with the corrected model,
/// discover" is Gauss-Newton's method. From pairs of exact states it removes the bias of the first pass. From the
/// increments of a filter it does not remove what the filter adds: its analyses lean towards the forecasts of the wrong
/// model, in every pass. Estimates from an ETKF were 6 to 9 standard deviations away, always on the same side, for the
/// coefficient of u u_x.
/// The error bars are the delete-one-block jackknife's: rows are correlated, blocks are not. They know nothing of any
/// bias, which may be tens of times larger.
///
/// Throws Error if there is no block, blocks are of different libraries, in_model has not one coefficient a term, or an
/// option is out of range.
Discovery discover(std::span<const NormalEquations> blocks, const Eigen::VectorXd& in_model,
                   const DiscoveryOptions& options = {});

/// The terms of the support with their coefficients, ready to be added to an equation.
std::vector<Term> found_terms(const Discovery& discovery, std::span<const Term> library);

}  // namespace semiflow
