#pragma once
#include <semiflow/assimilation/discovery/normal_equations.hpp>
#include <vector>

namespace semiflow {

/// In which units penalties and thresholds are meant. standardised: columns and target have unit rms, so that a coefficient
/// is the share of the target's rms that its term makes up, and no unit matters. raw: as the library comes, where a
/// threshold of 0.1 drops every coefficient below 0.1, whatever its unit; that is what PySINDy does unless told otherwise.
enum class ColumnScale { standardised, raw };

struct RidgeOptions {
  /// >= 0, of the squared coefficients. standardised: added to the unit diagonal of the Gram matrix; raw: to Phi'Phi.
  double penalty = 0;
  ColumnScale columns = ColumnScale::standardised;
};

/// The coefficients [term] of  min |Phi w - t|^2 + penalty |w|^2,  (Phi'Phi + penalty I) w = Phi't  (Hoerl & Kennard 1970),
/// in the units of the library. Of dependent columns without a penalty, and of zero columns, the later ones get 0.
/// Throws Error on inconsistent sums, on a support as refit() does and on a penalty that is negative or not finite.
Eigen::VectorXd ridge(const NormalEquations& equations, std::span<const Index> support,
                      const RidgeOptions& options = {});

struct ThresholdOptions {
  double threshold = 0.1;  ///< >= 0: terms with a smaller coefficient go
  RidgeOptions ridge{};    ///< of the fits in between; its columns say in what units the threshold is
  Index max_iterations = 20;
};

struct ThresholdedLeastSquares {
  Eigen::VectorXd coefficients;  ///< [term], least squares on the support, without the penalty
  std::vector<Index> support{};  ///< ascending, possibly empty
  Index iterations = 0;
  bool converged = false;  ///< the last fit lost no term
};

/// Sequentially thresholded least squares, STLSQ (Brunton, Proctor & Kutz 2016): fit all terms, drop those with a
/// coefficient below the threshold, fit the rest, until none goes. A baseline: the threshold has to be guessed, and
/// there are no error bars. Throws Error as ridge() does and on options out of range.
ThresholdedLeastSquares thresholded_least_squares(const NormalEquations& equations,
                                                  const ThresholdOptions& options = {});

}  // namespace semiflow
