#pragma once
#include <semiflow/core/aligned.hpp>
#include <semiflow/core/fft.hpp>
#include <semiflow/pde/semilinear.hpp>

namespace semiflow {

/// Evaluates the products of an equation, N(u), for one member at a time.
///
/// The terms are compiled once: every distinct factor is transformed to physical space once, the products
/// that share an outer multiplier are added there, and every distinct outer multiplier costs one transform
/// back. Kuramoto-Sivashinsky has one of each. Work arrays belong to the object: one thread at a time.
class Nonlinearity {
 public:
  /// The terms of the equation that are not diagonal, or, with every_term, all of them.
  explicit Nonlinearity(const Semilinear& equation, bool every_term = false,
                        FftPlanning planning = FftPlanning::estimated);

  bool empty() const { return outputs_.empty(); }

  /// Modes of every field, from the first, that N reads or writes: dealiasing leaves the others alone.
  Index support() const { return support_; }

  /// out = N(u) on the first support() modes of every field; the other modes of out are not touched. u and
  /// out hold Fourier coefficients, normalised so that u(x) = sum of u_k exp(i k x): [fields * modes],
  /// aligned to 16 bytes, distinct arrays.
  void evaluate(const std::complex<double>* u, std::complex<double>* out);

  /// Number of transforms of one evaluation.
  Index transforms() const { return static_cast<Index>(inputs_.size() + outputs_.size()); }

  /// While timed, evaluate() adds the seconds that it spends in transforms to fft_seconds().
  void set_timed(bool timed) { timed_ = timed; }
  double fft_seconds() const { return fft_seconds_; }

 private:
  struct Input {  // a factor in physical space
    Index field;
    std::string name;
    AlignedVector<std::complex<double>> symbol;  // [kept]; empty for the identity
    Index kept;                                  // dealiasing makes the modes beyond it zero
    AlignedVector<double> values;
  };
  struct Product {
    double coefficient;
    std::vector<std::size_t> inputs;
  };
  struct Output {  // products that go back together
    Index target;
    std::string name;
    AlignedVector<std::complex<double>> symbol;  // [kept], with the dealiasing, the cutoff and 1 / points
    bool imaginary;                              // a first derivative: kept as (-imag, imag), half the work
    std::vector<Product> products;
    bool in_place = false;  // the only product, of two factors, may overwrite the first
  };

  std::size_t input(const Factor& factor, Index factors, const Semilinear& equation);
  void to_physical(Input& input, const std::complex<double>* u);
  void prepare(Output& output);
  double* multiply(const Output& output);

  Fft fft_;
  std::vector<Input> inputs_;
  std::vector<Output> outputs_;
  Index fields_;
  Index support_ = 0;
  AlignedVector<double> product_;
  AlignedVector<std::complex<double>> spectrum_;
  double fft_seconds_ = 0;
  bool timed_ = false;
};

}  // namespace semiflow
