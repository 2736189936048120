#include "diagonal.hpp"

#include <semiflow/core/error.hpp>

namespace semiflow::diagonal {

Eigen::ArrayXcd packed_symbol(const Semilinear& equation, const ModeSet& modes) {
  const Eigen::ArrayXcd symbol = equation.linear_symbol();
  const Index all = equation.grid.modes(), kept = modes.size();
  Eigen::ArrayXcd packed(equation.fields * kept);
  for (Index field = 0; field < equation.fields; ++field)
    packed.segment(field * kept, kept) = modes.pick<Eigen::ArrayXcd>(symbol.segment(field * all, all));
  return packed;
}

Eigen::ArrayXd packed_filter(const Semilinear& equation, const ModeSet& modes) {
  return modes.pick<Eigen::ArrayXd>(equation.step_filter()).replicate(equation.fields, 1);
}

AlignedVector<std::complex<double>> coefficient(const Eigen::ArrayXcd& values, bool real) {
  if (!values.isFinite().all())
    throw Error(Fault::input, {}, "the linear part grows too fast for this time step",
                "take a smaller dt, or a cutoff below the wavenumbers that grow");
  AlignedVector<std::complex<double>> kept(values.begin(), values.end());
  if (real)
    for (std::complex<double>& c : kept) c.imag(c.real());
  return kept;
}

}  // namespace semiflow::diagonal
