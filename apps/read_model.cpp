// [model], and what [truth] shares with it.
#include <algorithm>
#include <semiflow/core/error.hpp>

#include "model.hpp"

namespace semiflow {

namespace {

const std::vector<std::pair<std::string_view, Stepping>> steppers{
    {"etdrk4", RungeKutta::etdrk4},    {"etdrk2", RungeKutta::etdrk2},    {"ifrk4", RungeKutta::ifrk4},
    {"rk4", RungeKutta::rk4},          {"ab3", LinearMultistep::ab3},     {"ab3-euler", LinearMultistep::ab3_euler},
    {"cnab2", LinearMultistep::cnab2}, {"sbdf2", LinearMultistep::sbdf2}, {"cn-euler", LinearMultistep::cn_euler}};

const std::vector<std::pair<std::string_view, Dealiasing>> dealiasings{
    {"truncation", Dealiasing::truncation}, {"padding", Dealiasing::padding}, {"none", Dealiasing::none}};

// The value that the table names, or the one that holds without it.
template <class Value>
Value named(const Table& table, const char* key, const std::vector<std::pair<std::string_view, Value>>& names,
            Value fallback) {
  if (!table.has(key)) return fallback;
  std::vector<std::string_view> words;
  for (const auto& [word, value] : names) words.push_back(word);
  const std::string word = table.choice(key, words);
  return std::ranges::find(names, word, [](const auto& name) { return name.first; })->second;
}

// "u^2 u_xx" as a term of the library; the error names the table's line.
Term library_term(const Table& table, const std::string& name, const Grid& grid, double coefficient) {
  if (grid.dimensions() != 1) throw table.error(name, "terms are added to equations on a line", "remove [model.terms]");
  for (Term& term : monomials(grid, 4, 4)) {
    if (term.name != name) continue;
    term.coefficient = coefficient;
    return term;
  }
  throw table.error(name, "the library has no term '" + name + "'", "see 'semiflow list terms'");
}

Grid read_grid(const Table& table, Index dimensions) {
  const Range range{.at_least = 4, .at_most = 1 << 24};
  const Index points = table.integer("points", range);
  const double length = table.number("length", positive);
  std::vector<Axis> axes{{points, length}};
  for (const char* axis : {"y", "z"}) {
    if (std::ssize(axes) == dimensions) break;
    const std::string suffix = std::string("_") + axis;
    axes.insert(axes.begin(),
                {table.integer("points" + suffix, points, range), table.number("length" + suffix, length, positive)});
  }
  return Grid(axes);
}

// What the table does not say stays as it is: the equation's own value, or, of [truth], that of [model].
void read_coefficients(const Table& table, ModelOptions& options) {
  for (NamedCoefficient known : options.equation->coefficients) {
    const auto before = options.coefficients.find(known.key);
    if (before != options.coefficients.end()) known.value = before->second;
    options.coefficients[known.key] = read_coefficient(table, known);
  }
}

void read_shared(const Table& table, ModelOptions& options, const std::filesystem::path& beside) {
  read_coefficients(table, options);
  options.dt = options.dt > 0 ? table.number("dt", options.dt, positive) : table.number("dt", positive);
  options.stepper = named(table, "stepper", steppers, options.stepper);
  options.dealiasing = named(table, "dealiasing", dealiasings, options.dealiasing);
  options.filter.strength = table.number("filter_strength", options.filter.strength, non_negative);
  if (const auto terms = table.optional_table("terms")) {
    options.extra_terms.clear();
    for (const std::string& name : terms->keys())
      options.extra_terms.push_back(library_term(*terms, name, options.grid, terms->number(name)));
    terms->finish();
  }
  read_forcing(table, options, beside);
}

}  // namespace

double read_coefficient(const Table& table, const NamedCoefficient& known) {
  if (!known.whole) return table.number(known.key, known.value);
  const Range range{.at_least = 1, .at_most = 1e6};
  return static_cast<double>(table.integer(known.key, static_cast<Index>(known.value), range));
}

// An ordinary model has no grid but the line of its numbers.
void read_ordinary(const Table& table, ModelOptions& options) {
  read_coefficients(table, options);
  options.dt = options.dt > 0 ? table.number("dt", options.dt, positive) : table.number("dt", positive);
  try {
    const OrdinaryModel model = options.equation->make_ordinary(options.coefficients, options.dt);
    const Index size = std::visit([](const auto& some) { return some.state_size(); }, model);
    options.grid = Grid({{size, static_cast<double>(size)}});
  } catch (const Error& problem) {
    throw table.error("equation", problem.what());
  }
}

ModelOptions read_model(const Table& table, const std::filesystem::path& beside) {
  std::vector<std::string_view> names;
  for (const NamedEquation& equation : named_equations()) names.emplace_back(equation.name);
  const std::string name = table.choice("equation", names);
  ModelOptions model;
  model.equation = &*std::ranges::find(named_equations(), name, &NamedEquation::name);
  if (model.equation->make_ordinary) {
    read_ordinary(table, model);
    table.finish();
    return model;
  }
  model.grid = read_grid(table, model.equation->dimensions);
  model.cutoff = table.number("cutoff", model.cutoff, positive);
  read_shared(table, model, beside);
  if (model.ring)
    throw table.error("forcing", "random forcing is a matter of the truth; a model of [model] is deterministic",
                      "move it to [truth.forcing]");
  table.finish();
  return model;
}

ModelOptions read_truth_model(const Table& table, const ModelOptions& model, const std::filesystem::path& beside) {
  ModelOptions truth = model;
  if (model.equation->make_ordinary) {
    read_ordinary(table, truth);
    if (truth.state_size() != model.state_size())
      throw table.error("points",
                        "the truth has " + std::to_string(truth.state_size()) + " numbers, the model " +
                            std::to_string(model.state_size()),
                        "set the size in [model]");
    return truth;
  }
  truth.extra_terms.clear();
  if (table.has("forcing")) {
    truth.forces.clear();
    truth.forcing_file.clear();
  }
  truth.cutoff = std::numeric_limits<double>::infinity();
  // A finer grid in the same box.
  const char* const points[] = {"points", "points_y", "points_z"};
  std::vector<Axis> axes;
  for (Index d = 0; d < model.grid.dimensions(); ++d) {
    Axis axis = model.grid.axis(d);
    axis.points = table.integer(points[model.grid.dimensions() - 1 - d], axis.points,
                                Range{.at_least = static_cast<double>(axis.points), .at_most = 1 << 24});
    axes.push_back(axis);
  }
  truth.grid = Grid(axes);
  if (!(truth.grid == model.grid) && !model.forces.empty() && !table.has("forcing"))
    throw table.error("points", "the force of [model.forcing] belongs to the model's grid",
                      "give [truth.forcing], or the same points");
  read_shared(table, truth, beside);
  return truth;
}

}  // namespace semiflow
