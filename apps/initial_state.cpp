#include "initial_state.hpp"

#include <algorithm>
#include <numbers>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/navier_stokes.hpp>
#include <string_view>
#include <utility>

#include "field_file.hpp"

namespace semiflow {

namespace {

using Numbers = std::map<std::string, double>;

struct Shape {
  const char* name;
  const char* text;
  Index dimensions;  // 0 for any
  std::vector<NamedCoefficient> numbers;
  // The first field, or the whole state, or, for a random shape, the field with the number of the draw; none for waves.
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
       {{"amplitude", 1}, {"harmonic", 1, true}},
       [](const ModelOptions& m, const Numbers& n, std::uint64_t, std::uint64_t) -> Eigen::VectorXd {
         const Index last = m.grid.dimensions() - 1;
         require(2 * n.at("harmonic") <= static_cast<double>(m.grid.axis(last).points),
                 "the harmonic is at most half the points");
         const double k = 2 * std::numbers::pi * n.at("harmonic") / m.grid.axis(last).length;
         return n.at("amplitude") * (k * m.grid.coordinate(last)).sin();
       }},
      {"waves",
       "sum of amplitude cos(2 pi (x X / length + y Y / length_y + z Z / length_z) + phase)\n"
       "      wave = [{ field = the first, amplitude = 1, x = 0, y = 0, z = 0, phase = 0 }, ...], x, y, z integers",
       0,
       {},
       nullptr},
      {"values", "numbers = [...], the first entries of the state; the others are the rest", 1, {{"rest", 0}}, nullptr},
      {"soliton",
       "of korteweg-de-vries, with its speed, at its centre",
       1,
       {{"speed", 4}, {"centre", 10}},
       [](const ModelOptions& m, const Numbers& n, std::uint64_t, std::uint64_t) {
         return soliton(m.grid, n.at("speed"), n.at("centre"), number(m, "dispersion"));
       }},
      {"two-solitons",
       "of korteweg-de-vries, with their wavenumbers, at a time before (< 0) their collision at the centre",
       1,
       {{"wavenumber_1", 1.5}, {"wavenumber_2", 1}, {"centre", 60}, {"time", -20}},
       [](const ModelOptions& m, const Numbers& n, std::uint64_t, std::uint64_t) {
         return two_solitons(m.grid, {n.at("wavenumber_1"), n.at("wavenumber_2")}, n.at("centre"), n.at("time"),
                             number(m, "dispersion"));
       }},
      {"peregrine",
       "breather of nonlinear-schroedinger at a time before (< 0) its height at the centre",
       1,
       {{"centre", 0}, {"time", -8}},
       [](const ModelOptions& m, const Numbers& n, std::uint64_t, std::uint64_t) {
         return peregrine(m.grid, n.at("centre"), n.at("time"), number(m, "dispersion"), number(m, "focusing"));
       }},
      {"taylor-green",
       "amplitude cos(harmonic x) cos(harmonic y), in units of the box",
       2,
       {{"amplitude", 4}, {"harmonic", 2, true}},
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
      {"lamb-dipole",
       "a vorticity that moves along x with its speed, in the middle of the box",
       2,
       {{"speed", 1}, {"radius", 0.3141592653589793}},
       [](const ModelOptions& m, const Numbers& n, std::uint64_t, std::uint64_t) {
         return lamb_dipole(m.grid, n.at("speed"), n.at("radius"));
       }},
      {"mcwilliams",
       "the random vorticity of McWilliams (1984), energy 1/2, with its peak wavenumber |k|",
       2,
       {{"peak", 6}},
       [](const ModelOptions& m, const Numbers& n, std::uint64_t seed, std::uint64_t field) {
         return mcwilliams(m.grid, n.at("peak"), seed, field);
       },
       true},
      {"random-field",
       "Gaussian, with the covariance scale^2 (tau^2 - lap)^-alpha; of a velocity its divergence-free part",
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
    for (const auto& [key, value, whole] : known.numbers) {
      char entry[64];
      std::snprintf(entry, sizeof entry, "%s%s = %g", keys.empty() ? "      " : ", ", key, value);
      keys += entry;
    }
    if (!keys.empty()) text.append(keys).append("\n");
  }
  text +=
      "  file = \"my.nc\", variable = \"u\" instead of shape: your own, of the shape of the grid (variables = [...] "
      "of\n"
      "      several fields); frame = 0 of a record, -1 the last\n";
  return text;
}

namespace {

// Checks what the shape asks of the grid and the equation.
void check_shape(const Table& table, const Shape& chosen, const ModelOptions& model) {
  const std::string name = chosen.name;
  if (chosen.dimensions != 0 && chosen.dimensions != model.grid.dimensions())
    throw table.error("shape", "'" + name + "' does not live on a grid of this equation",
                      "see 'semiflow list initial'");
  for (const auto& [shape, equation] : {std::pair{"soliton", "korteweg-de-vries"},
                                        {"two-solitons", "korteweg-de-vries"},
                                        {"peregrine", "nonlinear-schroedinger"}})
    if (name == shape && std::string_view(model.equation->name) != equation)
      throw table.error("shape", "'" + name + "' needs equation = \"" + equation + "\"", "choose another shape");
}

// The table "wave": plane waves for every field.
std::vector<std::vector<PlaneWave>> read_waves(const Table& table, const ModelOptions& model) {
  const std::vector<const char*>& fields = model.equation->fields;
  const std::vector<std::string_view> names(fields.begin(), fields.end());
  const char* const axes[] = {"x", "y", "z"};
  std::vector<std::vector<PlaneWave>> waves(fields.size());
  const std::vector<Table> entries = table.tables("wave");
  if (entries.empty()) throw table.error("wave", "'waves' needs wave = [{ amplitude = ..., x = ... }, ...]");
  for (const Table& entry : entries) {
    PlaneWave wave{.amplitude = entry.number("amplitude", 1.0), .phase = entry.number("phase", 0.0)};
    for (Index axis = 0; axis < model.grid.dimensions(); ++axis) {
      // Beyond half the points a wave would be taken for a longer one.
      const Index d = model.grid.dimensions() - 1 - axis;
      const auto largest = static_cast<double>(model.grid.axis(d).points / 2);
      wave.harmonics[static_cast<std::size_t>(axis)] =
          entry.integer(axes[axis], 0, Range{.at_least = -largest, .at_most = largest});
    }
    const std::string field = entry.choice("field", names, std::string(names.front()));
    entry.finish();
    waves[static_cast<std::size_t>(std::ranges::find(names, field) - names.begin())].push_back(wave);
  }
  return waves;
}

void read_named(const Table& table, InitialState& initial, const ModelOptions& model) {
  std::vector<std::string_view> names;
  for (const Shape& known : shapes()) names.emplace_back(known.name);
  initial.shape = table.choice("shape", names);
  const Shape& chosen = shape(initial.shape);
  check_shape(table, chosen, model);
  for (const NamedCoefficient& known : chosen.numbers) initial.numbers[known.key] = read_coefficient(table, known);
  if (initial.shape == "waves") initial.waves = read_waves(table, model);
  if (initial.shape == "values") {
    initial.values = table.numbers("numbers", model.equation->initial);
    if (std::ssize(initial.values) > model.state_size())
      throw table.error("numbers", "more numbers than the " + std::to_string(model.state_size()) + " of a state");
  }
  try {
    initial_state(initial, model, 1);
  } catch (const Error& problem) {
    throw table.error("shape", problem.what());
  }
}

}  // namespace

InitialState read_initial_state(const Table& truth, const ModelOptions& model, const std::filesystem::path& beside) {
  InitialState initial{.shape = model.equation->make_ordinary  ? "values"
                                : model.grid.dimensions() == 1 ? "kassam-trefethen"
                                                               : "random-field",
                       .values = model.equation->initial};
  const auto table = truth.optional_table("initial");
  if (!table) {
    for (const NamedCoefficient& known : shape(initial.shape).numbers) initial.numbers[known.key] = known.value;
    return initial;
  }
  if (table->has("file")) {
    initial.shape.clear();
    initial.file = field_file(*table, beside);
    initial.from_file = read_field_file(*table, beside, model.grid, model.equation->fields);
    try {
      initial_state(initial, model, 1);
    } catch (const Error& problem) {
      throw table->error("file", problem.what());
    }
  } else {
    read_named(*table, initial, model);
  }
  table->finish();
  return initial;
}

namespace {

// A velocity of incompressible flow: what is drawn at random is projected, any other state must be free of divergence.
Ensemble incompressible(const Ensemble& velocity, bool random, const Grid& box) {
  const Ensemble projected = without_divergence(box, velocity);
  if (random) return projected;
  if ((projected - velocity).norm() > 1e-6 * velocity.norm())
    throw Error(Fault::input, {}, "the initial velocity has a divergence",
                "give fields with u_x + v_y + w_z = 0, or take shape = \"random-field\", which is projected");
  return velocity;
}

}  // namespace

bool is_velocity(const ModelOptions& model) { return std::string_view(model.equation->name) == "navier-stokes-3d"; }

bool is_random(const InitialState& initial) { return initial.from_file.size() == 0 && shape(initial.shape).random; }

Ensemble initial_state(const InitialState& initial, const ModelOptions& model, std::uint64_t seed, std::uint64_t draw) {
  if (initial.from_file.size() > 0)
    return is_velocity(model) ? incompressible(initial.from_file, false, model.grid) : Ensemble(initial.from_file);
  const Shape& chosen = shape(initial.shape);
  const Index points = model.grid.points(), fields = std::ssize(model.equation->fields);
  Ensemble state = Ensemble::Zero(fields * points, 1);
  if (initial.shape == "values") {
    state.setConstant(initial.numbers.at("rest"));
    state.col(0).head(std::ssize(initial.values)) =
        Eigen::Map<const Eigen::VectorXd>(initial.values.data(), std::ssize(initial.values));
  }
  for (Index field = 0; field < std::ssize(initial.waves); ++field)
    state.col(0).segment(field * points, points) =
        plane_waves(model.grid, initial.waves[static_cast<std::size_t>(field)]);
  for (Index field = 0; chosen.make != nullptr && field < (chosen.random ? fields : 1); ++field) {
    const Eigen::VectorXd made = chosen.make(
        model, initial.numbers, seed, draw * static_cast<std::uint64_t>(fields) + static_cast<std::uint64_t>(field));
    state.col(0).segment(field * points, made.size()) = made;
  }
  return is_velocity(model) ? incompressible(state, chosen.random, model.grid) : state;
}

}  // namespace semiflow
