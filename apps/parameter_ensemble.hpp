#pragma once
#include <semiflow/assimilation/with_parameters.hpp>

#include "run.hpp"

namespace semiflow {

/// [assimilation.parameters]: coefficients of the model of which every member has values of its own. They are few, and
/// every rank has all of them.
class ParameterEnsemble {
 public:
  /// Keeps references to the experiment, which has such parameters.
  explicit ParameterEnsemble(const Experiment& experiment);

  /// Members [state x member] from first_member on, each by the model with its coefficients. Throws Error(Fault::run) if
  /// there is no such model.
  void advance(EnsembleRef members, Index first_member, Interval window);
  /// The step of the random walk to an event.
  void walk(Index event);

  Ensemble values;  ///< [parameter x member]

 private:
  ModelNoise steps_;
  WithParameters<Solver> model_;
};

}  // namespace semiflow
