#include <cmath>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/multipliers.hpp>
#include <semiflow/pde/navier_stokes.hpp>
#include <semiflow/pde/quasigeostrophic.hpp>

namespace semiflow {

namespace {

Term linear(std::string name, double coefficient, const Factor& factor, Index target = 0) {
  return {.name = std::move(name), .coefficient = coefficient, .factors = {factor}, .target = target};
}

Factor after(const Multiplier& multiplier, Factor factor) {
  factor.multiplier = multiplier * factor.multiplier;
  for (Factor& part : factor.plus) part = after(multiplier, part);
  return factor;
}

// -u . grad q in flux form, -(u q)_x - (v q)_y, with u = -psi_y and v = psi_x: five transforms.
void add_advection(Semilinear& equation, const Factor& stream, const Factor& q, Index target,
                   const std::string& layer) {
  const Multiplier dx = derivative(equation.grid, 1, 1), dy = derivative(equation.grid, 0, 1);
  const Factor u = after(-1 * dy, stream), v = after(dx, stream);
  equation.terms.push_back(
      {.name = "u q" + layer, .coefficient = -1, .factors = {u, q}, .outer = dx, .target = target});
  equation.terms.push_back(
      {.name = "v q" + layer, .coefficient = -1, .factors = {v, q}, .outer = dy, .target = target});
}

}  // namespace

Semilinear barotropic(const Grid& plane, const BarotropicCoefficients& c) {
  require(plane.dimensions() == 2, "a layer lives on a plane");
  const Multiplier stream = inverse_laplacian(plane, c.inverse_radius);
  const Multiplier dx = derivative(plane, 1, 1), dy = derivative(plane, 0, 1);
  Semilinear equation{.grid = plane};
  if (c.inverse_radius == 0 && !c.flux_form) {
    equation.terms = vorticity_advection(plane, stream);
  } else {
    add_advection(equation, {.multiplier = stream}, {}, 0, "");
  }
  const auto order = 2 * static_cast<double>(c.hyperviscosity_order);
  equation.terms.push_back(linear("lap q", c.viscosity, {.multiplier = laplacian(plane)}));
  equation.terms.push_back(linear("q", -c.drag, {}));
  equation.terms.push_back(linear("lap^p q", -c.hyperviscosity, {.multiplier = wavenumber_power(plane, order)}));
  equation.terms.push_back(linear("v", -c.beta, {.multiplier = dx * stream}));
  equation.terms.push_back(linear("U q_x", -c.mean_x, {.multiplier = dx}));
  if (c.topography.size() > 0) {
    const Factor eta{.multiplier = {.name = "topography"}, .given = c.topography};
    equation.terms.push_back(
        {.name = "u eta", .coefficient = -1, .factors = {{.multiplier = -1 * (dy * stream)}, eta}, .outer = dx});
    equation.terms.push_back(
        {.name = "v eta", .coefficient = -1, .factors = {{.multiplier = dx * stream}, eta}, .outer = dy});
    equation.terms.push_back({.name = "U eta_x", .coefficient = -c.mean_x, .factors = {eta}, .outer = dx});
  }
  return equation;
}

Semilinear two_layer(const Grid& plane, const TwoLayerCoefficients& c) {
  require(plane.dimensions() == 2, "a layer lives on a plane");
  require(c.radius > 0 && c.ratio > 0, "the deformation radius and the ratio of the depths are positive");
  const double F1 = 1 / (c.radius * c.radius * (1 + c.ratio)), F2 = c.ratio * F1;
  const double shear = c.upper_velocity - c.lower_velocity;
  // (lap - F1) psi1 + F1 psi2 = q1,  F2 psi1 + (lap - F2) psi2 = q2, solved mode by mode; the mean is zero.
  const Eigen::ArrayXcd lap = laplacian(plane).symbol;
  const Eigen::ArrayXcd determinant = lap * (lap - (F1 + F2));
  const auto solved = [&](const char* name, const Eigen::ArrayXcd& numerator) {
    return named(name, (determinant != 0.0).select(numerator / determinant, 0));
  };
  const Factor psi1{.field = 0,
                    .multiplier = solved("psi11", lap - F2),
                    .plus = {{.field = 1, .multiplier = solved("psi12", Eigen::ArrayXcd::Constant(lap.size(), -F1))}}};
  const Factor psi2{.field = 0,
                    .multiplier = solved("psi21", Eigen::ArrayXcd::Constant(lap.size(), -F2)),
                    .plus = {{.field = 1, .multiplier = solved("psi22", lap - F1)}}};
  const Multiplier dx = derivative(plane, 1, 1);
  Semilinear equation{.grid = plane, .fields = 2};
  add_advection(equation, psi1, {.field = 0}, 0, "1");
  add_advection(equation, psi2, {.field = 1}, 1, "2");
  equation.terms.push_back(linear("U1 q1_x", -c.upper_velocity, {.field = 0, .multiplier = dx}, 0));
  equation.terms.push_back(linear("U2 q2_x", -c.lower_velocity, {.field = 1, .multiplier = dx}, 1));
  equation.terms.push_back(linear("v1", -(c.beta + F1 * shear), after(dx, psi1), 0));
  equation.terms.push_back(linear("v2", -(c.beta - F2 * shear), after(dx, psi2), 1));
  equation.terms.push_back(linear("lap psi2", -c.drag, after(laplacian(plane), psi2), 1));
  return equation;
}

Semilinear surface_quasigeostrophic(const Grid& plane, double buoyancy_frequency, double hyperviscosity,
                                    Index hyperviscosity_order) {
  require(plane.dimensions() == 2, "a surface lives on a plane");
  require(buoyancy_frequency > 0, "the buoyancy frequency is positive");
  Semilinear equation{.grid = plane};
  add_advection(equation, {.multiplier = (1 / buoyancy_frequency) * wavenumber_power(plane, -1)}, {}, 0, "");
  const auto order = 2 * static_cast<double>(hyperviscosity_order);
  equation.terms.push_back(linear("lap^p b", -hyperviscosity, {.multiplier = wavenumber_power(plane, order)}));
  return equation;
}

}  // namespace semiflow
