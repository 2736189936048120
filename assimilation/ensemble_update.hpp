#pragma once
#include <semiflow/assimilation/inflation.hpp>

namespace semiflow {

/// Corrects rows of all members, [row x member], in place with a right factor in ensemble space:
///
///     analysis = mean + anomalies * weights
///
/// and inflates the anomalies of the analysis as inflation says (its prior_std belongs to whoever makes the weights
/// and is not looked at here). rotation, [member x member] or empty, multiplies the inflated anomalies of the
/// analysis from the right; see random_rotation().
///
/// A row of the result depends on that row only and is computed in the same order of operations wherever it lies, so
/// the bits are the same however the rows are dealt to ranks. Not collective; no rows is legal.
/// Throws Error if the sizes do not fit, a value of inflation is out of range, or the analysis of a row is not finite;
/// rows before that one are then analysed already.
void apply_weights(EnsembleRef rows, const Eigen::MatrixXd& weights, const Inflation& inflation = {},
                   const Eigen::MatrixXd& rotation = {});

/// Everything that the sensors tell a filter in ensemble space. With S = R^-1/2 Y / sqrt(members - 1), where Y are the
/// anomalies of the predictions times prior_std, and d = R^-1/2 (measured - mean prediction):
struct EnsembleInformation {
  Eigen::MatrixXd gram;        ///< S'S: [member x member]
  Eigen::VectorXd projection;  ///< S'd: [member]
  double prior_std = 1;        ///< what the anomalies were multiplied by
};

/// predicted is [sensor x member]. Works through the sensors in blocks, so it needs no copy of the predictions.
/// Throws Error as validate() does, and if the spread is so much larger than the observation errors (10^7 times, taken
/// over all sensors) that I + S'S would lose its identity to rounding.
EnsembleInformation ensemble_information(EnsembleView predicted, const Measurement& measurement, double prior_std = 1);

/// d - S w, what weights [member] of the anomalies leave of the innovation, over the errors: [sensor]. prior_std is 1.
Eigen::VectorXd unexplained_innovation(EnsembleView predicted, const Measurement& measurement,
                                       const Eigen::VectorXd& weights);

}  // namespace semiflow
