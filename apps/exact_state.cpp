// Solutions that are known in closed form, for the series of errors.
#include <cmath>
#include <numbers>
#include <string_view>
#include <utility>

#include "initial_state.hpp"

namespace semiflow {

namespace {

double coefficient(const ModelOptions& model, const char* key) {
  const auto known = model.coefficients.find(key);
  return known == model.coefficients.end() ? 0 : known->second;
}

// |k|^2 of a wave, and its wavenumber along x.
std::pair<double, double> wavenumbers(const PlaneWave& wave, const Grid& plane) {
  const double kx = 2 * std::numbers::pi * static_cast<double>(wave.harmonics[0]) / plane.axis(1).length;
  const double ky = 2 * std::numbers::pi * static_cast<double>(wave.harmonics[1]) / plane.axis(0).length;
  return {kx * kx + ky * ky, kx};
}

// Waves of one wavelength do not advect each other, because their stream function is a multiple of the vorticity: they
// are carried by the wind and by the waves of Rossby, and damped.
bool of_one_wavelength(const std::vector<PlaneWave>& waves, const Grid& plane) {
  const double first = wavenumbers(waves.front(), plane).first;
  for (const PlaneWave& wave : waves) {
    const double other = wavenumbers(wave, plane).first;
    if (other == 0 || std::abs(other - first) > 1e-13 * first) return false;
  }
  return true;
}

Eigen::VectorXd waves_of_a_flow(std::vector<PlaneWave> waves, const ModelOptions& model, double time) {
  const auto c = [&](const char* key) { return coefficient(model, key); };
  const double inverse_radius = c("inverse_radius");
  for (PlaneWave& wave : waves) {
    const auto [k2, kx] = wavenumbers(wave, model.grid);
    double damping = c("viscosity") * k2 + c("drag");
    damping += c("hyperviscosity") * std::pow(k2, c("hyperviscosity_order"));
    damping += c("hypoviscosity") * std::pow(k2, -c("hypoviscosity_order"));
    const double frequency = kx * (c("mean_x") - c("beta") / (k2 + inverse_radius * inverse_radius));
    wave.amplitude *= std::exp(-damping * time);
    wave.phase -= frequency * time;
  }
  return plane_waves(model.grid, waves);
}

bool is_a_plane_flow(const ModelOptions& model) {
  const std::string_view name = model.equation->name;
  return (name == "navier-stokes" || name == "barotropic") && coefficient(model, "kolmogorov_amplitude") == 0;
}

}  // namespace

Eigen::VectorXd exact_state(const InitialState& initial, const ModelOptions& model, double time) {
  if (!model.extra_terms.empty() || !model.forces.empty() || model.ring || model.filter.strength != 0) return {};
  InitialState later = initial;
  if (initial.shape == "soliton") {
    later.numbers["centre"] += later.numbers["speed"] * time;
    return initial_state(later, model, 1);
  }
  if (initial.shape == "two-solitons" || initial.shape == "peregrine") {
    later.numbers["time"] += time;
    return initial_state(later, model, 1);
  }
  if (!is_a_plane_flow(model)) return {};
  if (initial.shape == "taylor-green") {
    const auto n = static_cast<Index>(initial.numbers.at("harmonic"));
    const double half = initial.numbers.at("amplitude") / 2;
    later.waves = {{{.amplitude = half, .harmonics = {n, n, 0}}, {.amplitude = half, .harmonics = {n, -n, 0}}}};
  }
  if (later.waves.empty() || later.waves[0].empty() || !of_one_wavelength(later.waves[0], model.grid)) return {};
  return waves_of_a_flow(later.waves[0], model, time);
}

}  // namespace semiflow
