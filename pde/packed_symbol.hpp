#pragma once
#include <algorithm>
#include <semiflow/core/aligned.hpp>
#include <semiflow/pde/mode_set.hpp>

#include "kernels.hpp"

// The symbols of terms on packed modes. Private to this room.
namespace semiflow::compiled {

using Complex = std::complex<double>;

/// A number for every packed mode. Real and imaginary ones are kept so that they cost half of the work: (re, re) and
/// (-im, im).
struct PackedSymbol {
  enum class Kind { identity, real, imaginary, complex };
  Kind kind = Kind::identity;
  AlignedVector<std::complex<double>> numbers{};
};

/// Of a symbol [modes] in the order of Grid.
PackedSymbol packed_symbol(const ModeSet& modes, const Eigen::ArrayXcd& all);

/// A real symbol times a mode is that of two doubles.
inline const double* as_doubles(const Complex* p) { return reinterpret_cast<const double*>(p); }
inline double* as_doubles(Complex* p) { return reinterpret_cast<double*>(p); }

/// out = or += symbol * u for n modes from a packed one on; u and out begin there.
inline void apply(const PackedSymbol& symbol, Index packed, const Complex* u, Complex* out, Index n, bool add) {
  const auto count = static_cast<std::size_t>(n);
  const Complex* const s = symbol.numbers.empty() ? nullptr : symbol.numbers.data() + packed;
  switch (symbol.kind) {
    case PackedSymbol::Kind::identity:
      if (!add) std::copy_n(u, count, out);
      if (add) kernels::scale_add(1, as_doubles(u), as_doubles(out), 2 * count);
      break;
    case PackedSymbol::Kind::real:
      (add ? kernels::product_add : kernels::product)(1, as_doubles(s), as_doubles(u), as_doubles(out), 2 * count);
      break;
    case PackedSymbol::Kind::imaginary:
      (add ? kernels::multiply_imaginary_add : kernels::multiply_imaginary)(s, u, out, count);
      break;
    case PackedSymbol::Kind::complex:
      (add ? kernels::multiply_add : kernels::multiply)(s, u, out, count);
  }
}

/// out += conj(symbol) * u, likewise.
inline void add_conjugate(const PackedSymbol& symbol, Index packed, const Complex* u, Complex* out, Index n) {
  const auto count = static_cast<std::size_t>(n);
  const Complex* const s = symbol.numbers.empty() ? nullptr : symbol.numbers.data() + packed;
  switch (symbol.kind) {
    case PackedSymbol::Kind::identity:
    case PackedSymbol::Kind::real:
      return apply(symbol, packed, u, out, n, true);
    case PackedSymbol::Kind::imaginary:
      return kernels::multiply_imaginary_conjugate_add(s, u, out, count);
    case PackedSymbol::Kind::complex:
      return kernels::multiply_conjugate_add(s, u, out, count);
  }
}

}  // namespace semiflow::compiled
