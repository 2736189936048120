#pragma once
#include <array>
#include <semiflow/pde/nonlinearity.hpp>
#include <semiflow/pde/spectral_profile.hpp>

namespace semiflow {

/// One-step methods. All are exact for N = 0 but rk4, which takes L as a part of N.
enum class RungeKutta {
  etdrk4,  ///< Cox & Matthews (2002), Eqs. 26-29; order 4
  etdrk2,  ///< Cox & Matthews (2002), Eq. 22; order 2
  ifrk4,   ///< the classical method with an integrating factor (Lawson 1967); order 4
  rk4      ///< the classical method; order 4
};

/// An exponential Runge-Kutta method of step h for u' = L u + N(u) with a diagonal L:
///
///   U_0 = u,  U_i = e_i U_base + sum_g c_ig (s N_j + t N_k),  N_i = N(U_i),  u_new = U_stages.
///
/// The coefficients e and c are functions of h L, a number for every mode, and stay complex where L is, so the
/// order holds for dispersive equations too. The tangent linear step and its adjoint follow from the same table.
/// Acts on packed arrays, see Nonlinearity; one thread at a time.
class ExponentialRungeKutta {
 public:
  /// Throws Error if dt is not positive and finite or a coefficient overflows: an equation that grows by more
  /// than e^700 in one step needs a smaller step or a cutoff.
  ExponentialRungeKutta(const Semilinear& equation, RungeKutta method, double dt, const Execution& execution = {});

  const Nonlinearity& nonlinearity() const { return nonlinearity_; }
  double dt() const { return dt_; }

  /// Moves one member by so many steps: u [nonlinearity().packed_size()], aligned to 16 bytes.
  void advance(std::complex<double>* u, Index steps);

  /// Moves u by one step, and every column of v with the derivative of that step: [packed_size x vectors].
  void advance_tangent(std::complex<double>* u, SpectrumRef v);
  /// Replaces every column of w by the transpose of the derivative of the step from u, in the inner product of
  /// Nonlinearity::adjoint(). u stays as it is.
  void adjoint(const std::complex<double>* u, SpectrumRef w);

  SpectralProfile profile() const;

 private:
  static constexpr std::size_t most_stages = 4;
  using Complex = std::complex<double>;
  using Array = AlignedVector<Complex>;
  struct Pair {  // coefficient * (s N_j + t N_k); k < 0 if there is no second
    std::size_t coefficient;
    int j;
    double s = 1;
    int k = -1;
    double t = 0;
  };
  struct Stage {
    std::size_t e;
    int base;
    std::vector<Pair> pairs;
  };

  std::size_t keep(const Eigen::ArrayXcd& values);
  void build(RungeKutta method, const Eigen::ArrayXcd& symbol);
  void filter_new_state(const Eigen::ArrayXd& filter);
  void place_stages();
  void step(Complex* u);
  void combine(const Stage& stage, const Complex* base, const Complex* const* N, Complex* out) const;

  double dt_;
  Nonlinearity nonlinearity_;
  std::size_t size_;
  bool real_;                        // real coefficients are written out once more for the imaginary part
  std::vector<Array> coefficients_;  // of the table, by number
  std::vector<Stage> table_;         // the last is the new state
  std::vector<std::size_t> place_;   // of every stage but the last in work_
  std::vector<Array> work_;          // the tendencies, then the stages
  SampledTime sampled_;
};

}  // namespace semiflow
