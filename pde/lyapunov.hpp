#pragma once
#include <semiflow/pde/spectral_model.hpp>

namespace semiflow {

struct LyapunovOptions {
  Index vectors = 1;
  double interval = 1;  ///< model time between two orthonormalisations, a multiple of the step
  double spin_up = 0;   ///< model time in which the vectors turn into the growing directions; not counted
  double duration = 0;  ///< model time that is counted
  /// Without the directions in which only the mean of a field changes: where the equation conserves it, each is one
  /// more exponent zero, which published spectra leave out.
  bool fixed_mean = false;
  std::uint64_t seed = 0;
};

struct LyapunovSpectrum {
  Eigen::VectorXd exponents;   ///< [vectors], per model time, from the largest
  Eigen::VectorXd first_half;  ///< the same from the first half of the time, to judge the sampling error
};

/// The largest Lyapunov exponents along the trajectory of a state [state], by the exact tangent linear model and
/// repeated QR factorisation (Benettin et al. 1980; Shimada & Nagashima 1979). state is moved through both
/// durations. Throws Error if ranks share the state, a duration is not a multiple of the interval, there are no intervals, or the state becomes
/// infinite.
LyapunovSpectrum lyapunov_spectrum(SpectralModel& model, Eigen::Ref<Eigen::VectorXd> state,
                                   const LyapunovOptions& options);

/// Kaplan & Yorke (1979): the dimension j + (sum of the first j exponents) / |exponent j+1|, where j is the largest
/// number of exponents with a sum that is not negative. NaN if the spectrum is too short to say.
double kaplan_yorke_dimension(const Eigen::VectorXd& exponents);

}  // namespace semiflow
