#include "model.hpp"

#include <limits>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/forces.hpp>
#include <semiflow/pde/kuramoto_sivashinsky.hpp>
#include <semiflow/pde/line_equations.hpp>
#include <semiflow/pde/navier_stokes.hpp>
#include <semiflow/pde/quasigeostrophic.hpp>

namespace semiflow {

namespace {

Index whole(const Coefficients& coefficients, const char* key) { return static_cast<Index>(coefficients.at(key)); }

}  // namespace

const std::vector<NamedEquation>& named_equations() {
  static const std::vector<NamedEquation> equations{
      {.name = "kuramoto-sivashinsky",
       .formula = "u_t = - advection u u_x - antidiffusion u_xx - hyperdiffusion u_xxxx - dispersion u_xxx",
       .dimensions = 1,
       .fields = {"u"},
       .coefficients = {{"advection", 1}, {"antidiffusion", 1}, {"hyperdiffusion", 1}, {"dispersion", 0}},
       .make =
           [](const Grid& grid, const Coefficients& c) {
             return kuramoto_sivashinsky(grid, {.advection = c.at("advection"),
                                                .antidiffusion = c.at("antidiffusion"),
                                                .hyperdiffusion = c.at("hyperdiffusion"),
                                                .dispersion = c.at("dispersion")});
           }},
      {.name = "burgers",
       .formula = "u_t = - u u_x + viscosity u_xx",
       .dimensions = 1,
       .fields = {"u"},
       .coefficients = {{"viscosity", 0.01}},
       .make = [](const Grid& grid, const Coefficients& c) { return burgers(grid, c.at("viscosity")); }},
      {.name = "korteweg-de-vries",
       .formula = "u_t = - u u_x - dispersion u_xxx",
       .dimensions = 1,
       .fields = {"u"},
       .coefficients = {{"dispersion", 1}},
       .make = [](const Grid& grid, const Coefficients& c) { return korteweg_de_vries(grid, c.at("dispersion")); }},
      {.name = "nonlinear-schroedinger",
       .formula = "psi_t = i (dispersion psi_xx + focusing |psi|^2 psi), psi = a + i b",
       .dimensions = 1,
       .fields = {"a", "b"},
       .coefficients = {{"dispersion", 0.5}, {"focusing", 1}},
       .make =
           [](const Grid& grid, const Coefficients& c) {
             return nonlinear_schroedinger(grid, c.at("dispersion"), c.at("focusing"));
           }},
      {.name = "allen-cahn",
       .formula = "u_t = diffusion lap u + u - u^3",
       .dimensions = 2,
       .fields = {"u"},
       .coefficients = {{"diffusion", 0.01}},
       .make = [](const Grid& grid, const Coefficients& c) { return allen_cahn(grid, c.at("diffusion")); }},
      {.name = "navier-stokes",
       .formula = "w_t = - u . grad w + viscosity lap w - drag w - hyperviscosity (-lap)^hyperviscosity_order w "
                  "- hypoviscosity (-lap)^-hypoviscosity_order w - mean_x w_x + force",
       .dimensions = 2,
       .fields = {"vorticity"},
       .coefficients = {{"viscosity", 0},
                        {"drag", 0},
                        {"hyperviscosity", 0},
                        {"hyperviscosity_order", 4, true},
                        {"hypoviscosity", 0},
                        {"hypoviscosity_order", 1, true},
                        {"mean_x", 0},
                        {"kolmogorov_amplitude", 0},
                        {"kolmogorov_harmonic", 4, true}},
       .make =
           [](const Grid& grid, const Coefficients& c) {
             Semilinear equation = navier_stokes(grid, {.viscosity = c.at("viscosity"),
                                                        .drag = c.at("drag"),
                                                        .hyperviscosity = c.at("hyperviscosity"),
                                                        .hyperviscosity_order = whole(c, "hyperviscosity_order"),
                                                        .hypoviscosity = c.at("hypoviscosity"),
                                                        .hypoviscosity_order = whole(c, "hypoviscosity_order"),
                                                        .mean_x = c.at("mean_x")});
             return c.at("kolmogorov_amplitude") == 0 ? equation
                                                      : equation + kolmogorov_force(grid, c.at("kolmogorov_amplitude"),
                                                                                    whole(c, "kolmogorov_harmonic"));
           },
       .vorticity = true},
      {.name = "navier-stokes-3d",
       .formula = "u_t = P (u x curl u) + viscosity lap u",
       .dimensions = 3,
       .fields = {"u", "v", "w"},
       .coefficients = {{"viscosity", 0.01}},
       .make = [](const Grid& grid, const Coefficients& c) { return navier_stokes_3d(grid, c.at("viscosity")); }},
      {.name = "barotropic",
       .formula = "q_t = - u . grad q - beta v - mean_x q_x + viscosity lap q - drag q "
                  "- hyperviscosity (-lap)^hyperviscosity_order q, q = lap psi - inverse_radius^2 psi",
       .dimensions = 2,
       .fields = {"q"},
       .coefficients = {{"beta", 0},
                        {"inverse_radius", 0},
                        {"mean_x", 0},
                        {"viscosity", 0},
                        {"drag", 0},
                        {"hyperviscosity", 0},
                        {"hyperviscosity_order", 4, true}},
       .make =
           [](const Grid& grid, const Coefficients& c) {
             return barotropic(grid, {.beta = c.at("beta"),
                                      .inverse_radius = c.at("inverse_radius"),
                                      .mean_x = c.at("mean_x"),
                                      .viscosity = c.at("viscosity"),
                                      .drag = c.at("drag"),
                                      .hyperviscosity = c.at("hyperviscosity"),
                                      .hyperviscosity_order = whole(c, "hyperviscosity_order"),
                                      .flux_form = true});
           }},
      {.name = "two-layer",
       .formula = "the two-layer model of Phillips with a sheared flow, as in pyqg",
       .dimensions = 2,
       .fields = {"q1", "q2"},
       .coefficients = {{"beta", 1.5e-11},
                        {"radius", 15e3},
                        {"ratio", 0.25},
                        {"upper_velocity", 0.025},
                        {"lower_velocity", 0},
                        {"drag", 5.787e-7}},
       .make =
           [](const Grid& grid, const Coefficients& c) {
             return two_layer(grid, {.beta = c.at("beta"),
                                     .radius = c.at("radius"),
                                     .ratio = c.at("ratio"),
                                     .upper_velocity = c.at("upper_velocity"),
                                     .lower_velocity = c.at("lower_velocity"),
                                     .drag = c.at("drag")});
           }},
      {.name = "two-layer-jet",
       .formula = "two layers relaxed to a jet, with a sponge at the edge in y (Mojgani et al. 2024, MEDIDA)",
       .dimensions = 2,
       .fields = {"q1", "q2"},
       .coefficients = {{"beta", 0.196},
                        {"advection", 1},
                        {"relaxation", 0.01},
                        {"jet", 1},
                        {"drag", 0.07},
                        {"hyperdiffusion", 1e-6},
                        {"jet_velocity", 1},
                        {"jet_width", 3.5},
                        {"sponge", 1}},
       .make =
           [](const Grid& grid, const Coefficients& c) {
             return two_layer_jet(grid, {.beta = c.at("beta"),
                                         .advection = c.at("advection"),
                                         .relaxation = c.at("relaxation"),
                                         .jet = c.at("jet"),
                                         .drag = c.at("drag"),
                                         .hyperdiffusion = c.at("hyperdiffusion"),
                                         .jet_velocity = c.at("jet_velocity"),
                                         .jet_width = c.at("jet_width"),
                                         .sponge = c.at("sponge")});
           }},
      {.name = "surface-quasigeostrophic",
       .formula = "b_t = - u . grad b - hyperviscosity (-lap)^hyperviscosity_order b, "
                  "psi = b / (N |k| tanh(N |k| depth)), N = buoyancy_frequency",
       .dimensions = 2,
       .fields = {"b"},
       .coefficients = {{"buoyancy_frequency", 1},
                        {"depth", std::numeric_limits<double>::infinity()},
                        {"hyperviscosity", 0},
                        {"hyperviscosity_order", 4, true}},
       .make =
           [](const Grid& grid, const Coefficients& c) {
             return surface_quasigeostrophic(grid, {.buoyancy_frequency = c.at("buoyancy_frequency"),
                                                    .depth = c.at("depth"),
                                                    .hyperviscosity = c.at("hyperviscosity"),
                                                    .hyperviscosity_order = whole(c, "hyperviscosity_order")});
           }},
      {.name = "lorenz-63",
       .formula = "x_t = sigma (y - x), y_t = rho x - y - x z, z_t = x y - beta z",
       .dimensions = 1,
       .fields = {"u"},
       .coefficients = {{"sigma", 10}, {"rho", 28}, {"beta", 8. / 3}},
       .make_ordinary = [](const Coefficients& c, double dt) -> OrdinaryModel {
         return RungeKutta4(Lorenz63{.sigma = c.at("sigma"), .rho = c.at("rho"), .beta = c.at("beta")}, dt);
       },
       .initial = {1.509, -1.531, 25.46}},
      {.name = "lorenz-96",
       .formula = "u_i,t = (u_i+1 - u_i-2) u_i-1 - u_i + forcing",
       .dimensions = 1,
       .fields = {"u"},
       .coefficients = {{"points", 40, true}, {"forcing", 8}},
       .make_ordinary = [](const Coefficients& c, double dt) -> OrdinaryModel {
         return RungeKutta4(Lorenz96{.points = whole(c, "points"), .forcing = c.at("forcing")}, dt);
       },
       .initial = {1}},
      {.name = "lorenz-96-two-scale",
       .formula = "slow and fast numbers [X of every sector, Y of all sectors] of Lorenz (1996)",
       .dimensions = 1,
       .fields = {"u"},
       .coefficients = {{"sectors", 8, true},
                        {"per_sector", 32, true},
                        {"forcing", 20},
                        {"coupling", 1},
                        {"space_ratio", 10},
                        {"time_ratio", 10}},
       .make_ordinary = [](const Coefficients& c, double dt) -> OrdinaryModel {
         return RungeKutta4(TwoScaleLorenz{.sectors = whole(c, "sectors"),
                                           .per_sector = whole(c, "per_sector"),
                                           .forcing = c.at("forcing"),
                                           .coupling = c.at("coupling"),
                                           .space_ratio = c.at("space_ratio"),
                                           .time_ratio = c.at("time_ratio")},
                            dt);
       },
       .initial = {1}},
      {.name = "linear-advection",
       .formula = "every step shifts the numbers by so many places and multiplies them by the damping",
       .dimensions = 1,
       .fields = {"u"},
       .coefficients = {{"points", 1000, true}, {"shift", 1, true}, {"damping", 1}},
       .make_ordinary = [](const Coefficients& c, double dt) -> OrdinaryModel {
         return LinearAdvection(
             {.points = whole(c, "points"), .shift = whole(c, "shift"), .damping = c.at("damping"), .dt = dt});
       },
       .initial = {1}}};
  return equations;
}

Semilinear equation(const ModelOptions& options) {
  Semilinear equation =
      options.equation->make(options.grid, options.coefficients) + options.extra_terms + options.forces;
  equation.cutoff = options.cutoff;
  equation.dealiasing = options.dealiasing;
  equation.filter = options.filter;
  return equation;
}

SpectralModel spectral_model(const ModelOptions& options, const Execution& execution) {
  return {equation(options), options.dt, options.stepper, execution};
}

}  // namespace semiflow
