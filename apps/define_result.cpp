#include <cstdlib>
#include <semiflow/core/library_versions.hpp>

#include "build_info.hpp"
#include "record.hpp"
#include "run.hpp"
#include "schedule.hpp"
#include "sensors.hpp"
#include "smoothed_scores.hpp"

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

// A series of an assimilation with the attributes of its mean.
template <std::size_t n>
void define_scores(ResultFile& file, const std::string& group, const std::array<ScoreSeries, n>& all) {
  for (const auto& [name, text] : all) {
    add_series(file, group, name, text);
    for (const char* what : {"", "_half_width"})
      file.set_attribute(group, std::string("mean_") + name + what, std::nan(""));
  }
}

void define_assimilation(ResultFile& file, const Experiment& e, const std::string& group,
                         const Eigen::VectorXd& times) {
  file.add_group(group, "ensemble forecasts and analyses");
  file.add_dimension(group, {"time", times, model_time, "time of the analysis"});
  for (const auto& [name, text] : {std::pair{"forecast_mean", "estimate before the analysis, the mean of an ensemble"},
                                   {"analysis_mean", "estimate after the analysis"}})
    define_states(file, e, group, name, {"time"}, text);
  define_scores(file, group, score_series);
  if (is_smoother(e)) define_scores(file, group, smoothed_series);
  file.add_dimension(group, Dimension::numbered("rank", e.assimilation->members + 1, "members below the truth"));
  file.add_variable({.path = group + "/rank_histogram",
                     .dimensions = {"rank"},
                     .units = "1",
                     .long_name = "share of points and times at which so many members lie below the truth"});
  if (const std::vector<ParameterPrior>& priors = e.assimilation->parameters; !priors.empty()) {
    std::vector<std::string> names;
    for (const ParameterPrior& prior : priors) names.push_back(prior.name);
    file.add_dimension(group, Dimension::numbered("parameter", std::ssize(priors), "coefficient of the model"));
    file.add_labels(group + "/parameter_name", "parameter", names);
    for (const auto& [name, text] : {std::pair{"parameter_mean", "estimate of the coefficient after the analysis"},
                                     {"parameter_std", "standard deviation of the members' coefficients then"}})
      file.add_variable(
          {.path = group + "/" + name, .dimensions = {"time", "parameter"}, .units = "1", .long_name = text});
  }
  if (e.assimilation->save_ensemble) {
    file.add_dimension(group, Dimension::numbered("member", e.assimilation->members, "ensemble member"));
    define_states(file, e, group, "ensemble", {"time", "member"}, "ensemble after the analysis");
  }
  file.set_attribute(group, "burn_in", e.assimilation->burn_in);
  for (const char* name : departure_attributes) file.set_attribute(group, name, std::nan(""));
  // The truth is one more draw: a perfect ensemble of N members has sqrt(N / (N + 1)), not 1.
  file.set_attribute(group, "spread_skill_ratio", std::nan(""));
}

void define_discovery(ResultFile& file, const Experiment& e) {
  const DiscoveryStageOptions& d = *e.discovery;
  const TermLibrary library(e.model.grid, d.library);
  std::vector<std::string> names;
  for (const Term& term : library.terms()) names.push_back(term.name);
  file.add_group("/discovery", "terms that the model lacks");
  Dimension pass = Dimension::numbered("pass", d.passes, "pass of the outer loop");
  pass.coordinate.array() += 1;
  file.add_dimension("/discovery", pass);
  file.add_dimension("/discovery", Dimension::numbered("term", library.size(), "term of the library"));
  file.add_labels("/discovery/term_name", "term", names);
  for (const auto& [name, text] : {std::pair{"coefficient", "coefficient that the model lacks"},
                                   {"standard_deviation", "jackknife standard deviation of the coefficient"},
                                   {"contribution", "share of the rms of the model error that only this term explains"},
                                   {"candidate", "1 where the sparse regression kept the term before the elimination"}})
    file.add_variable(
        {.path = std::string("/discovery/") + name, .dimensions = {"pass", "term"}, .units = "1", .long_name = text});
  for (const auto& [name, text] :
       {std::pair{"relative_residual", "rms of the unexplained part over that of the model error"},
        {"log_bayes_factor", "log evidence of the sparse regression against an exact model"},
        {"coefficient_error", "eps*: distance of the corrected equation from the truth, relative to the truth"},
        {"largest_relative_error", "largest relative error of a missing term's coefficient"},
        {"support_is_right", "1 where exactly the missing terms were found"}})
    file.add_variable(
        {.path = std::string("/discovery/") + name, .dimensions = {"pass"}, .units = "1", .long_name = text});
  file.add_variable({.path = "/discovery/true_coefficient",
                     .dimensions = {"term"},
                     .units = "1",
                     .long_name = "coefficient of the truth minus that of the model"});
  file.set_attribute("/discovery", "model_error", std::nan(""));
  file.set_attribute("/discovery", "equation", "", 1024);
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
      file.add_variable({.path = std::string("/truth/") + name,
                         .dimensions = {"pair", "x"},
                         .units = "1",
                         .long_name = std::string("state ") + name + " the separation"});
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
  if (e.discovery) define_discovery(file, e);
  if (e.forecast) define_forecast(file, e);
}

}  // namespace semiflow
