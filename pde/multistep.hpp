#pragma once
#include <array>
#include <semiflow/pde/nonlinearity.hpp>
#include <semiflow/pde/spectral_profile.hpp>

namespace semiflow {

/// Linear multistep methods, with one evaluation of N a step.
enum class LinearMultistep {
  ab3,        ///< Adams-Bashforth of order 3, L as a part of N; starts with two classical Runge-Kutta steps
  ab3_euler,  ///< the same, started with Euler and order 2 as pyqg does, which leaves order 2 for a window
  cn_euler,   ///< Crank-Nicolson for L, Euler for N: order 1, the scheme of the data sets of Li et al. (2021)
  cnab2,      ///< Crank-Nicolson for L, Adams-Bashforth of order 2 for N; starts with Euler for N
  sbdf2       ///< semi-implicit backward differentiation (Ascher, Ruuth & Wetton 1995, Eq. 2.8); starts with order 1
};

/// A multistep method of step h for u' = L u + N(u) with a diagonal L, on packed arrays (see Nonlinearity). Every call
/// of advance() starts anew, because a model keeps no history between calls: the states of a filter change in between.
class Multistep {
 public:
  /// Throws Error if dt is not positive and finite or a coefficient is not finite.
  Multistep(const Semilinear& equation, LinearMultistep method, double dt, const Execution& execution = {});

  const Nonlinearity& nonlinearity() const { return nonlinearity_; }
  double dt() const { return dt_; }

  /// Moves one member by so many steps: u [nonlinearity().packed_size()], aligned to 16 bytes.
  void advance(std::complex<double>* u, Index steps);

  SpectralProfile profile() const;

 private:
  using Complex = std::complex<double>;
  using Array = AlignedVector<Complex>;
  // u_new = e u + c (N_0 s + N_1 t) + d (p N_2 or p u_before)
  struct Formula {
    Array e, c;
    double s = 1, t = 0;
    Array d{};
    double p = 0;
  };

  void step(Complex* u, Index level);
  void runge_kutta(Complex* u);

  double dt_;
  Nonlinearity nonlinearity_;
  std::size_t size_;
  bool real_;  // real coefficients are written out once more for the imaginary part
  bool starts_with_runge_kutta_;
  bool needs_state_;               // the last term is of the state before
  std::vector<Formula> formulas_;  // for the first, second, ... step, the last for all that follow
  std::array<Array, 3> tendencies_;
  std::array<Array, 2> before_;  // states, or work of the start
  SampledTime sampled_;
};

}  // namespace semiflow
