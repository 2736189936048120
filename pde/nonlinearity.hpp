#pragma once
#include <memory>
#include <semiflow/core/slab_fft.hpp>
#include <semiflow/pde/mode_set.hpp>
#include <semiflow/pde/semilinear.hpp>

namespace semiflow {

/// Which terms of an equation stand in N; the others stand in the symbol L of the stepper.
enum class Split {
  semilinear,  ///< those that are not diagonal, for exponential and implicit steppers
  everything   ///< all, for explicit steppers and for term libraries
};

/// Evaluates the terms of an equation, N(u), its derivative and the adjoint of it, for one member at a time.
///
/// The terms are compiled once: every distinct factor is transformed to physical space once, the products that
/// share an outer multiplier are added there, and every distinct sum of products is transformed back once; linear
/// terms and forces need no transform. Kuramoto-Sivashinsky costs two transforms, the vorticity equation four.
///
/// All arrays are packed, [fields * modes().size()], aligned to 16 bytes, and hold Fourier coefficients normalised so
/// that u(x) = sum of u_k exp(i k x); input and output are distinct. Where ranks share the fields, everything is
/// collective over them, and a packed array holds the modes of one rank. Work arrays belong to the object: one thread
/// at a time.
class Nonlinearity {
 public:
  /// Throws Error as validate() does.
  explicit Nonlinearity(const Semilinear& equation, Split split = Split::semilinear, const Execution& execution = {});
  ~Nonlinearity();
  Nonlinearity(const Nonlinearity&);
  Nonlinearity(Nonlinearity&&) noexcept;
  Nonlinearity& operator=(Nonlinearity) noexcept;

  /// The modes that N reads or writes: those that dealiasing leaves.
  const ModeSet& modes() const;
  Index fields() const;
  Index packed_size() const { return fields() * modes().size(); }

  /// out = N(u).
  void evaluate(const std::complex<double>* u, std::complex<double>* out);

  /// Keeps what the derivative at u needs, until the next call of evaluate() or linearise().
  void linearise(const std::complex<double>* u);
  /// out = N'(u) v, exact.
  void tangent(const std::complex<double>* v, std::complex<double>* out);
  /// out = N'(u)^T w: <w, N'(u) v> = <N'(u)^T w, v> for the inner product of the fields in physical space, the sum
  /// over all points of the product of the values.
  void adjoint(const std::complex<double>* w, std::complex<double>* out);

  /// Number of transforms of one evaluation.
  Index transforms() const;

  /// While timed, evaluate() adds the seconds that it spends in transforms to fft_seconds().
  void set_timed(bool timed);
  double fft_seconds() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace semiflow
