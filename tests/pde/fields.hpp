#pragma once
#include <semiflow/pde/spectral_model.hpp>

// Shorthands for the tests of equations.
namespace semiflow {

inline Eigen::VectorXd advanced(SpectralModel model, const Eigen::VectorXd& u, double time) {
  Ensemble members = u;
  model.advance(members, {0, time});
  return members;
}

inline double largest(const Eigen::VectorXd& values) { return values.cwiseAbs().maxCoeff(); }

// A multiplier of one field, in physical space.
inline Eigen::VectorXd apply(const Grid& grid, const Multiplier& multiplier, const Eigen::VectorXd& field) {
  Fft fft(grid);
  Spectrum modes(grid.modes(), 1);
  fft.forward(field, modes);
  if (multiplier.symbol.size() > 0) modes.col(0).array() *= multiplier.symbol.values();
  Ensemble values(grid.points(), 1);
  fft.inverse(modes, values);
  return values;
}

// All terms of an equation, u_t, in physical space: [state].
inline Eigen::VectorXd tendency(const Semilinear& equation, const Eigen::VectorXd& u) {
  const Grid& grid = equation.grid;
  Fft fft(grid);
  Spectrum modes(equation.fields * grid.modes(), 1), out = Spectrum::Zero(modes.rows(), 1);
  fft.forward(u, modes);
  modes /= static_cast<double>(grid.points());
  Nonlinearity nonlinearity(equation, Split::everything);
  const Index packed = nonlinearity.modes().size();
  Eigen::VectorXcd from(nonlinearity.packed_size()), to(nonlinearity.packed_size());
  for (Index f = 0; f < equation.fields; ++f)
    nonlinearity.modes().gather(modes.data() + f * grid.modes(), from.data() + f * packed);
  nonlinearity.evaluate(from.data(), to.data());
  for (Index f = 0; f < equation.fields; ++f)
    nonlinearity.modes().scatter(to.data() + f * packed, out.data() + f * grid.modes());
  out *= static_cast<double>(grid.points());
  Ensemble values(u.size(), 1);
  fft.inverse(out, values);
  return values;
}

}  // namespace semiflow
