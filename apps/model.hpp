#pragma once
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <semiflow/core/configuration.hpp>
#include <semiflow/pde/linear_advection.hpp>
#include <semiflow/pde/lorenz.hpp>
#include <semiflow/pde/stochastic_model.hpp>
#include <string>
#include <variant>
#include <vector>

namespace semiflow {

using Coefficients = std::map<std::string, double>;

/// A coefficient that an experiment file can set.
struct NamedCoefficient {
  const char* key;
  double value;        ///< unless the file says otherwise
  bool whole = false;  ///< an order or a harmonic: an integer, at least 1
};

/// What the table says, or the value that is known. Throws Error with the line if it is of the wrong kind.
double read_coefficient(const Table& table, const NamedCoefficient& known);

/// A model of a few numbers, without a partial differential equation.
using OrdinaryModel =
    std::variant<RungeKutta4<Lorenz63>, RungeKutta4<Lorenz96>, RungeKutta4<TwoScaleLorenz>, LinearAdvection>;

/// An equation that an experiment file can name, of which make is set, or make_ordinary. The numbers of an ordinary
/// model lie on a line at unit distance.
struct NamedEquation {
  const char* name;
  const char* formula;
  Index dimensions;  ///< 0 for a grid of any
  std::vector<const char*> fields;
  std::vector<NamedCoefficient> coefficients;  ///< keys of [model]
  Semilinear (*make)(const Grid& grid, const Coefficients& coefficients) = nullptr;
  bool vorticity = false;  ///< the first field is the vorticity of a plane flow, with an energy and an enstrophy
  OrdinaryModel (*make_ordinary)(const Coefficients& coefficients, double dt) = nullptr;
  std::vector<double> initial{};  ///< what an ordinary model starts from unless the file says otherwise; then zeros
};
const std::vector<NamedEquation>& named_equations();

/// [model] and [truth]: an equation on a grid and how it is stepped.
struct ModelOptions {
  const NamedEquation* equation = nullptr;
  Grid grid{{{128, 1.0}}};
  Coefficients coefficients{};
  std::vector<Term> extra_terms{};       ///< [model.terms]: "u^2 u_x" = 0.1
  std::vector<Term> forces{};            ///< [model.forcing]
  std::filesystem::path forcing_file{};  ///< of [model.forcing]; empty if there is none
  std::optional<RingForcing> ring{};     ///< random forcing, of [truth] alone; its seed is that of the experiment
  double dt = 0;
  Stepping stepper = RungeKutta::etdrk4;
  Dealiasing dealiasing = Dealiasing::truncation;
  ExponentialFilter filter{};
  double cutoff = std::numeric_limits<double>::infinity();

  Index state_size() const { return std::ssize(equation->fields) * grid.points(); }
};

/// [model], whole. A relative file lies in the folder beside.
ModelOptions read_model(const Table& table, const std::filesystem::path& beside);
/// The keys that [truth] shares with [model], whose values hold where [truth] has none; but for the cutoff and the terms,
/// which are what a model adds. The rest of the table is the caller's.
ModelOptions read_truth_model(const Table& table, const ModelOptions& model, const std::filesystem::path& beside);

/// Adds the steady force of the sub-table "forcing", if there is one, to the extra terms: a named one, or the fields of a
/// file. A random one is set as options.ring.
void read_forcing(const Table& model, ModelOptions& options, const std::filesystem::path& beside);
/// The forces that an experiment file can name, with their keys, for 'semiflow list'.
std::string list_forcings();

/// The partial differential equation of the options.
Semilinear equation(const ModelOptions& options);
/// A model that solves it.
SpectralModel spectral_model(const ModelOptions& options, const Execution& execution = {});

}  // namespace semiflow
