#include <algorithm>
#include <cstdlib>
#include <numbers>
#include <semiflow/core/library_versions.hpp>
#include <semiflow/pde/diagnostics.hpp>

#include "build_info.hpp"
#include "candidates.hpp"
#include "comparison.hpp"
#include "interpolate.hpp"
#include "record.hpp"
#include "run.hpp"
#include "schedule.hpp"
#include "sensors.hpp"

namespace semiflow {

namespace {

const char* const model_time = "model time";

void define_provenance(ResultFile& file, const Experiment& e, const Communicator& comm) {
  file.set_attribute("/", "title", e.name);
  file.set_attribute("/", "experiment", e.text);
  file.set_attribute("/", "settings", e.settings);
  file.set_attribute("/", "seed", static_cast<Index>(e.seed));
  file.set_attribute("/", "version", build_info::version);
  file.set_attribute("/", "commit", build_info::commit);
  file.set_attribute("/", "libraries", library_versions());
  file.set_attribute("/", "ranks", comm.size());
  const char* threads = std::getenv("OMP_NUM_THREADS");
  file.set_attribute("/", "threads", threads ? threads : "default");
  file.set_attribute("/", "wall_seconds", std::nan(""));
  file.set_attribute("/", "peak_memory_largest", std::nan(""));
  file.set_attribute("/", "peak_memory_smallest", std::nan(""));
  for (const std::string_view work : work_names) file.set_attribute("/", "seconds_" + std::string(work), std::nan(""));
}

void add_series(ResultFile& file, const std::string& group, const char* name, const char* long_name) {
  file.add_variable({.path = group + "/" + name, .dimensions = {"time"}, .units = "1", .long_name = long_name});
}

// On a line the positions of sensors that stay are the coordinate; else they are numbered, and positions are variables.
void define_observations(ResultFile& file, const Experiment& e, const Eigen::VectorXd& times) {
  const SensorNetwork network(e);
  const bool line = e.model.grid.dimensions() == 1 && !network.moves();
  const std::string group = "/observations";
  file.add_group(group, "what the sensors reported");
  file.add_dimension(group, {"time", times, model_time, "time"});
  if (line) {
    file.add_dimension(group, {"sensor", network.positions(1).reshaped(), "model length", "position of the sensor"});
  } else {
    file.add_dimension(group, Dimension::numbered("sensor", network.size(), "sensor"));
    const char* const axes[] = {"x", "y", "z"};
    for (Index d = e.model.grid.dimensions(); d-- > 0;)
      file.add_variable({.path = group + "/" + axes[d],
                         .dimensions = network.moves() ? std::vector<std::string>{"time", "sensor"}
                                                       : std::vector<std::string>{"sensor"},
                         .units = "model length",
                         .long_name = "position of the sensor"});
  }
  file.add_variable({.path = group + "/value",
                     .dimensions = {"time", "sensor"},
                     .units = "1",
                     .long_name = "measured value; missing where the sensor does not report",
                     .compression = e.compression});
  file.set_attribute(group, "error_std", e.observations->error_std);
}

Index spectrum_shells(const Grid& grid) {
  return SpectralDiagnostics(grid).isotropic_spectrum(Eigen::VectorXd::Zero(grid.points())).size();
}

void define_assimilation(ResultFile& file, const Experiment& e, const std::string& group,
                         const Eigen::VectorXd& times) {
  file.add_group(group, "ensemble forecasts and analyses");
  file.add_dimension(group, {"time", times, model_time, "time of the analysis"});
  for (const auto& [name, text] : {std::pair{"forecast_mean", "estimate before the analysis, the mean of an ensemble"},
                                   {"analysis_mean", "estimate after the analysis"}})
    define_states(file, e, group, name, {"time"}, text);
  for (const auto& [name, text] : score_series) add_series(file, group, name, text);
  file.add_dimension(group, Dimension::numbered("rank", e.assimilation->members + 1, "members below the truth"));
  file.add_variable({.path = group + "/rank_histogram",
                     .dimensions = {"rank"},
                     .units = "1",
                     .long_name = "share of points and times at which so many members lie below the truth"});
  if (e.assimilation->save_ensemble) {
    file.add_dimension(group, Dimension::numbered("member", e.assimilation->members, "ensemble member"));
    define_states(file, e, group, "ensemble", {"time", "member"}, "ensemble after the analysis");
  }
  if (e.assimilation->error_spectra) {
    // Shell n holds the modes with |k| rounded to n times the smallest wavenumber.
    const Index shells = spectrum_shells(e.model.grid);
    double longest = 0;
    for (Index d = 0; d < e.model.grid.dimensions(); ++d) longest = std::max(longest, e.model.grid.axis(d).length);
    const double last = 2 * std::numbers::pi / longest * static_cast<double>(shells - 1);
    file.add_dimension(group, {"wavenumber", Eigen::VectorXd::LinSpaced(shells, 0, last), "1 / model length",
                               "wavenumber of the shell"});
    for (const auto& [name, text] :
         {std::pair{"error_spectrum", "mean square error of the analysis mean in a shell, mean over the analyses"},
          {"spread_spectrum", "variance of the members of the analysis in a shell, mean over the analyses"}})
      for (const std::string& variable : state_variables(e, name))
        file.add_variable(
            {.path = group + "/" + variable, .dimensions = {"wavenumber"}, .units = "1", .long_name = text});
  }
  if (!e.assimilation->parameters.empty()) {
    std::vector<std::string> names;
    for (const EstimatedParameter& parameter : e.assimilation->parameters) names.push_back(parameter.name);
    file.add_dimension(group, Dimension::numbered("parameter_number", std::ssize(names), "parameter of the model"));
    file.add_labels(group + "/parameter_name", "parameter_number", names);
    for (const auto& [name, text] : {std::pair{"parameter", "ensemble mean of the parameter after the analysis"},
                                     {"parameter_spread", "standard deviation of its members"}}) {
      file.add_variable(
          {.path = group + "/" + name, .dimensions = {"time", "parameter_number"}, .units = "1", .long_name = text});
      for (const std::string& parameter : names)
        file.set_attribute(group, std::string("mean_") + name + "_" + parameter, std::nan(""));
    }
  }
  file.set_attribute(group, "burn_in", e.assimilation->burn_in);
  for (const ScoreSeries& score : score_series)
    for (const char* what : {"", "_half_width"})
      file.set_attribute(group, std::string("mean_") + score.name + what, std::nan(""));
  for (const char* name : departure_attributes) file.set_attribute(group, name, std::nan(""));
  // The truth is one more draw: a perfect ensemble of N members has sqrt(N / (N + 1)), not 1.
  file.set_attribute(group, "spread_skill_ratio", std::nan(""));
}

void define_noisy_pairs(ResultFile& file, const Experiment& e) {
  const DiscoveryStageOptions& d = *e.discovery;
  const auto count = static_cast<double>(d.pairs);
  file.add_group("/observations", "the pairs of states as they are seen");
  file.add_dimension("/observations",
                     {"pair", Eigen::VectorXd::LinSpaced(d.pairs, d.pair_interval, d.pair_interval * count), model_time,
                      "time of the second state of the pair"});
  for (const char* name : {"before", "after"})
    file.add_variable({.path = std::string("/observations/") + name,
                       .dimensions = {"pair", "x"},
                       .units = "1",
                       .long_name = std::string("state ") + name + " the separation, with noise"});
  file.set_attribute("/observations", "error_std", d.noise_std);
}

void define_discovery(ResultFile& file, const Experiment& e) {
  const DiscoveryStageOptions& d = *e.discovery;
  std::vector<std::string> names;
  for (const TermSum& term : candidates(e.model, d.library)) names.push_back(term.name);
  const Index size = std::ssize(names);
  file.add_group("/discovery", "terms that the model lacks");
  Dimension pass =
      Dimension::numbered("pass", d.passes, e.discovers_in_loop() ? "window of the loop" : "pass of the outer loop");
  pass.coordinate.array() += 1;
  file.add_dimension("/discovery", pass);
  file.add_dimension("/discovery", Dimension::numbered("term", size, "term of the library"));
  file.add_labels("/discovery/term_name", "term", names);
  for (const auto& [name, text] :
       {std::pair{"coefficient", "coefficient that the model lacks"},
        {"standard_deviation", d.method == DiscoveryMethod::joint ? "standard deviation of the coefficient"
                               : d.regression.error_bars.bootstrap_samples > 0
                                   ? "bootstrap standard deviation of the coefficient"
                                   : "jackknife standard deviation of the coefficient"},
        {"contribution", "share of the rms of the model error that only this term explains"},
        {"candidate", "1 where the sparse regression kept the term before the elimination"},
        {"inclusion_probability", "probability that the term is missing, all rows independent"},
        {"term_log_bayes_factor", "log evidence of the best model with the term over that without"},
        {"z_score", "error of the coefficient in its standard deviations"},
        {"variance_inflation", "1 / (1 - R^2) of the term regressed on the others"},
        {"weakest_direction", "combination of terms that is nearest to nothing"}})
    file.add_variable(
        {.path = std::string("/discovery/") + name, .dimensions = {"pass", "term"}, .units = "1", .long_name = text});
  for (const auto& [name, text] :
       {std::pair{"relative_residual", "rms of the unexplained part over that of the model error"},
        {"explained", "R^2: share of the mean square of the model error that the terms explain"},
        {"log_bayes_factor", "log evidence of what was found against an exact model"},
        {"support_probability", "probability of the best set of terms among those compared"},
        {"condition", "condition of the library with columns of unit length"},
        {"misfit",
         "mean square of what is left, in units of the noise; 1 if noise explains it, missing if it is not known"},
        {"decided", "1 unless the data allow other answers as well; see the verdict"},
        {"coefficient_error", "eps*: distance of the corrected equation from the truth, relative to the truth"},
        {"largest_relative_error", "largest relative error of a missing term's coefficient"},
        {"support_is_right", "1 where exactly the missing terms were found"}})
    file.add_variable(
        {.path = std::string("/discovery/") + name, .dimensions = {"pass"}, .units = "1", .long_name = text});
  file.add_variable({.path = "/discovery/true_coefficient",
                     .dimensions = {"term"},
                     .units = "1",
                     .long_name = "coefficient of the truth minus that of the model"});
  file.add_dimension("/discovery", Dimension::numbered("size", size + 1, "number of terms"));
  file.add_variable({.path = "/discovery/evidence_path",
                     .dimensions = {"pass", "size"},
                     .units = "1",
                     .long_name = "largest log odds of a model with so many terms against an exact model"});
  if (d.method == DiscoveryMethod::joint) {
    file.add_dimension("/discovery", Dimension::numbered("iteration", d.iterations, "iteration of Gauss and Newton"));
    file.add_variable({.path = "/discovery/iteration_misfit",
                       .dimensions = {"pass", "iteration"},
                       .units = "1",
                       .long_name = "mean square of what the whole library leaves, in units of the noise"});
    file.add_variable({.path = "/discovery/converged",
                       .dimensions = {"pass"},
                       .units = "1",
                       .long_name = "1 if the iterations came to an end"});
    file.set_attribute("/discovery", "largest_wavenumber", std::nan(""));
  }
  if (e.discovers_in_loop())
    for (const auto& [name, text] :
         {std::pair{"window_rmse", "root mean square of the RMSE of the window's analyses, with the corrected model"},
          {"window_spread", "the same of their spread"},
          {"window_rmse_uncorrected", "of the analyses with the model as it was"},
          {"window_spread_uncorrected", "of the analyses with the model as it was"}})
      file.add_variable(
          {.path = std::string("/discovery/") + name, .dimensions = {"pass"}, .units = "1", .long_name = text});
  if (d.sensor_fraction < 1 || d.relative_noise > 0) define_seen_pairs(file, e);
  file.set_attribute("/discovery", "model_error", std::nan(""));
  file.set_attribute("/discovery", "equation", "", 1024);
  file.set_attribute("/discovery", "verdict", "", 1024);
}

void define_forecast(ResultFile& file, const Experiment& e) {
  file.add_group("/forecast", "forecasts from analyses");
  file.add_dimension("/forecast", Dimension::numbered("system", std::ssize(forecast_systems), "forecasting system"));
  file.add_labels("/forecast/system_name", "system", {forecast_systems.begin(), forecast_systems.end()});
  file.add_dimension("/forecast", {"lead", Eigen::VectorXd::LinSpaced(lead_count(e) + 1, 0, e.forecast->lead),
                                   model_time, "lead time"});
  file.add_variable({.path = "/forecast/rmse",
                     .dimensions = {"system", "lead"},
                     .units = "1",
                     .long_name = "mean over starts of the spatial RMSE"});
  file.add_variable({.path = "/forecast/persistence_rmse",
                     .dimensions = {"system", "lead"},
                     .units = "1",
                     .long_name = "the same with the state that the system starts from held constant"});
  file.set_attribute("/forecast", "improvement", std::nan(""));
  file.set_attribute("/forecast", "improvement_over_persistence", std::nan(""));
  file.set_attribute("/forecast", "starts", Index{0});
}

// The last axis of the grid is x.
void define_axes(ResultFile& file, const Grid& grid) {
  const char* const names[] = {"x", "y", "z"};
  for (Index d = 0; d < grid.dimensions(); ++d) {
    const Axis& axis = grid.axis(d);
    const double spacing = axis.length / static_cast<double>(axis.points);
    const auto last = static_cast<double>(axis.points - 1);
    file.add_dimension("/", {names[grid.dimensions() - 1 - d],
                             spacing * Eigen::VectorXd::LinSpaced(axis.points, 0, last), "model length", "position"});
  }
}

}  // namespace

void define_result(ResultFile& file, const Experiment& e, const Communicator& comm) {
  define_provenance(file, e, comm);
  const Grid& grid = e.model.grid;
  define_axes(file, grid);
  file.add_group("/truth", "the system that is observed");
  if (e.discovery && e.discovery->source == IncrementSource::pairs) {
    const DiscoveryStageOptions& d = *e.discovery;
    file.add_dimension(
        "/truth",
        {"pair", Eigen::VectorXd::LinSpaced(d.pairs, d.pair_interval, d.pair_interval * static_cast<double>(d.pairs)),
         model_time, "time of the second state of the pair"});
    for (const char* name : {"before", "after"})
      define_states(file, e, "/truth", name, {"pair"}, std::string("state ") + name + " the separation");
    if (d.noise_std > 0) define_noisy_pairs(file, e);
  }
  if (e.frames() > 0) define_frames(file, e);
  if (e.observations) {
    const Index events = e.events();
    const double interval = e.observations->interval;
    const Eigen::VectorXd all = interval * Eigen::VectorXd::LinSpaced(events + 1, 0, static_cast<double>(events));
    define_observations(file, e, all.tail(events));
    if (e.assimilation) {
      for (Index pass = 0; pass <= e.filter_passes(); ++pass)
        define_assimilation(file, e, assimilation_group(pass), all.tail(events));
      if (e.assimilation->baselines) {
        file.add_group("/climatology", "the mean of a free run of the truth's model as the estimate");
        file.set_attribute("/climatology", "mean_rmse", std::nan(""));
        file.add_group("/optimal_interpolation", "analyses with the climatology as the background");
        file.add_dimension("/optimal_interpolation", {"time", all.tail(events), model_time, "time of the analysis"});
        add_series(file, "/optimal_interpolation", "rmse_analysis", "spatial RMSE of the analysis");
        file.set_attribute("/optimal_interpolation", "mean_rmse_analysis", std::nan(""));
      }
    }
  }
  if (e.surrogate) define_surrogate(file, e);
  if (e.discovery) define_discovery(file, e);
  if (e.comparison) define_comparison(file, e);
  if (e.forecast) define_forecast(file, e);
}

}  // namespace semiflow
