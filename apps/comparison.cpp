// Truth, model and corrected model side by side: what a correction is worth beyond its coefficients.
#include "comparison.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <semiflow/pde/diagnostics.hpp>
#include <semiflow/pde/resampling.hpp>

#include "pairs.hpp"

namespace semiflow {

namespace {

Index count_of(double whole, double part) { return static_cast<Index>(std::llround(whole / part)); }

// The spectra of all fields together: [shell], twice half the mean square.
Eigen::VectorXd variance_spectrum(SpectralDiagnostics& diagnostics, const Grid& grid, const Eigen::VectorXd& state) {
  Eigen::VectorXd sum;
  for (Index first = 0; first < state.size(); first += grid.points()) {
    const Eigen::VectorXd one = 2 * diagnostics.isotropic_spectrum(state.segment(first, grid.points()));
    sum = first == 0 ? one : Eigen::VectorXd(sum + one);
  }
  return sum;
}

// Mean spectrum of a long run from a state; infinite if the model blows up.
Eigen::VectorXd climate(Solver& model, const Eigen::VectorXd& start, const ComparisonOptions& c, const Grid& grid) {
  SpectralDiagnostics diagnostics(grid);
  Ensemble state = start;
  const Index samples = count_of(c.duration, c.sample_interval);
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(variance_spectrum(diagnostics, grid, start).size());
  try {
    model.advance(state, {0, c.spin_up});
    for (Index i = 0; i < samples && state.allFinite(); ++i) {
      model.advance(state, {0, c.sample_interval});
      if (state.allFinite()) sum += variance_spectrum(diagnostics, grid, state.col(0));
    }
  } catch (const Error& failure) {
    if (failure.fault() != Fault::run) throw;
    state(0) = std::nan("");
  }
  if (!state.allFinite()) return sum.setConstant(std::numeric_limits<double>::infinity());
  return sum / static_cast<double>(samples);
}

}  // namespace

Ensemble on_model_grid(const Experiment& e, const Ensemble& truth) {
  if (!e.is_closure()) return truth;
  return resampled(e.truth.model.grid, e.model.grid, truth, e.model.dealiasing == Dealiasing::truncation ? 2.0 / 3 : 1);
}

void define_comparison(ResultFile& file, const Experiment& e) {
  const ComparisonOptions& c = *e.comparison;
  const std::string group = "/comparison";
  file.add_group(group, "truth, model and corrected model side by side");
  file.add_dimension(group, Dimension::numbered("system", std::ssize(compared_systems), "what runs"));
  file.add_labels(group + "/system_name", "system", {compared_systems.begin(), compared_systems.end()});
  file.add_dimension(group, {"lead", Eigen::VectorXd::LinSpaced(count_of(c.lead, c.interval) + 1, 0, c.lead),
                             "model time", "lead time"});
  SpectralDiagnostics diagnostics(e.model.grid);
  const Index shells = diagnostics.isotropic_spectrum(Eigen::VectorXd::Zero(e.model.grid.points())).size();
  file.add_dimension(group, Dimension::numbered("shell", shells, "|k| in smallest wavenumbers, rounded"));
  file.add_variable(
      {.path = group + "/rmse",
       .dimensions = {"system", "lead"},
       .units = "1",
       .long_name = "RMSE of forecasts from exact states on the model's grid; of the truth, persistence"});
  file.add_variable({.path = group + "/spectrum",
                     .dimensions = {"system", "shell"},
                     .units = "1",
                     .long_name = "variance in a shell, mean of a long run"});
  for (const auto& [name, text] : {std::pair{"variance", "mean square without the mean, of a long run"},
                                   {"spectrum_distance",
                                    "mean |log10| of the ratio to the truth's spectrum, over the "
                                    "shells with more than a millionth of its variance"}})
    file.add_variable({.path = group + "/" + name, .dimensions = {"system"}, .units = "1", .long_name = text});
}

void comparison_stage(RunContext& run) {
  const Experiment& e = run.experiment;
  const ComparisonOptions& c = *e.comparison;
  const Index leads = count_of(c.lead, c.interval), systems = std::ssize(compared_systems);
  Solver truth(e.truth.model), model = corrected_model(run, 0), corrected = corrected_model(run, e.discovery->passes);
  // The truth goes on an interval after the last pair, so that nothing is scored on what it was fitted to.
  Ensemble u = initial_state(e.truth.initial, e.truth.model, e.seed);
  truth.advance(u, {-e.truth.spin_up, 0});
  add_perturbation(u, e, truth.domain());
  const double fitted = static_cast<double>(e.discovery->pairs + 1) * e.discovery->pair_interval;
  truth.advance(u, {0, fitted});
  if (!u.allFinite()) throw truth_blow_up(e, "before the comparison");

  Eigen::MatrixXd squares = Eigen::MatrixXd::Zero(leads + 1, systems);
  for (Index start = 0; start < c.starts; ++start) {
    const Eigen::VectorXd from = on_model_grid(e, u);
    Ensemble ours = from, better = from;
    for (Index lead = 1; lead <= leads; ++lead) {
      truth.advance(u, {0, c.interval});
      const Eigen::VectorXd now = on_model_grid(e, u);
      model.advance(ours, {0, c.interval});
      corrected.advance(better, {0, c.interval});
      for (const auto& [system, state] : {std::pair<Index, Eigen::VectorXd>{0, from}, {1, ours}, {2, better}})
        squares(lead, system) += std::pow(rms(state - now), 2) / static_cast<double>(c.starts);
    }
    truth.advance(u, {0, c.start_interval - c.lead});
    run.progress("comparison", start + 1, c.starts + systems);
  }
  run.file.write("/comparison/rmse", 0, squares.cwiseSqrt());

  const Eigen::VectorXd from = on_model_grid(e, u);
  SpectralDiagnostics diagnostics(e.model.grid);
  Eigen::VectorXd true_spectrum = Eigen::VectorXd::Zero(variance_spectrum(diagnostics, e.model.grid, from).size());
  const Index samples = count_of(c.duration, c.sample_interval);
  for (Index i = 0; i < samples; ++i) {
    truth.advance(u, {0, c.sample_interval});
    true_spectrum +=
        variance_spectrum(diagnostics, e.model.grid, on_model_grid(e, u).col(0)) / static_cast<double>(samples);
  }
  if (!u.allFinite()) throw truth_blow_up(e, "in the comparison");
  Eigen::MatrixXd spectra(true_spectrum.size(), systems);
  spectra << true_spectrum, climate(model, from, c, e.model.grid), climate(corrected, from, c, e.model.grid);
  run.file.write("/comparison/spectrum", 0, spectra);
  const Eigen::RowVectorXd variance = spectra.bottomRows(spectra.rows() - 1).colwise().sum();
  run.file.write("/comparison/variance", 0, variance);
  Eigen::RowVectorXd distance = Eigen::RowVectorXd::Zero(systems);
  double counted = 0;
  for (Index shell = 1; shell < spectra.rows(); ++shell) {
    if (spectra(shell, 0) < 1e-6 * variance(0)) continue;
    counted += 1;
    distance += (spectra.row(shell) / spectra(shell, 0)).array().log10().abs().matrix();
  }
  run.file.write("/comparison/spectrum_distance", 0, distance / std::max(counted, 1.0));
  run.progress("comparison", c.starts + systems, c.starts + systems);
}

}  // namespace semiflow
