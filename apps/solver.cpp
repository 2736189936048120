#include "solver.hpp"

namespace semiflow {

namespace {

std::variant<SpectralModel, OrdinaryModel> make(const ModelOptions& options, const Execution& execution) {
  if (options.equation->make_ordinary) return options.equation->make_ordinary(options.coefficients, options.dt);
  return spectral_model(options, execution);
}

// The one that is chosen of all.
template <class Model, class Work>
auto with(Model& model, Work work) {
  if (auto* const spectral = std::get_if<0>(&model)) return work(*spectral);
  return std::visit(work, std::get<1>(model));
}

}  // namespace

Solver::Solver(const ModelOptions& options, const Execution& execution)
    : model_(make(options, execution)),
      domain_(options.equation->make_ordinary ? Domain(options.grid) : spectral().domain()) {}

Index Solver::state_size() const {
  return with(model_, [](const auto& model) { return model.state_size(); });
}

void Solver::advance(EnsembleRef members, Interval window) {
  with(model_, [&](auto& model) { model.advance(members, window); });
}

void Solver::advance_tangent(Eigen::Ref<Eigen::VectorXd> state, EnsembleRef perturbations, Interval window) {
  with(model_, [&](auto& model) { model.advance_tangent(state, perturbations, window); });
}

void Solver::adjoint(const Eigen::Ref<const Eigen::VectorXd>& state, EnsembleRef sensitivities, Interval window) {
  with(model_, [&](auto& model) { model.adjoint(state, sensitivities, window); });
}

SpectralProfile Solver::profile() const {
  const auto* const spectral = std::get_if<SpectralModel>(&model_);
  return spectral != nullptr ? spectral->profile() : SpectralProfile{};
}

}  // namespace semiflow
