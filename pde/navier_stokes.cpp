#include <array>
#include <semiflow/core/error.hpp>
#include <semiflow/core/fft.hpp>
#include <semiflow/pde/multipliers.hpp>
#include <semiflow/pde/navier_stokes.hpp>

namespace semiflow {

namespace {

constexpr Index z_axis = 0, y_axis = 1, x_axis = 2;

Term linear(std::string name, double coefficient, const Multiplier& multiplier) {
  return {.name = std::move(name), .coefficient = coefficient, .factors = {{.multiplier = multiplier}}};
}

}  // namespace

std::vector<Term> vorticity_advection(const Grid& plane, const Multiplier& stream) {
  const Multiplier dx = derivative(plane, 1, 1), dy = derivative(plane, 0, 1);
  const Factor u{.multiplier = -1 * (dy * stream)}, v{.multiplier = dx * stream};
  const Multiplier shear = named("xx-yy", derivative(plane, 1, 2).symbol - derivative(plane, 0, 2).symbol);
  const Multiplier xy = dx * dy;
  return {{.name = "uv", .coefficient = -1, .factors = {u, v}, .outer = shear},
          {.name = "vv", .coefficient = -1, .factors = {v, v}, .outer = xy},
          {.name = "uu", .coefficient = 1, .factors = {u, u}, .outer = xy}};
}

Semilinear navier_stokes(const Grid& plane, const VorticityCoefficients& c) {
  require(plane.dimensions() == 2, "the vorticity equation lives on a plane");
  require(c.hyperviscosity_order >= 1 && c.hypoviscosity_order >= 1,
          "the orders of hyperviscosity and hypoviscosity are at least 1");
  Semilinear equation{.grid = plane, .terms = vorticity_advection(plane, inverse_laplacian(plane))};
  equation.terms.push_back(linear("lap w", c.viscosity, laplacian(plane)));
  equation.terms.push_back(linear("w", -c.drag, {}));
  const double order = 2 * static_cast<double>(c.hyperviscosity_order);
  equation.terms.push_back(linear("lap^p w", -c.hyperviscosity, wavenumber_power(plane, order)));
  const double inverse_order = -2 * static_cast<double>(c.hypoviscosity_order);
  equation.terms.push_back(linear("lap^-m w", -c.hypoviscosity, wavenumber_power(plane, inverse_order)));
  equation.terms.push_back(linear("U w_x", -c.mean_x, derivative(plane, 1, 1)));
  return equation;
}

Semilinear navier_stokes_3d(const Grid& box, double viscosity) {
  require(box.dimensions() == 3, "the equation for the velocity lives in a box");
  const std::array<Multiplier, 3> d{derivative(box, x_axis, 1), derivative(box, y_axis, 1), derivative(box, z_axis, 1)};
  const Symbol inverse = inverse_laplacian(box).symbol, one(Symbol::Values::Ones(box.modes()));
  Semilinear equation{.grid = box, .fields = 3};
  const auto next = [](Index i) { return (i + 1) % 3; };
  // The curl, component by component: omega_i = d_j u_k - d_k u_j with (i, j, k) cyclic.
  const auto velocity = [](Index i) { return Factor{.field = i}; };
  const auto vorticity = [&](Index i) {
    const Index j = next(i), k = next(j);
    const auto at = [&](Index axis) { return d[static_cast<std::size_t>(axis)]; };
    return Factor{.field = k, .multiplier = at(j), .plus = {{.field = j, .multiplier = -1 * at(k)}}};
  };
  const char* const names = "uvw";
  for (Index target = 0; target < 3; ++target) {
    equation.terms.push_back({.name = std::string("lap ") + names[target],
                              .coefficient = viscosity,
                              .factors = {{.field = target, .multiplier = laplacian(box)}},
                              .target = target});
    for (Index component = 0; component < 3; ++component) {
      const auto a = static_cast<std::size_t>(target), b = static_cast<std::size_t>(component);
      // P_ab = delta_ab - d_a d_b / lap
      const Symbol crossed = d[a].symbol * d[b].symbol * inverse;
      const Symbol projection = target == component ? one - crossed : -1 * crossed;
      const Multiplier outer = named(std::string("P") + names[target] + names[component], projection);
      const Index j = next(component), k = next(j);
      const std::string name = std::string("P") + names[target] + names[component];
      equation.terms.push_back(
          {.name = name + "+", .factors = {velocity(j), vorticity(k)}, .outer = outer, .target = target});
      equation.terms.push_back({.name = name + "-",
                                .coefficient = -1,
                                .factors = {velocity(k), vorticity(j)},
                                .outer = outer,
                                .target = target});
    }
  }
  return equation;
}

Ensemble without_divergence(const Grid& box, EnsembleView velocity) {
  require(box.dimensions() == 3, "the equation for the velocity lives in a box");
  require(velocity.rows() == 3 * box.points(), "a velocity has three values at every point");
  const Index n = box.modes();
  Fft fft(box);
  Spectrum modes(3 * n, velocity.cols());
  fft.forward(velocity, modes);
  // The sum of the squares of these derivatives, not the Laplacian: at a Nyquist number they differ.
  std::array<Eigen::ArrayXcd, 3> d;
  Eigen::ArrayXcd square = Eigen::ArrayXcd::Zero(n);
  for (Index i = 0; i < 3; ++i) {
    d[static_cast<std::size_t>(i)] = derivative(box, x_axis - i, 1).symbol.values();
    square += d[static_cast<std::size_t>(i)].square();
  }
  for (Index j = 0; j < modes.cols(); ++j) {
    const auto component = [&](std::size_t i) { return modes.col(j).segment(static_cast<Index>(i) * n, n).array(); };
    const Eigen::ArrayXcd divergence = d[0] * component(0) + d[1] * component(1) + d[2] * component(2);
    const Eigen::ArrayXcd potential = (square != 0.0).select(divergence / square, 0);
    for (std::size_t i = 0; i < 3; ++i) component(i) -= d[i] * potential;
  }
  Ensemble result(velocity.rows(), velocity.cols());
  fft.inverse(modes, result);
  return result;
}

}  // namespace semiflow
