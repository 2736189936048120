#include "experiment.hpp"

#include <algorithm>
#include <cmath>
#include <semiflow/core/error.hpp>
#include <semiflow/core/nearest.hpp>

#include "candidates.hpp"
#include "filter.hpp"
#include "schedule.hpp"
#include "solver.hpp"

namespace semiflow {

void require_multiple(const Table& table, const char* key, double value, double step, const std::string& of) {
  const double ratio = value / step;
  if (std::abs(ratio - std::round(ratio)) > 1e-6)
    throw table.error(key, "'" + std::string(key) + "' is not a multiple of " + of + " (" + std::to_string(step) + ")",
                      "choose a time that is a whole number of steps");
}

std::optional<DataSource> read_source(const Table& table, const std::filesystem::path& beside) {
  if (!table.has("file")) return {};
  std::filesystem::path file = table.text("file");
  if (file.is_relative()) file = beside / file;
  return DataSource{.file = std::move(file), .variable = table.text("variable")};
}

namespace {

// [truth] courant: steps that follow the flow.
std::optional<CourantLimits> read_courant(const Table& table, const ModelOptions& model) {
  if (!table.has("courant")) return {};
  const CourantLimits limits{.target = table.number("courant", positive)};
  const std::string_view name = model.equation->name;
  if (name != "burgers" && name != "barotropic" && !model.equation->vorticity)
    throw table.error("courant", "this equation has no velocity whose Courant number is known",
                      "remove it, or use burgers, navier-stokes or barotropic");
  if (!std::holds_alternative<RungeKutta>(model.stepper))
    throw table.error("courant", "a multistep method cannot change its step", "choose a one-step method");
  if (model.ring)
    throw table.error("courant", "random forcing belongs to steps of one length", "remove courant or the forcing");
  return limits;
}

TruthOptions read_truth(const Table& table, const ModelOptions& model, const std::filesystem::path& beside) {
  TruthOptions truth;
  truth.source = read_source(table, beside);
  truth.model = model;
  if (!truth.source) {
    truth.model = read_truth_model(table, model, beside);
    if (truth.model.ring) {
      try {
        validate(*truth.model.ring, equation(truth.model));
      } catch (const Error& problem) {
        throw table.error("forcing", problem.what());
      }
    }
    truth.courant = read_courant(table, truth.model);
    truth.spin_up = table.number("spin_up", 0.0, non_negative);
    require_multiple(table, "spin_up", truth.spin_up, truth.model.dt, "truth.dt");
    truth.perturbation_std = table.number("perturbation_std", 0.0, non_negative);
    truth.initial = read_initial_state(table, truth.model, beside);
    if (table.has("interval")) {
      truth.interval = table.number("interval", positive);
      require_multiple(table, "interval", truth.interval, truth.model.dt, "truth.dt");
    }
  }
  if (table.has("duration")) truth.duration = table.number("duration", positive);
  table.finish();
  return truth;
}

// Members around the truth, or from anywhere on the attractor.
void read_start(const Table& table, const Experiment& experiment, AssimilationOptions& a) {
  if (!table.has("initial_interval")) {
    a.initial_std = table.number("initial_std", positive);
    return;
  }
  a.initial_interval = table.number("initial_interval", positive);
  if (a.method->kind == FilterKind::extended_kalman || a.method->kind == FilterKind::four_d_var)
    throw table.error("initial_interval",
                      "'initial_interval' places the members of an ensemble, and this method has none",
                      "give initial_std");
  if (table.has("initial_std"))
    throw table.error("initial_std", "'initial_std' and 'initial_interval' both say where the members begin",
                      "give one of them");
  if (experiment.truth.source)
    throw table.error("initial_interval", "the members come from a run of the truth's model, and [truth] reads a file",
                      "give initial_std");
  require_multiple(table, "initial_interval", a.initial_interval, experiment.truth.model.dt, "truth.dt");
}

AssimilationOptions read_assimilation(const Table& table, const Experiment& experiment) {
  AssimilationOptions a;
  read_filter(table, experiment, a);
  read_start(table, experiment, a);
  read_forecast_model(table, experiment, a);
  a.burn_in = table.number("burn_in", 0.0, non_negative);
  const bool small = experiment.model.state_size() <= largest_covariance;
  a.baselines = table.boolean("baselines", small);
  if (a.baselines && !small)
    throw table.error("baselines",
                      "the baselines need the covariance of a state of " +
                          std::to_string(experiment.model.state_size()) + " numbers, and " +
                          std::to_string(largest_covariance) + " are the most",
                      "set baselines = false");
  const Index left = experiment.events() - experiment.events_until(a.burn_in);
  if (left < (a.baselines ? 2 : 1))
    throw table.error("burn_in",
                      "'burn_in' leaves " + std::to_string(std::max<Index>(left, 0)) + " of the " +
                          std::to_string(experiment.events()) + " observation times, and the scores need " +
                          (a.baselines ? "2, a covariance for the baselines" : "1"),
                      "shorten it or lengthen truth.duration");
  a.save_ensemble = table.boolean("save_ensemble", false);
  a.error_spectra = table.boolean("error_spectra", false);
  const bool ensemble = a.method->kind == FilterKind::ensemble || a.method->kind == FilterKind::smoother;
  if (a.error_spectra && (!ensemble || experiment.model.equation->make_ordinary))
    throw table.error("error_spectra", "'error_spectra' are those of an ensemble of fields",
                      "remove it, or choose an ensemble filter and a partial differential equation");
  table.finish();
  return a;
}

ForecastOptions read_forecast(const Table& table, const Experiment& experiment) {
  if (!experiment.assimilation)
    throw table.error("lead", "forecasts start from analyses, and there is no [assimilation]", "add one");
  if (experiment.assimilation->surrogate)
    throw table.error("lead", "these forecasts are the model's, and the filter's are the surrogate's",
                      "remove assimilation.forecast, or look at surrogate.evaluation.lead");
  ForecastOptions f;
  f.interval = table.number("interval", experiment.observations->interval, positive);
  require_multiple(table, "interval", f.interval, experiment.observations->interval, "observations.interval");
  f.lead = table.number("lead", positive);
  require_multiple(table, "lead", f.lead, f.interval, "forecast.interval");
  f.from = table.number("from", experiment.assimilation->burn_in, non_negative);
  f.stride = table.integer("stride", 1, Range{.at_least = 1});
  table.finish();
  return f;
}

ComparisonOptions read_comparison(const Table& table, const Experiment& e) {
  if (!e.discovery || e.discovery->source != IncrementSource::pairs)
    throw table.error("lead", "the comparison begins where the pairs of [discovery] end",
                      "add [discovery] with source = \"pairs\"; after a filter, [forecast] compares");
  ComparisonOptions c;
  c.interval = table.number("interval", positive);
  c.lead = table.number("lead", positive);
  require_multiple(table, "lead", c.lead, c.interval, "comparison.interval");
  c.starts = table.integer("starts", Range{.at_least = 1, .at_most = 1e6});
  c.start_interval = table.number("start_interval", Range{.at_least = c.lead});
  c.sample_interval = table.number("sample_interval", positive);
  c.duration = table.number("duration", Range{.at_least = c.sample_interval});
  require_multiple(table, "duration", c.duration, c.sample_interval, "comparison.sample_interval");
  c.spin_up = table.number("spin_up", 0.0, non_negative);
  for (const auto& [dt, of] : {std::pair{e.truth.model.dt, "truth.dt"}, {e.model.dt, "model.dt"}}) {
    require_multiple(table, "interval", c.interval, dt, of);
    require_multiple(table, "sample_interval", c.sample_interval, dt, of);
  }
  require_multiple(table, "start_interval", c.start_interval, e.truth.model.dt, "truth.dt");
  require_multiple(table, "spin_up", c.spin_up, e.model.dt, "model.dt");
  table.finish();
  return c;
}

// Before any section is read: a misspelt one would else be reported as missing.
void require_known_sections(const Table& root) {
  const std::vector<std::string> known{"experiment", "model",      "truth",    "observations", "assimilation",
                                       "discovery",  "comparison", "forecast", "surrogate",    "output"};
  for (const std::string& key : root.keys()) {
    if (std::ranges::find(known, key) != known.end()) continue;
    bool section = true;
    try {
      root.optional_table(key);
    } catch (const Error&) {
      section = false;
    }
    if (!section) throw root.error(key, "unknown key '" + key + "'", "every key stands in a [section]");
    const auto near = nearest(key, known);
    std::string all;
    for (const std::string& name : known) all += (all.empty() ? "" : ", ") + name;
    throw root.error(key, "unknown section [" + key + "]",
                     near ? "did you mean [" + *near + "]?" : "known here: " + all);
  }
}

// [output] says how to run, not what: a run may go on with other values there. Any fixed values will do, if all runs
// share them.
std::string settings_without_output(const Configuration& configuration) {
  const std::vector<std::string> fixed{"output.checkpoint_seconds=0", "output.compression=0"};
  return parse_configuration(configuration.effective_text, configuration.path, fixed).effective_text;
}

}  // namespace

Experiment read_experiment(const Configuration& configuration) {
  const Table& root = configuration.root;
  const std::filesystem::path beside = configuration.path.parent_path();
  Experiment e;
  require_known_sections(root);
  e.file = configuration.path;
  e.text = configuration.text;

  const Table experiment = root.table("experiment");
  e.name = experiment.text("name");
  e.seed = static_cast<std::uint64_t>(experiment.integer("seed", 1, non_negative));
  experiment.finish();

  e.model = read_model(root.table("model"), beside);
  const Table truth = root.table("truth");
  e.truth = read_truth(truth, e.model, beside);
  if (e.truth.interval > 0 && e.truth.duration == 0)
    throw truth.error("duration", "missing key 'duration' in [truth]", "say how long the record is");
  if (root.has("discovery") && e.model.equation->make_ordinary)
    throw root.error("discovery", "[discovery] adds terms to a partial differential equation, and this is none",
                     "use one");
  if (root.has("discovery") &&
      e.model.equation->fields.size() * static_cast<std::size_t>(e.model.grid.dimensions()) > 1 &&
      !has_candidates(e.model))
    throw root.error("discovery", "[discovery] wants an equation of one field on a line, or 'two-layer-jet'",
                     "use one");
  if (const auto table = root.optional_table("surrogate")) e.surrogate = read_surrogate(*table, e);
  if (const auto table = root.optional_table("observations")) {
    if (e.truth.interval > 0)
      throw truth.error("interval", "with [observations] the truth is recorded at the observation times",
                        "remove 'interval'");
    e.observations = read_observations(*table, e.model, beside);
    require_multiple(*table, "interval", e.observations->interval, e.model.dt, "model.dt");
    if (!e.truth.source) require_multiple(*table, "interval", e.observations->interval, e.truth.model.dt, "truth.dt");
    if (e.observations->source && !e.truth.source)
      throw table->error("file", "observations from a file need the truth from a file too, to be scored against",
                         "add file and variable to [truth]");
    if (e.truth.duration == 0)
      throw truth.error("duration", "missing key 'duration' in [truth]", "say how long the record is");
    if (e.events() < 1)
      throw truth.error("duration", "'duration' is shorter than observations.interval", "there is nothing to observe");
    if (!e.observations->events.empty() && e.observations->events.back() > e.events())
      throw table->error("times", "'times' go beyond truth.duration", "no report can be made there");
  }
  if (const auto table = root.optional_table("assimilation")) {
    if (!e.observations) throw table->error("method", "there is nothing to assimilate", "add [observations]");
    e.assimilation = read_assimilation(*table, e);
  }
  if (const auto table = root.optional_table("discovery")) {
    if (e.assimilation && !e.assimilation->parameters.empty())
      throw table->error("source", "[discovery] corrects a model whose coefficients [assimilation.parameters] changes",
                         "remove one of them");
    e.discovery = read_discovery(*table, e);
    if (e.assimilation && e.assimilation->surrogate &&
        (e.discovery->method != DiscoveryMethod::increments || e.discovery->passes > 1))
      throw table->error("method", "the filter forecasts with the surrogate, which takes no closed-form correction",
                         "use method = \"increments\" with one pass, or remove assimilation.forecast");
    if (e.assimilation && !e.discovers_in_loop() && increment_range(e).end <= increment_range(e).first)
      throw table->error("until", "no increment lies between the burn-in and 'until'",
                         "two analyses must; shorten assimilation.burn_in or raise 'until'");
  }
  if (e.is_closure() && (!e.discovery || e.discovery->source != IncrementSource::pairs))
    throw truth.error("points", "a truth on a finer grid than the model's is looked at in pairs only",
                      "use [discovery] with source = \"pairs\", or the points of [model]");
  if (const auto table = root.optional_table("comparison")) e.comparison = read_comparison(*table, e);
  if (const auto table = root.optional_table("forecast")) {
    e.forecast = read_forecast(*table, e);
    if (forecast_starts(e).empty())
      throw table->error("from", "no forecast of the longest lead time fits between 'from' and the end of the record",
                         "lower 'from', shorten 'lead' or lengthen truth.duration");
  }
  const bool pairs = e.discovery && e.discovery->source == IncrementSource::pairs;
  if (!e.observations && !pairs && !e.surrogate && e.truth.interval == 0)
    throw truth.error("interval", "nothing is asked of the truth",
                      "give its interval and duration to record it, or add [observations]");
  if (e.truth.interval > 0) require_multiple(truth, "duration", e.truth.duration, e.truth.interval, "truth.interval");
  if (const auto output = root.optional_table("output")) {
    e.checkpoint_seconds = output->number("checkpoint_seconds", e.checkpoint_seconds, non_negative);
    e.compression = static_cast<int>(output->integer("compression", 0, Range{.at_least = 0, .at_most = 9}));
    output->finish();
  }
  root.finish();
  e.settings = settings_without_output(configuration);

  for (const ModelOptions* model : {&e.model, &e.truth.model}) {
    if (model == &e.truth.model && e.truth.source) continue;
    const char* section = model == &e.model ? "model" : "truth";
    try {
      Solver{*model};
    } catch (const Error& problem) {
      throw root.table(section).error("dt", problem.what());
    }
  }
  return e;
}

}  // namespace semiflow
