#pragma once
#include <complex>
#include <semiflow/core/grid.hpp>

struct fftw_plan_s;

namespace semiflow {

/// Fourier coefficients, one member per column, laid out like an Ensemble: [field * modes x member].
using Spectrum = Eigen::MatrixXcd;
using SpectrumRef = Eigen::Ref<Spectrum>;
using SpectrumView = Eigen::Ref<const Spectrum>;

/// How FFTW chooses its algorithm. estimated: by rule, or from the wisdom that comes with the program, so the same size
/// gives the same bits in every run and on every rank. measured: by timing, sometimes faster, but two runs, and two ranks of one run, may round
/// differently: for timing, not for results that must be reproducible or resumed.
enum class FftPlanning { estimated, measured };

/// Real transform of one field on a grid; a batch is a loop over it, so that a member alone and a member
/// in a batch give the same bits. forward is unscaled; inverse divides by the number of points.
///
/// Plans are kept by shape until the program ends: a second Fft of the same grid costs nothing. Copies share the
/// plans, never the work arrays; one Fft must not be used by two threads at a time, but each thread may make its own.
class Fft {
 public:
  /// Throws Error if an axis has more than 2^31 - 1 points or FFTW refuses to plan.
  explicit Fft(const Grid& grid, FftPlanning planning = FftPlanning::estimated);

  Index points() const { return points_; }
  Index modes() const { return mode_count_; }

  /// Every field of every member: [field * points x member] to [field * modes x member]. Throws Error if the
  /// shapes do not fit.
  void forward(EnsembleView values, SpectrumRef modes);
  void inverse(SpectrumView modes, EnsembleRef values);

  /// One field in arrays aligned to 16 bytes, without a copy; inverse is unscaled here and destroys modes.
  void forward_unchecked(double* values, std::complex<double>* modes) const;
  void inverse_unchecked(std::complex<double>* modes, double* values) const;

 private:
  fftw_plan_s *forward_, *inverse_;
  Index points_, mode_count_;
  // One aligned field, on first use: the caller's memory may lie anywhere and stays constant.
  Eigen::VectorXd values_;
  Eigen::VectorXcd modes_;
};

}  // namespace semiflow
