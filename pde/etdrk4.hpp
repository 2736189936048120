#pragma once
#include <array>
#include <semiflow/pde/nonlinearity.hpp>

namespace semiflow {

/// Wall-clock seconds, from a sample of the steps.
struct SpectralProfile {
  double fft = 0;   ///< in transforms
  double step = 0;  ///< in whole steps, transforms included
};

/// Fourth-order exponential time differencing (Cox & Matthews 2002, Eqs. 26-29). The coefficients stay complex
/// where L is, so the order is four for dispersive equations too.
class Etdrk4 {
 public:
  /// Throws Error if dt is not positive and finite or a coefficient overflows: an equation that grows by
  /// more than e^700 in one step needs a smaller step or a cutoff.
  Etdrk4(Semilinear equation, double dt, FftPlanning planning = FftPlanning::estimated);

  const Semilinear& equation() const { return equation_; }
  double dt() const { return dt_; }

  /// Moves one member by so many steps: u [fields * modes], normalised as for Nonlinearity, aligned.
  void advance(std::complex<double>* u, Index steps);

  /// Seconds spent so far, from a sample of one step in sampling_period.
  SpectralProfile profile() const;
  static constexpr Index sampling_period = 64;

 private:
  template <class Coefficient>
  void step(std::complex<double>* u, const Coefficient* const* coefficients);

  Semilinear equation_;
  double dt_;
  Nonlinearity nonlinearity_;
  // exp(hL), exp(hL/2), Q, f1, f2, f3; real ones are written out once more for the imaginary part.
  std::vector<AlignedVector<std::complex<double>>> complex_coefficients_;
  std::vector<AlignedVector<double>> real_coefficients_;
  std::array<AlignedVector<std::complex<double>>, 5> stages_;  // a and c, b and N(c), N(u), N(a), N(b)
  Index count_ = 0;
  double sampled_seconds_ = 0;
};

}  // namespace semiflow
