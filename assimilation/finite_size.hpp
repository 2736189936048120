#pragma once
#include <semiflow/assimilation/ensemble_update.hpp>

namespace semiflow {

/// How the EnKF-N looks for its minimum. Both come to the same result where there is one minimum only. A second one, with
/// a large inflation, comes up where sensors contradict a forecast that is much surer than they are; with a spread of 3 %
/// of the observation error it is the lower one from an innovation of about ten errors on (10 members).
enum class FiniteSizeForm {
  dual,   ///< over the inflation alone; the lowest minimum, if there are several
  primal  ///< over the ensemble weights of the mean, by Newton steps with the exact Hessian from the forecast mean
};

/// What the EnKF-N makes of a measurement.
struct FiniteSizeUpdate {
  double inflation = 1;     ///< factor of the forecast anomalies, on top of prior_std
  Eigen::MatrixXd weights;  ///< [member x member], for apply_weights()
};

/// The finite-size ensemble Kalman filter EnKF-N (Bocquet 2011), which needs no tuned inflation because it knows that
/// mean and covariance of the forecast are those of a small sample. With the N members, S and d of
/// EnsembleInformation, the mean of the analysis, mean + anomalies w, minimises
///
///     |d - (N - 1)^1/2 S w|^2 + (N - 1) b log(a + w'w),     a = 1 + 1/N, b = N / (N - 1)
///
/// (primal form; Bocquet & Sakov 2012). That is the mean of a Kalman filter whose forecast anomalies are multiplied by
/// l = ((a + w'w) / b)^1/2, and l minimises
///
///     d'(I + l^2 S S')^-1 d / (N - 1) + a / l^2 + b log l^2
///
/// (dual form), a function of one number with the eigenvalues of S'S. a and b are corrected as DAPPER does, close to
/// Bocquet, Raanes & Hannart 2015, Eq. 36: divided and multiplied by (a / b)^(t / 2) with t = tr(I - K H) / N in
/// ensemble space, so that useless sensors do not inflate. certainty multiplies both: DAPPER's xN, above 1 for a
/// forecast that is surer of its covariance than a random sample (weakly nonlinear, deterministic models).
///
/// The mean and covariance of the analysis are those of a Kalman filter with the sample covariance times inflation^2;
/// the transform is the symmetric square root, as in etkf_weights(), without the correction of the Hessian for the
/// uncertainty of the inflation itself (DAPPER's Hess = False).
/// Throws Error if certainty is not positive, the sizes of information do not agree, or it has fewer than two members.
FiniteSizeUpdate finite_size_update(const EnsembleInformation& information, double certainty = 1,
                                    FiniteSizeForm form = FiniteSizeForm::dual);

/// Finite-size ensemble Kalman filter, an AnalysisScheme.
class FiniteSizeEnkf {
 public:
  struct Options {
    Inflation inflation = {};  ///< for model error; the sampling error is accounted for
    double certainty = 1;      ///< see finite_size_update()
    FiniteSizeForm form = FiniteSizeForm::dual;
    bool rotate = false;     ///< a new random_rotation() after each analysis
    std::uint64_t seed = 0;  ///< of the rotations
  };

  FiniteSizeEnkf() = default;
  /// Throws Error if a value of the inflation is out of range or certainty is not positive.
  explicit FiniteSizeEnkf(const Options& options);

  /// rows: [row x member]; predicted: [sensor x member], the same on every rank. Not collective.
  void analyse(EnsembleRef rows, EnsembleView predicted, const Measurement& measurement) const;

 private:
  Options options_;
};

static_assert(AnalysisScheme<FiniteSizeEnkf>);

}  // namespace semiflow
