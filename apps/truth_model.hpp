#pragma once
#include <optional>
#include <semiflow/pde/step_control.hpp>
#include <semiflow/pde/stochastic_model.hpp>
#include <variant>

#include "experiment.hpp"
#include "solver.hpp"

namespace semiflow {

/// What makes the truth: a solver with fixed steps, one with random forcing, or one whose steps follow the Courant
/// number. Its states are those of the equation, and then rows of the solver's own that are the same on every rank.
class TruthModel {
 public:
  TruthModel(const TruthOptions& truth, std::uint64_t seed, const Execution& execution);

  const Domain& domain() const;
  /// A state [state x 1] with this field [fields * domain().points() x 1].
  Ensemble start(const Ensemble& field) const;
  /// Rows of the equation; those that follow are the solver's.
  Index field_size() const { return field_size_; }
  /// window in the time of the record: random forcing depends on it.
  void advance(Ensemble& state, Interval window);
  SpectralProfile profile() const;

 private:
  std::variant<Solver, StochasticModel, CourantControl> solver_;
  Index field_size_;
};

}  // namespace semiflow
