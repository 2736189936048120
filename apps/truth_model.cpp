#include "truth_model.hpp"

#include <semiflow/pde/multipliers.hpp>

namespace semiflow {

namespace {

double coefficient(const ModelOptions& model, const char* key) {
  const auto known = model.coefficients.find(key);
  return known == model.coefficients.end() ? 0 : known->second;
}

AdvectionRate rate_of(const ModelOptions& model, const Domain& domain) {
  if (model.grid.dimensions() == 1) return line_rate(model.grid);
  const Multiplier stream = inverse_laplacian(model.grid, coefficient(model, "inverse_radius"));
  return vorticity_rate(domain, stream, coefficient(model, "mean_x"));
}

std::variant<Solver, StochasticModel, CourantControl> make(const TruthOptions& truth, std::uint64_t seed,
                                                           const Execution& execution) {
  const ModelOptions& model = truth.model;
  if (truth.courant) {
    CourantLimits limits = *truth.courant;
    limits.dt0 = model.dt;
    return CourantControl(equation(model), rate_of(model, Domain(model.grid, execution.ranks)), limits,
                          std::get<RungeKutta>(model.stepper), execution);
  }
  if (!model.ring) return Solver(model, execution);
  RingForcing ring = *model.ring;
  ring.seed = seed;
  return StochasticModel(spectral_model(model, execution), ring);
}

}  // namespace

TruthModel::TruthModel(const TruthOptions& truth, std::uint64_t seed, const Execution& execution)
    : solver_(make(truth, seed, execution)),
      field_size_(std::ssize(truth.model.equation->fields) * domain().points()) {}

const Domain& TruthModel::domain() const {
  return std::visit([](const auto& solver) -> const Domain& { return solver.domain(); }, solver_);
}

Ensemble TruthModel::start(const Ensemble& field) const {
  const auto* const forced = std::get_if<StochasticModel>(&solver_);
  return forced != nullptr ? forced->with_memory(field) : field;
}

void TruthModel::advance(Ensemble& state, Interval window) {
  std::visit([&](auto& solver) { solver.advance(state, window); }, solver_);
}

SpectralProfile TruthModel::profile() const {
  return std::visit([](const auto& solver) { return solver.profile(); }, solver_);
}

}  // namespace semiflow
