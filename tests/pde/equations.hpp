#pragma once
#include <semiflow/core/random.hpp>
#include <semiflow/pde/kuramoto_sivashinsky.hpp>
#include <semiflow/pde/line_equations.hpp>
#include <semiflow/pde/navier_stokes.hpp>
#include <semiflow/pde/quasigeostrophic.hpp>
#include <semiflow/pde/spectral_model.hpp>
#include <string>

namespace semiflow {

struct Case {
  std::string name;
  Semilinear equation;
  double dt;
};

inline Grid plane(Index ny, Index nx) { return Grid({{ny, 5.0}, {nx, 7.0}}); }

// Every equation, on sizes that are odd, even and not square, with all its terms.
inline std::vector<Case> every_equation() {
  const Grid even({{32, 22.0}}), odd({{27, 11.0}});
  Semilinear padded = kuramoto_sivashinsky(even), aliased = padded, cut = padded;
  padded.dealiasing = Dealiasing::padding;
  aliased.dealiasing = Dealiasing::none;
  cut.cutoff = 2;
  const Grid p = plane(12, 10);
  const Eigen::VectorXd eta = (2 * 3.141592653589793 / 7 * p.coordinate(1)).cos();
  return {
      {"kuramoto-sivashinsky", kuramoto_sivashinsky(even), 0.1},
      {"kuramoto-sivashinsky, odd", kuramoto_sivashinsky(odd, {.dispersion = 0.3}), 0.05},
      {"kuramoto-sivashinsky, padded", padded, 0.1},
      {"kuramoto-sivashinsky, aliased", aliased, 0.1},
      {"kuramoto-sivashinsky, cut off", cut, 0.1},
      {"with u^2 u_x and u^4 u_xx", kuramoto_sivashinsky(odd) + monomial(odd, 2, 1, 0.1) + monomial(odd, 4, 2, 0.01),
       0.02},
      {"burgers", burgers(odd, 0.1), 0.05},
      {"korteweg-de vries", korteweg_de_vries(even, 0.2), 0.02},
      {"nonlinear schroedinger", nonlinear_schroedinger(odd, 0.3, -0.8), 0.02},
      {"allen-cahn", allen_cahn(p, 0.1), 0.1},
      {"navier-stokes",
       navier_stokes(plane(12, 10), {.viscosity = 0.01, .drag = 0.1, .hyperviscosity = 1e-4, .mean_x = 0.3}), 0.05},
      {"navier-stokes, odd", navier_stokes(plane(9, 15), {.viscosity = 0.01}), 0.05},
      {"barotropic",
       barotropic(
           p, {.beta = 0.7, .inverse_radius = 0.9, .mean_x = 0.2, .viscosity = 0.01, .drag = 0.1, .topography = eta}),
       0.05},
      {"two-layer",
       two_layer(
           p, {.beta = 0.5, .radius = 1.2, .ratio = 0.5, .upper_velocity = 0.3, .lower_velocity = -0.1, .drag = 0.2}),
       0.05},
      {"two-layer jet", two_layer_jet(plane(10, 9), {.hyperdiffusion = 1e-4, .jet_width = 0.8}), 0.02},
      {"surface quasigeostrophic",
       surface_quasigeostrophic(
           plane(10, 9), {.buoyancy_frequency = 2, .depth = 0.4, .hyperviscosity = 1e-4, .hyperviscosity_order = 2}),
       0.05},
      {"navier-stokes 3d", navier_stokes_3d(Grid({{6, 5.0}, {8, 6.0}, {7, 7.0}}), 0.05), 0.05}};
}

// Smooth states of size one that the model keeps as they are: no mode beyond its cutoff.
inline Ensemble random_states(const Semilinear& equation, Index count, std::uint64_t seed) {
  Ensemble states(equation.state_size(), count);
  for (Index j = 0; j < count; ++j)
    states.col(j) = standard_normal(states.rows(), {.seed = seed, .purpose = 0, .item = static_cast<std::uint64_t>(j)});
  Fft fft(equation.grid);
  Spectrum modes(equation.fields * equation.grid.modes(), count);
  fft.forward(states, modes);
  Eigen::ArrayXd square = Eigen::ArrayXd::Zero(equation.grid.modes());
  for (Index d = 0; d < equation.grid.dimensions(); ++d) square += equation.grid.harmonic(d).square();
  for (Index f = 0; f < equation.fields; ++f)
    modes.middleRows(f * square.size(), square.size()).array().colwise() *= (-square / 8).exp() * equation.kept_modes();
  fft.inverse(modes, states);
  return states / states.norm() * std::sqrt(static_cast<double>(states.size()));
}

}  // namespace semiflow
