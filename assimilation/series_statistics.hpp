#pragma once
#include <semiflow/core/ensemble.hpp>

namespace semiflow {

/// The mean over time of a stationary series whose values hang together, e.g. of the errors of an experiment after its
/// burn-in, and how well it is known.
struct SeriesMean {
  Index values = 0;        ///< that are not missing
  double mean = 0;         ///< of them; NaN if there is none
  double correlation = 0;  ///< of a value with the next, in [0, 1)
  /// So many independent values would tell as much of the mean; NaN where standard_error is.
  double effective_values = 0;
  /// Of the mean; 0 of a constant series. NaN for fewer than 6 values, or effectively for no more than 2: the series is
  /// then too short for its correlation.
  double standard_error = 0;
  /// The mean of the process lies within mean +- half_width with a probability of 95 %: half_width is standard_error
  /// times the quantile of Student's distribution with effective_values - 1 degrees of freedom.
  double half_width = 0;
};

/// As if the series were an autoregressive process of order one, x_k+1 - m = a (x_k - m) + noise. a is fitted as in DAPPER
/// (tools/series.py), by the geometric mean of the ratios of successive autocovariances c_k up to lag 4, or up to the last
/// that exceeds its sampling error c_0 / sqrt(values); DAPPER goes on to the last positive one, which makes white noise
/// correlated by 0.1. The correlation multiplies the variance of the mean by f = sum_ij a^|i-j| / values; effective_values
/// is values / f, and standard_error^2 = c_0 / (effective_values - 1), where c_0, the mean square about the mean of the
/// series, is less than the variance by that of the mean. DAPPER leaves out the 1, which is too narrow for short series.
///
/// series: [time], at regular times. A NaN is a missing value: its time counts, so that the others keep their distances.
/// The 95 % are 92 % or more of series with 20 effective values. Throws Error if a value is infinite.
SeriesMean series_mean(const Eigen::Ref<const Eigen::VectorXd>& series);

/// The same without a model of the correlation, as a check: from the differences between the means of batches of
/// successive values, which are nearly independent if a batch is much longer than the correlation (Schmeiser 1982). The
/// degrees of freedom are batches - 1, correlation is NaN. Batches are of values that are not missing, as even as can be.
/// Throws Error for fewer than two batches and if a value is infinite; with fewer values than batches, standard_error is
/// NaN.
SeriesMean batch_mean(const Eigen::Ref<const Eigen::VectorXd>& series, Index batches = 20);

}  // namespace semiflow
