// One pass of the discovery of model error.
#include <cmath>
#include <semiflow/assimilation/discovery/increments.hpp>

#include "candidates.hpp"
#include "discover_fields.hpp"
#include "discover_jointly.hpp"
#include "pairs.hpp"
#include "record.hpp"
#include "run.hpp"
#include "schedule.hpp"

namespace semiflow {

namespace {

// The increments of the filter: what its analyses did to its forecasts.
std::vector<NormalEquations> filter_increments(RunContext& run, TermLibrary& library, Index pass) {
  const Experiment& e = run.experiment;
  const DiscoveryStageOptions& d = *e.discovery;
  const double interval = e.observations->interval;
  const std::string group = assimilation_group(pass);
  const auto [first, end] = increment_range(e);
  const Eigen::MatrixXd analysis = read_states(run.file, e, group, "analysis_mean", first - 1, end - first + 1);
  const Eigen::MatrixXd forecast = read_states(run.file, e, group, "forecast_mean", first, end - first);
  return collect_increments(run.comm, library, forecast.cols(), d.blocks, d.max_wavenumber, [&](Index i) {
    return Increment{
        .before = analysis.col(i), .after = analysis.col(i + 1), .forecast = forecast.col(i), .duration = interval};
  });
}

// The increments of single forecasts between two looks at the truth.
std::vector<NormalEquations> pair_increments(RunContext& run, TermLibrary& library, Index pass) {
  const Experiment& e = run.experiment;
  const DiscoveryStageOptions& d = *e.discovery;
  Solver model = corrected_model(run, pass);
  const auto [before, after, duration, noise_std] = observed_pairs(run);
  return collect_increments(run.comm, library, d.pairs, d.blocks, d.max_wavenumber, [&](Index i) {
    Ensemble state = before.col(i);
    model.advance(state, {0, d.separation});
    return Increment{
        .before = before.col(i), .after = after.col(i), .forecast = state.col(0), .duration = d.separation};
  });
}

}  // namespace

void discovery_stage(RunContext& run, Index pass) {
  const Experiment& e = run.experiment;
  const DiscoveryStageOptions& d = *e.discovery;
  const Timers::Scope scope(run.timers, Work::analysis);
  if (d.method == DiscoveryMethod::joint) {
    const JointDiscovery joint = joint_discovery(run, pass);
    write_discovery(run, pass, joint.found, joint.misfit);
  } else if (has_candidates(e.model)) {
    write_discovery(run, pass, field_discovery(run, pass), std::nan(""));
  } else {
    TermLibrary library(e.model.grid, d.library);
    const Eigen::VectorXd in_model = pass == 0 ? Eigen::VectorXd::Zero(library.size())
                                               : Eigen::VectorXd(run.file.read("/discovery/coefficient", pass - 1, 1));
    const std::vector<NormalEquations> blocks = d.source == IncrementSource::filter
                                                    ? filter_increments(run, library, pass)
                                                    : pair_increments(run, library, pass);
    write_discovery(run, pass, discover(blocks, in_model, d.regression), std::nan(""));
  }
  run.progress("discovery", pass + 1, d.passes);
}

}  // namespace semiflow
