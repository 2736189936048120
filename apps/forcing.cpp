// [model.forcing] and [truth.forcing]: steady forces.
#include <algorithm>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/forces.hpp>

#include "field_file.hpp"
#include "model.hpp"

namespace semiflow {

namespace {

struct Shape {
  const char* name;
  const char* text;
  double amplitude;
  Index harmonic;
  bool of_vorticity;  // a force of the velocity, which enters by its curl
  Term (*make)(const Grid& grid, double amplitude, Index harmonic);
};

constexpr Shape shapes[] = {
    {"kolmogorov", "amplitude sin(harmonic 2 pi y / length_y) along x, of a flow", 1, 4, true, kolmogorov_force},
    {"diagonal", "amplitude (sin s + cos s), s = 2 pi harmonic (x / length + y / length_y), of the first field", 0.1, 1,
     false, diagonal_force}};

constexpr const char* ring = "ring";

// An equation of one potential vorticity, whose energy the forcing can know.
bool has_energy(const NamedEquation& equation) {
  return equation.vorticity || std::string_view(equation.name) == "barotropic";
}

RingForcing ring_forcing(const Table& table, const ModelOptions& options) {
  if (!has_energy(*options.equation))
    throw table.error("shape", "'ring' forces a vorticity with an energy, which this equation does not have",
                      "use equation = \"navier-stokes\" or \"barotropic\"");
  const auto radius = options.coefficients.find("inverse_radius");
  return {.injection = table.number("injection", positive),
          .wavenumber = table.number("wavenumber", positive),
          .half_width = table.number("half_width", positive),
          .correlation_time = table.number("correlation_time", 0.0, non_negative),
          .inverse_radius = radius == options.coefficients.end() ? 0 : radius->second};
}

Term named_force(const Table& table, const std::string& name, const ModelOptions& options) {
  const Shape& shape = *std::ranges::find(shapes, name, &Shape::name);
  if (options.grid.dimensions() != 2)
    throw table.error("shape", "'" + name + "' does not live on a grid of this equation",
                      "see 'semiflow list forcing'");
  if (shape.of_vorticity && !options.equation->vorticity)
    throw table.error("shape", "'" + name + "' forces a vorticity, which this equation does not have",
                      "use equation = \"navier-stokes\"");
  const double amplitude = table.number("amplitude", shape.amplitude);
  const Index harmonic = table.integer("harmonic", shape.harmonic, Range{.at_least = 1, .at_most = 1e6});
  try {
    return shape.make(options.grid, amplitude, harmonic);
  } catch (const Error& problem) {
    throw table.error("harmonic", problem.what());
  }
}

}  // namespace

void read_forcing(const Table& model, ModelOptions& options, const std::filesystem::path& beside) {
  options.forcing_file.clear();
  const auto table = model.optional_table("forcing");
  if (!table) return;
  if (table->has("file")) {
    options.forcing_file = field_file(*table, beside);
    const auto& fields = options.equation->fields;
    const Eigen::VectorXd values = read_field_file(*table, beside, options.grid, fields);
    const Index points = options.grid.points();
    for (Index field = 0; field < std::ssize(fields); ++field)
      options.forces.push_back(steady_force(std::string("force on ") + fields[static_cast<std::size_t>(field)],
                                            values.segment(field * points, points), field));
    table->finish();
    return;
  }
  std::vector<std::string_view> names;
  for (const Shape& known : shapes) names.emplace_back(known.name);
  names.emplace_back(ring);
  const std::string name = table->choice("shape", names);
  if (name == ring) {
    options.ring = ring_forcing(*table, options);
  } else {
    options.forces.push_back(named_force(*table, name, options));
  }
  table->finish();
}

std::string list_forcings() {
  std::string text = "forcing  ([model.forcing] and [truth.forcing] shape = \"...\")\n";
  for (const Shape& shape : shapes) {
    char keys[64];
    std::snprintf(keys, sizeof keys, "      amplitude = %g, harmonic = %d\n", shape.amplitude,
                  static_cast<int>(shape.harmonic));
    text.append("  ").append(shape.name).append("   ").append(shape.text).append("\n").append(keys);
  }
  return text +
         "  ring   [truth.forcing] alone: random, on the ring of |k| within half_width of wavenumber, of a vorticity\n"
         "      injection: mean rate of energy; wavenumber, half_width; correlation_time = 0, which is white noise\n"
         "  file = \"my.nc\", variable = \"f\" instead of shape: your own, of the shape of the grid (variables = [...] "
         "of\n"
         "      several fields); frame = 0 of a record, -1 the last\n";
}

}  // namespace semiflow
