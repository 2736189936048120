// States and missing terms together.
#include "discover_jointly.hpp"

#include <cmath>
#include <semiflow/assimilation/discovery/observed_windows.hpp>
#include <semiflow/core/error.hpp>

#include "pairs.hpp"
#include "schedule.hpp"
#include "sensors.hpp"

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

JointDiscovery from_pairs(RunContext& run, const JointOptions& options) {
  const Experiment& e = run.experiment;
  const DiscoveryStageOptions& d = *e.discovery;
  NoisyPairs pairs(e.model.grid, observed_pairs(run),
                   {.dt = e.model.dt,
                    .method = std::get<RungeKutta>(e.model.stepper),
                    .library = d.library,
                    .max_wavenumber = d.max_wavenumber},
                   [&e](const Grid& grid) { return equation_on(e.model, grid); });
  run.file.set_attribute("/discovery", "largest_wavenumber", pairs.max_wavenumber());
  return discover_jointly(run.comm, pairs.problem(), options);
}

// Windows one after the other, each from the analysis at the end of the one before it.
std::vector<ObservedWindow> filter_windows(RunContext& run, Index pass) {
  const Experiment& e = run.experiment;
  const Index length = e.discovery->window, points = e.model.state_size(), members = e.assimilation->members;
  const double interval = e.observations->interval;
  const double variance = e.observations->error_std * e.observations->error_std;
  const SensorNetwork network(e);
  const auto [first, end] = increment_range(e);
  std::vector<ObservedWindow> windows;
  for (Index event = first; event + length <= end; event += length) {  // from the analysis of this event
    ObservedWindow window{
        .begin = interval * static_cast<double>(event),
        .members = run.file.read(assimilation_group(pass) + "/ensemble", event - 1, 1).reshaped(points, members)};
    const Eigen::VectorXd mean = window.members.rowwise().mean();
    window.members = std::sqrt(e.discovery->background_scale) * (window.members.colwise() - mean);
    window.members.colwise() += mean;
    const Eigen::MatrixXd values = run.file.read("/observations/value", event, length);
    for (Index i = 0; i < length; ++i) {
      std::vector<Index> reports;
      for (Index j = 0; j < values.rows(); ++j)
        if (std::isfinite(values(j, i))) reports.push_back(j);
      if (reports.empty()) continue;
      const Index now = event + 1 + i;
      window.measurements.push_back({.event = static_cast<std::uint64_t>(now),
                                     .time = interval * static_cast<double>(now),
                                     .values = values(reports, i),
                                     .error_variance = Eigen::VectorXd::Constant(std::ssize(reports), variance)});
    }
    if (!window.measurements.empty()) windows.push_back(std::move(window));
  }
  return windows;
}

// A filter that has lost the truth begins its windows where no model can go: that is an answer, not a failure.
JointDiscovery discovered_or_lost(RunContext& run, ObservedWindows& windows, Index terms, const JointOptions& options) {
  try {
    return discover_jointly(run.comm, windows.problem(), options);
  } catch (const Error& failure) {
    if (failure.fault() != Fault::run) throw;
    run.warn(failure.what());
  }
  const Eigen::VectorXd none = Eigen::VectorXd::Zero(terms);
  JointDiscovery lost{.misfit = INFINITY};
  lost.found = {.coefficients = none, .standard_deviation = none, .contribution = none};
  lost.found.relative_residual = 1;
  lost.found.ranking.inclusion_probability = lost.found.ranking.log_bayes_factor = none;
  lost.found.collinearity = {.variance_inflation = none, .weakest_direction = none};
  return lost;
}

JointDiscovery from_filter(RunContext& run, Index pass, JointOptions options) {
  const Experiment& e = run.experiment;
  const std::vector<ObservedWindow> windows = filter_windows(run, pass);
  require(!windows.empty(), "no window of observations lies between the burn-in and discovery.until");
  const SensorNetwork network(e);
  TermLibrary library(e.model.grid, e.discovery->library);
  const double duration = e.observations->interval * static_cast<double>(e.discovery->window);
  const Eigen::VectorXd steps = difference_steps(library, windows.front().members.rowwise().mean(), duration);
  if (pass > 0) options.first_guess = run.file.read("/discovery/coefficient", pass - 1, 1);
  ObservedWindows problem(
      CandidateModels(equation(e.model), library.terms(), e.model.dt, std::get<RungeKutta>(e.model.stepper), steps),
      std::ssize(windows), e.assimilation->members, [&](Index i) { return windows[static_cast<std::size_t>(i)]; },
      [&](const Measurement& measurement, EnsembleView states) -> Ensemble {
        const auto event = static_cast<Index>(measurement.event);
        const std::vector<Index> reporting = network.reporting(event);
        const Sensors sensors = network.sensors(event);
        return std::ssize(reporting) == network.size() ? sensors(states) : sensors.only(reporting)(states);
      });
  JointDiscovery joint = discovered_or_lost(run, problem, library.size(), options);
  if (joint.misfit > suspicious_misfit) {
    Discovery& found = joint.found;
    found.coefficients = options.first_guess.size() > 0 ? options.first_guess : Eigen::VectorXd::Zero(library.size());
    found.standard_deviation.setZero();
    found.contribution.setZero();
    found.support.clear();
    for (Index j = 0; j < library.size(); ++j)
      if (found.coefficients(j) != 0) found.support.push_back(j);
  }
  return joint;
}

}  // namespace

JointDiscovery joint_discovery(RunContext& run, Index pass) {
  const DiscoveryStageOptions& d = *run.experiment.discovery;
  const JointOptions options{.max_iterations = d.iterations, .baseline = d.regression.baseline, .blocks = d.blocks};
  JointDiscovery joint =
      d.source == IncrementSource::pairs ? from_pairs(run, options) : from_filter(run, pass, options);
  if (!joint.converged)
    run.warn("the joint estimate has not converged in " + std::to_string(d.iterations) + " iterations");
  Eigen::VectorXd path = Eigen::VectorXd::Constant(d.iterations, std::nan(""));
  for (std::size_t i = 0; i < joint.misfits.size(); ++i) path(static_cast<Index>(i)) = joint.misfits[i];
  run.file.write("/discovery/iteration_misfit", pass, path);
  run.file.write("/discovery/converged", pass, Eigen::MatrixXd::Constant(1, 1, joint.converged ? 1 : 0));
  return joint;
}

}  // namespace semiflow
