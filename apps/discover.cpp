// One pass of the discovery of model error.
#include <cmath>
#include <iomanip>
#include <semiflow/assimilation/discovery/increments.hpp>
#include <set>
#include <sstream>

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
  const Eigen::MatrixXd before = run.file.read_all("/truth/before"), after = run.file.read_all("/truth/after");
  return collect_increments(run.comm, library, d.pairs, d.blocks, d.max_wavenumber, [&](Index i) {
    Ensemble state = before.col(i);
    model.advance(state, {0, d.separation});
    return Increment{
        .before = before.col(i), .after = after.col(i), .forecast = state.col(0), .duration = d.separation};
  });
}

std::set<std::string> names_of_both(const Semilinear& a, const Semilinear& b) {
  std::set<std::string> names;
  for (const Semilinear* equation : {&a, &b})
    for (const Term& term : equation->terms) names.insert(term.name);
  return names;
}

double equation_distance(const Semilinear& a, const Semilinear& b) {
  double sum = 0;
  for (const std::string& name : names_of_both(a, b)) sum += std::pow(a.coefficient(name) - b.coefficient(name), 2);
  return std::sqrt(sum);
}

std::string printed(const Semilinear& equation) {
  std::ostringstream out;
  out << "u_t =" << std::setprecision(4);
  for (const Term& term : equation.terms)
    if (term.coefficient != 0)
      out << (term.coefficient < 0 ? " - " : " + ") << std::abs(term.coefficient) << " " << term.name;
  return out.str();
}

}  // namespace

void discovery_stage(RunContext& run, Index pass) {
  const Experiment& e = run.experiment;
  const DiscoveryStageOptions& d = *e.discovery;
  const Timers::Scope scope(run.timers, Work::analysis);
  TermLibrary library(e.model.grid, d.library);
  const Eigen::VectorXd in_model = pass == 0 ? Eigen::VectorXd::Zero(library.size())
                                             : Eigen::VectorXd(run.file.read("/discovery/coefficient", pass - 1, 1));
  const std::vector<NormalEquations> blocks =
      d.source == IncrementSource::filter ? filter_increments(run, library, pass) : pair_increments(run, library, pass);
  const Discovery found = discover(blocks, in_model, d.regression);

  Eigen::VectorXd candidate = Eigen::VectorXd::Zero(library.size());
  for (const Index j : found.candidates) candidate(j) = 1;
  run.file.write("/discovery/coefficient", pass, found.coefficients);
  run.file.write("/discovery/standard_deviation", pass, found.standard_deviation);
  run.file.write("/discovery/contribution", pass, found.contribution);
  run.file.write("/discovery/candidate", pass, candidate);
  run.file.write("/discovery/relative_residual", pass, found.relative_residual);
  run.file.write("/discovery/log_bayes_factor", pass, found.log_bayes_factor);
  const Semilinear model = equation(e.model);
  const Semilinear corrected = model + found_terms(found, library.terms());
  run.file.set_attribute("/discovery", "equation", printed(corrected).substr(0, 1024));
  run.progress("discovery", pass + 1, d.passes);
  if (e.truth.source) return;  // nobody knows the equation behind a file

  const Semilinear truth = equation(e.truth.model);
  Eigen::VectorXd missing(library.size());
  for (Index j = 0; j < library.size(); ++j) {
    const std::string& name = library.terms()[static_cast<std::size_t>(j)].name;
    missing(j) = truth.coefficient(name) - model.coefficient(name);
  }
  // Over all terms of the truth and of the answer: one that the library lacks is missed as well.
  bool right = true;
  double largest = 0;
  for (const std::string& name : names_of_both(truth, corrected)) {
    const Index j = library.find(name);
    const double lacking = truth.coefficient(name) - model.coefficient(name),
                 answer = j < 0 ? 0 : found.coefficients(j);
    right = right && (lacking != 0) == (answer != 0);
    if (lacking != 0) largest = std::max(largest, std::abs(answer / lacking - 1));
  }
  const double size = equation_distance(truth, Semilinear{.grid = truth.grid});
  run.file.write("/discovery/true_coefficient", 0, missing.transpose());
  run.file.write("/discovery/support_is_right", pass, right ? 1.0 : 0.0);
  run.file.write("/discovery/largest_relative_error", pass, largest);
  run.file.write("/discovery/coefficient_error", pass, equation_distance(truth, corrected) / size);
  run.file.set_attribute("/discovery", "model_error", equation_distance(truth, model) / size);
}

}  // namespace semiflow
