// Discovery for equations of several fields, from pairs that are seen everywhere or by sensors.
#include "discover_fields.hpp"

#include <semiflow/assimilation/discovery/field_discovery.hpp>

#include "candidates.hpp"
#include "interpolate.hpp"

namespace semiflow {

Discovery field_discovery(RunContext& run, Index pass) {
  const Experiment& e = run.experiment;
  const DiscoveryStageOptions& d = *e.discovery;
  FieldLibrary library(e.model.grid, std::ssize(e.model.equation->fields), candidates(e.model, d.library),
                       e.model.dealiasing);
  const Eigen::VectorXd in_model = pass == 0 ? Eigen::VectorXd::Zero(library.size())
                                             : Eigen::VectorXd(run.file.read("/discovery/coefficient", pass - 1, 1));
  Solver model = corrected_model(run, pass);
  const PairStates pairs = seen_pairs(run, pass);
  const Eigen::MatrixXd &before = pairs.before, &after = pairs.after;
  // A few pairs: every rank computes them all.
  std::vector<std::vector<NormalEquations>> blocks;
  for (Index i = 0; i < d.pairs; ++i) {
    Ensemble state = before.col(i);
    model.advance(state, {0, d.separation});
    blocks.push_back(increment_equations(
        library, {.before = before.col(i), .after = after.col(i), .forecast = state.col(0), .duration = d.separation},
        d.max_wavenumber));
  }
  return discover_fields(library, blocks, in_model,
                         {.regression = d.regression, .minimum_of_residual = d.minimum_of_residual});
}

}  // namespace semiflow
