#include "packed_symbol.hpp"

namespace semiflow::compiled {

PackedSymbol packed_symbol(const ModeSet& modes, const Eigen::ArrayXcd& all) {
  const Eigen::ArrayXcd numbers = modes.pick(all);
  PackedSymbol symbol{.kind = PackedSymbol::Kind::complex, .numbers = {numbers.begin(), numbers.end()}};
  if ((numbers == 1.0).all()) return {};
  if ((numbers.imag() == 0).all()) {
    symbol.kind = PackedSymbol::Kind::real;
    for (Complex& s : symbol.numbers) s.imag(s.real());
  } else if ((numbers.real() == 0).all()) {
    symbol.kind = PackedSymbol::Kind::imaginary;
    for (Complex& s : symbol.numbers) s.real(-s.imag());
  }
  return symbol;
}

}  // namespace semiflow::compiled
