#include "initial_state.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/initial_states.hpp>

namespace semiflow {

namespace {

using Numbers = std::map<std::string, double>;

struct Shape {
  const char* name;
  const char* text;
  Index dimensions;  // 0 for any
  std::vector<std::pair<const char*, double>> numbers;
  // The first field, or, for a random shape, the field with the number of the draw.
  Eigen::VectorXd (*make)(const ModelOptions& model, const Numbers& numbers, std::uint64_t seed, std::uint64_t field);
  bool random = false;
};

double number(const ModelOptions& model, const char* coefficient) { return model.coefficients.at(coefficient); }

const std::vector<Shape>& shapes() {
  static const std::vector<Shape> known{
      {"kassam-trefethen",
       "cos s (1 + sin s), s = 2 pi x / length",
       0,
       {},
       [](const ModelOptions& m, const Numbers&, std::uint64_t, std::uint64_t) { return kassam_trefethen(m.grid); }},
      {"sine",
       "amplitude sin(2 pi harmonic x / length)",
       0,
       {{"amplitude", 1}, {"harmonic", 1}},
       [](const ModelOptions& m, const Numbers& n, std::uint64_t, std::uint64_t) -> Eigen::VectorXd {
         const Index last = m.grid.dimensions() - 1;
         const double k = 2 * std::numbers::pi * n.at("harmonic") / m.grid.axis(last).length;
         return n.at("amplitude") * (k * m.grid.coordinate(last)).sin();
       }},
      {"soliton",
       "of korteweg-de-vries, with its speed, at its centre",
       1,
       {{"speed", 4}, {"centre", 10}},
       [](const ModelOptions& m, const Numbers& n, std::uint64_t, std::uint64_t) {
         return soliton(m.grid, n.at("speed"), n.at("centre"), number(m, "dispersion"));
       }},
      {"taylor-green",
       "amplitude cos(harmonic x) cos(harmonic y), in units of the box",
       2,
       {{"amplitude", 4}, {"harmonic", 2}},
       [](const ModelOptions& m, const Numbers& n, std::uint64_t, std::uint64_t) {
         return taylor_green(m.grid, n.at("amplitude"), static_cast<Index>(n.at("harmonic")));
       }},
      {"double-shear",
       "the vorticity of the double shear layer of Bell, Colella & Glaz (1989)",
       2,
       {{"thickness", 30}, {"perturbation", 0.05}},
       [](const ModelOptions& m, const Numbers& n, std::uint64_t, std::uint64_t) {
         return double_shear(m.grid, n.at("thickness"), n.at("perturbation"));
       }},
      {"mcwilliams",
       "the random vorticity of McWilliams (1984), energy 1/2, with its peak wavenumber",
       2,
       {{"peak", 6}},
       [](const ModelOptions& m, const Numbers& n, std::uint64_t seed, std::uint64_t field) {
         return mcwilliams(m.grid, n.at("peak"), seed, field);
       },
       true},
      {"random-field",
       "Gaussian, with the covariance scale^2 (tau^2 - lap)^-alpha",
       0,
       {{"alpha", 2.5}, {"tau", 7}, {"scale", 130}},
       [](const ModelOptions& m, const Numbers& n, std::uint64_t seed, std::uint64_t field) {
         return gaussian_random_field(m.grid, n.at("alpha"), n.at("tau"), n.at("scale"), seed, field);
       },
       true}};
  return known;
}

const Shape& shape(const std::string& name) { return *std::ranges::find(shapes(), name, &Shape::name); }

}  // namespace

std::string list_initial_states() {
  std::string text = "initial states  ([truth.initial] shape = \"...\")\n";
  for (const Shape& known : shapes()) {
    text.append("  ").append(known.name).append("   ").append(known.text).append("\n");
    std::string keys;
    for (const auto& [key, value] : known.numbers) {
      char entry[64];
      std::snprintf(entry, sizeof entry, "%s%s = %g", keys.empty() ? "      " : ", ", key, value);
      keys += entry;
    }
    if (!keys.empty()) text.append(keys).append("\n");
  }
  return text;
}

InitialState read_initial_state(const Table& truth, const ModelOptions& model) {
  const auto table = truth.optional_table("initial");
  InitialState initial{.shape = model.grid.dimensions() == 1 ? "kassam-trefethen" : "random-field"};
  if (table) {
    std::vector<std::string_view> names;
    for (const Shape& known : shapes()) names.emplace_back(known.name);
    initial.shape = table->choice("shape", names);
  }
  const Shape& chosen = shape(initial.shape);
  if (chosen.dimensions != 0 && chosen.dimensions != model.grid.dimensions())
    throw table->error("shape", "'" + initial.shape + "' does not live on a grid of this equation",
                       "see 'semiflow list initial'");
  if (initial.shape == "soliton" && std::string(model.equation->name) != "korteweg-de-vries")
    throw table->error("shape", "a soliton needs equation = \"korteweg-de-vries\"", "choose another shape");
  for (const auto& [key, value] : chosen.numbers) initial.numbers[key] = table ? table->number(key, value) : value;
  if (table) {
    try {
      initial_state(initial, model, 1);
    } catch (const Error& problem) {
      throw table->error("shape", problem.what());
    }
    table->finish();
  }
  return initial;
}

Ensemble initial_state(const InitialState& initial, const ModelOptions& model, std::uint64_t seed) {
  const Shape& chosen = shape(initial.shape);
  const Index points = model.grid.points(), fields = std::ssize(model.equation->fields);
  Ensemble state = Ensemble::Zero(fields * points, 1);
  for (Index field = 0; field < (chosen.random ? fields : 1); ++field)
    state.col(0).segment(field * points, points) =
        chosen.make(model, initial.numbers, seed, static_cast<std::uint64_t>(field));
  return state;
}

Eigen::VectorXd exact_state(const InitialState& initial, const ModelOptions& model, double time) {
  if (!model.extra_terms.empty() || model.filter.strength != 0) return {};
  InitialState later = initial;
  if (initial.shape == "soliton") {
    later.numbers["centre"] += later.numbers["speed"] * time;
    return initial_state(later, model, 1);
  }
  const std::string equation = model.equation->name;
  if (initial.shape == "taylor-green" && equation == "navier-stokes" && model.grid.axis(0) == model.grid.axis(1) &&
      number(model, "mean_x") == 0 && number(model, "hyperviscosity") == 0 &&
      number(model, "kolmogorov_amplitude") == 0) {
    const double k = 2 * std::numbers::pi * initial.numbers.at("harmonic") / model.grid.axis(0).length;
    later.numbers["amplitude"] *= std::exp(-(2 * k * k * number(model, "viscosity") + number(model, "drag")) * time);
    return initial_state(later, model, 1);
  }
  return {};
}

}  // namespace semiflow
