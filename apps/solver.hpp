#pragma once
#include <variant>

#include "model.hpp"

namespace semiflow {

/// What advances the states of a model of the experiment file: a DifferentiableModel.
class Solver {
 public:
  /// Throws Error if the equation and its steps do not fit.
  explicit Solver(const ModelOptions& options, const Execution& execution = {});
  explicit Solver(SpectralModel model) : model_(std::move(model)), domain_(spectral().domain()) {}

  const Domain& domain() const { return domain_; }
  Index state_size() const;
  void advance(EnsembleRef members, Interval window);
  void advance_tangent(Eigen::Ref<Eigen::VectorXd> state, EnsembleRef perturbations, Interval window);
  void adjoint(const Eigen::Ref<const Eigen::VectorXd>& state, EnsembleRef sensitivities, Interval window);
  /// Of the transforms; an ordinary model has none.
  SpectralProfile profile() const;

 private:
  const SpectralModel& spectral() const { return std::get<SpectralModel>(model_); }

  std::variant<SpectralModel, OrdinaryModel> model_;
  Domain domain_;
};

static_assert(DifferentiableModel<Solver>);

}  // namespace semiflow
