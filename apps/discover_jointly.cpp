// States and missing terms together.
#include "discover_jointly.hpp"

#include <semiflow/core/error.hpp>

#include "pairs.hpp"

namespace semiflow {

namespace {

// The model on a grid of other points.
Semilinear equation_on(const ModelOptions& model, const Grid& grid) {
  ModelOptions moved = model;
  moved.grid = grid;
  for (Term& term : moved.extra_terms) {
    const double coefficient = term.coefficient;
    for (const Term& same : monomials(grid, 4, 4))  // the library of [model.terms]
      if (same.name == term.name) term = same;
    term.coefficient = coefficient;
  }
  return equation(moved);
}

}  // namespace

Discovery joint_discovery(RunContext& run) {
  const Experiment& e = run.experiment;
  const DiscoveryStageOptions& d = *e.discovery;
  NoisyPairs pairs(e.model.grid, observed_pairs(run),
                   {.dt = e.model.dt,
                    .method = std::get<RungeKutta>(e.model.stepper),
                    .library = d.library,
                    .max_wavenumber = d.max_wavenumber},
                   [&e](const Grid& grid) { return equation_on(e.model, grid); });
  const JointDiscovery joint =
      discover_jointly(run.comm, pairs.problem(), {.max_iterations = d.iterations, .blocks = d.blocks});
  if (!joint.converged)
    run.warn("the joint estimate has not converged in " + std::to_string(d.iterations) + " iterations");
  const Eigen::Map<const Eigen::VectorXd> path(joint.misfits.data(), std::ssize(joint.misfits));
  run.file.write("/discovery/iteration_misfit", 0, path.transpose());
  run.file.set_attribute("/discovery", "misfit", joint.misfit);
  run.file.set_attribute("/discovery", "converged", Index{joint.converged ? 1 : 0});
  run.file.set_attribute("/discovery", "largest_wavenumber", pairs.max_wavenumber());
  return joint.found;
}

}  // namespace semiflow
