// The keys of [assimilation] that belong to its method.
#include <algorithm>
#include <cmath>

#include "filter.hpp"
#include "networks.hpp"

namespace semiflow {

namespace {

Inflation read_inflation(const Table& table) {
  Inflation inflation;
  inflation.prior_std = table.number("prior_std", 1.0, positive);
  inflation.posterior_std = table.number("posterior_std", 1.0, positive);
  inflation.relaxation_to_prior_perturbations = table.number("relaxation_to_prior_perturbations", 0.0, fraction);
  inflation.relaxation_to_prior_spread = table.number("relaxation_to_prior_spread", 0.0, non_negative);
  return inflation;
}

// White noise on the forecasts, and inflation that follows the innovations, before the analysis as prior_std.
void read_adaptive(const Table& table, AssimilationOptions& options) {
  options.additive_std = table.number("additive_std", 0.0, non_negative);
  if (options.additive_std > 0 && options.method->kind != FilterKind::ensemble)
    throw table.error("additive_std", "'additive_std' is noise on the members of an ensemble filter", "remove it");
  const std::string kind = table.choice("adaptive", {"none", "global", "local"}, "none");
  if (kind == "none") return;
  options.adaptive = kind == "global" ? AdaptiveKind::global : AdaptiveKind::local;
  options.damping = table.number("damping", 1.0, fraction);
  const std::string_view method = options.method->name;
  if (options.method->kind != FilterKind::ensemble || method == "enkf-n" || method.ends_with("particles"))
    throw table.error("adaptive", "'adaptive' has no meaning for method \"" + std::string(method) + "\"",
                      "remove it, or choose an ensemble Kalman filter");
  if (options.inflation.prior_std != 1)
    throw table.error("prior_std", "'prior_std' and 'adaptive' are two inflations of the same kind", "give one");
}

// [assimilation.parameters]: coefficients of the model, by their names.
std::vector<EstimatedParameter> read_parameters(const Table& table, const Experiment& experiment,
                                                const AssimilationOptions& options) {
  const auto parameters = table.optional_table("parameters");
  if (!parameters) return {};
  const std::string method = options.method->name;
  if (options.method->kind != FilterKind::ensemble || options.method->takes("localization") ||
      method == "optimal-particles")
    throw table.error("parameters",
                      "method \"" + method + "\" cannot estimate parameters, which have no place and no window",
                      "choose a global ensemble filter, e.g. etkf");
  if (options.adaptive == AdaptiveKind::local)
    throw table.error("parameters", "parameters have no place, and adaptive = \"local\" inflates by places",
                      "take adaptive = \"global\"");
  const ModelOptions& model = experiment.model;
  std::vector<EstimatedParameter> result;
  for (const std::string& name : parameters->keys()) {
    const auto& known = model.equation->coefficients;
    const auto found = std::ranges::find_if(known, [&](const NamedCoefficient& c) { return name == c.key; });
    if (found == known.end() || found->whole) {
      std::string names;
      for (const NamedCoefficient& c : known)
        if (!c.whole) names.append(names.empty() ? "" : ", ").append(c.key);
      throw parameters->error(
          name, "'" + name + "' is no coefficient of " + model.equation->name + " that could be estimated",
          names.empty() ? "remove it" : "it has " + names);
    }
    const Table entry = parameters->table(name);
    result.push_back({.name = name,
                      .mean = entry.number("mean", model.coefficients.at(name)),
                      .std = entry.number("std", positive),
                      .random_walk_std = entry.number("random_walk_std", 0.0, non_negative)});
    entry.finish();
  }
  if (result.empty()) throw table.error("parameters", "no parameter is named", "name a coefficient of the model");
  parameters->finish();
  return result;
}

// What becomes of members that fail, and of increments.
void read_policies(const Table& table, const Experiment& experiment, AssimilationOptions& options) {
  const std::string method = options.method->name;
  const bool members = options.method->kind == FilterKind::ensemble && !method.ends_with("particles");
  options.replace_failed = table.choice("failed_members", {"stop", "replace"}, "stop") == "replace";
  if (options.replace_failed && !members)
    throw table.error("failed_members", "method \"" + method + "\" cannot replace members",
                      "remove it, or choose an ensemble Kalman filter");
  options.incremental_update = table.boolean("incremental_update", false);
  if (!options.incremental_update) return;
  if (!members || options.method->takes("lag"))
    throw table.error("incremental_update",
                      "method \"" + method + "\" has no increments that could be spread over the next window",
                      "remove it, or choose an ensemble Kalman filter");
  if (!std::holds_alternative<RungeKutta>(experiment.model.stepper))
    throw table.error("incremental_update", "a multistep method cannot start anew after every step",
                      "choose a one-step method as model.stepper");
}

Taper read_taper(const Table& table) {
  const std::string name = table.choice("taper", {"gaspari-cohn", "gaussian", "step"}, "gaspari-cohn");
  if (name == "gaussian") return GaussianTaper{.standard_deviation = table.number("standard_deviation", positive)};
  if (name == "step") return StepTaper{.radius = table.number("radius", positive)};
  return GaspariCohn{.half_width = table.number("half_width", positive)};
}

// Keys that belong to some methods only: what has no meaning would else be taken for what was done. A value that does
// nothing is no harm, so that --set can turn one method into another.
void refuse_keys_of_others(const Table& table, const AssimilationOptions& a) {
  const Inflation& i = a.inflation;
  const std::vector<std::pair<std::string_view, bool>> neutral{
      {"members", a.members == 1},
      {"rotate", !a.rotate},
      {"certainty", a.certainty.value_or(1) == 1},
      {"inflation", i.prior_std == 1 && i.posterior_std == 1 && i.relaxation_to_prior_perturbations == 0 &&
                        i.relaxation_to_prior_spread == 0},
      {"training_runs", table.text("training_runs", "continued") == "continued"},
      {"resampling_threshold", a.resampling_threshold == 1},
      {"regularization", a.regularization == 0}};
  for (const NamedFilter& other : named_filters()) {
    for (const std::string_view key : other.keys) {
      if (!table.has(key) || a.method->takes(key)) continue;
      const auto harmless = std::ranges::find(neutral, key, &std::pair<std::string_view, bool>::first);
      if (harmless != neutral.end() && harmless->second) continue;
      std::string takers;
      for (const NamedFilter& any : named_filters())
        if (any.takes(key)) takers.append(takers.empty() ? "" : ", ").append(any.name);
      throw table.error(key, "'" + std::string(key) + "' has no meaning for method \"" + a.method->name + "\"",
                        "remove it, or choose one of " + takers);
    }
  }
}

}  // namespace

void read_filter(const Table& table, const Experiment& experiment, AssimilationOptions& options) {
  std::vector<std::string_view> names;
  for (const NamedFilter& filter : named_filters()) names.emplace_back(filter.name);
  const std::string name = table.choice("method", names);
  options.method = &*std::ranges::find(named_filters(), name, &NamedFilter::name);
  const auto takes = [&](std::string_view key) { return options.method->takes(key); };
  options.members = takes("members") ? table.integer("members", Range{.at_least = 2, .at_most = 1e6})
                                     : table.integer("members", 1, Range{.at_least = 1});
  if (const auto inflation = table.optional_table("inflation")) {
    options.inflation = read_inflation(*inflation);
    read_adaptive(*inflation, options);
    inflation->finish();
  }
  options.rotate = table.boolean("rotate", false);
  // The IEnKS accounts for its sample only if it is asked to.
  const bool smoother = options.method->kind == FilterKind::smoother;
  if (!smoother || table.has("certainty")) options.certainty = table.number("certainty", 1.0, positive);
  if (takes("iterations")) options.iterations = table.integer("iterations", 10, Range{.at_least = 1, .at_most = 1000});
  if (takes("localization")) {
    // A local filter without a taper would be a slow global one.
    const Table localization = table.table("localization");
    options.taper = read_taper(localization);
    options.batch = localization.integer("batch", 1, Range{.at_least = 1, .at_most = 1e6});
    if (options.batch > 1 && name != "letkf")
      throw localization.error("batch", "'batch' belongs to the letkf, which analyses points together", "remove it");
    localization.finish();
  }
  options.resampling_threshold = table.number("resampling_threshold", 1.0, fraction);
  options.regularization = table.number("regularization", 0.0, non_negative);
  if (takes("background_scale")) {
    options.background_scale = table.number("background_scale", positive);
    options.white_background = table.choice("background", {"climatology", "white"}, "climatology") == "white";
  }
  // Without a lag the state that the enks has smoothed is the analysis; the others would have no window.
  const double shortest = name == "enks" ? 0 : 1;
  if (takes("lag")) options.lag = table.integer("lag", 1, Range{.at_least = shortest, .at_most = 1000});
  if (takes("model_error_std")) options.model_error_std = table.number("model_error_std", non_negative);
  if (takes("cutoff") && table.has("cutoff")) options.cutoff = table.number("cutoff", fraction);
  if (takes("training_runs"))
    options.drawn_training = table.choice("training_runs", {"continued", "drawn"}, "continued") == "drawn";
  if (options.drawn_training && !experiment.truth.source && !is_random(experiment.truth.initial))
    throw table.error("training_runs", "every draw of this truth.initial is the same state",
                      "take a random one, e.g. shape = \"random-field\", or training_runs = \"continued\"");
  if (takes("gain")) options.gain = std::make_shared<GainOptions>(read_gain(table, experiment));
  if (takes("strength")) options.strength = table.number("strength", Range{.above = 0, .at_most = 1.999});
  refuse_keys_of_others(table, options);
  options.parameters = read_parameters(table, experiment, options);
  read_policies(table, experiment, options);

  const ObservationOptions& o = *experiment.observations;
  if (options.method->kind == FilterKind::observer &&
      (o.count > 0 || o.missing || o.availability < 1 || o.footprint > 0 || o.function))
    throw table.error("method", "a constant gain is for sensors at grid points that all report",
                      "choose an ensemble filter");
  if (std::isfinite(o.quality_control) && options.method->kind != FilterKind::ensemble)
    throw table.error("method",
                      "'" + name + "' has no forecast error by which observations.quality_control could judge",
                      "remove the quality control or choose an ensemble filter");
  if (std::isfinite(o.quality_control) && name.ends_with("particles"))
    throw table.error("method",
                      "quality control judges by a Gaussian forecast, which particles are there to do without",
                      "remove observations.quality_control or choose an ensemble Kalman filter");
  if (name == "optimal-particles" && !(options.additive_std > 0 && !o.function))
    throw table.error("method", "an optimal proposal is for a model with noise and linear sensors",
                      "give inflation.additive_std and no observations.function, or choose \"particles\"");
  if (o.error_correlation_length > 0) {
    // Whitened numbers belong to no place, and their errors are not those of the sensors one by one.
    if (takes("localization") || name == "correlation-etkf" || options.adaptive == AdaptiveKind::local)
      throw table.error("method", "errors of sensors that depend on each other are for methods without localisation",
                        "choose a global one, or remove observations.error_correlation_length");
    if (options.method->kind == FilterKind::observer || std::isfinite(o.quality_control))
      throw table.error("method",
                        "constant gains and quality control take the errors of the sensors for independent ones",
                        "remove observations.error_correlation_length");
  }
  if (name == "learned-gain") {
    if (!o.events.empty())
      throw table.error("method",
                        "a learned gain is trained for reports at random times, and observations.times are given",
                        "use observations.event_availability, or the method wiener-gain");
    if (experiment.model.grid.dimensions() > 2)
      throw table.error("method", "a learned gain is for one field on a line or a plane", "choose an ensemble filter");
    networks();  // no library is an error before the first step
  }
  if (name == "wiener-gain" || name == "learned-gain") {
    const ModelOptions& model = experiment.model;
    if (model.equation->fields.size() > 1)
      throw table.error("method", "this gain is for one field", "choose an ensemble filter");
    const bool whole = o.see_whole_state(model.grid.points());
    if (name == "learned-gain" && !whole)
      throw table.error("method", "a learned gain is for a sensor at every point, in the order of the points",
                        "set observations.stride = 1 and no footprint, or choose wiener-gain or an ensemble filter");
    if (name == "wiener-gain" && !whole && std::ssize(o.rows) > largest_covariance)
      throw table.error(
          "method",
          "this gain has a covariance of all sensors, and " + std::to_string(largest_covariance) + " are the most",
          "choose an ensemble filter, or a sensor at every point");
    if (o.warm_up + 2 > experiment.events())
      throw table.error("method", "this gain is trained on two events after observations.warm_up at least",
                        "lengthen truth.duration");
    if (o.event_availability == 0)
      throw table.error("method", "this gain is trained on what is measured after the warm-up, which is nothing",
                        "raise observations.event_availability, or choose nudging");
    if (experiment.truth.source)
      throw table.error("method", "this gain is trained on a run of the truth's model, and [truth] reads a file",
                        "choose an ensemble filter");
    if (experiment.events() < 2 || o.events.size() == 1)
      throw table.error("method", "this gain is trained on two events with reports at least",
                        "lengthen truth.duration");
  }
  const bool plane = experiment.model.grid.dimensions() > 1;
  if (name == "nudging" &&
      (experiment.model.equation->fields.size() > 1 || (plane && std::ssize(o.rows) != experiment.model.grid.points())))
    throw table.error("method", "nudging is for one field on a line, or with a sensor at every point",
                      "choose an ensemble filter");
  if ((takes("background_scale") || (name == "nudging" && plane) || name == "ekf" || name == "optimal-particles") &&
      experiment.model.state_size() > largest_covariance)
    throw table.error("method",
                      "'" + name + "' needs the covariance of a state of " +
                          std::to_string(experiment.model.state_size()) + " numbers, and " +
                          std::to_string(largest_covariance) + " are the most",
                      "choose an ensemble filter");
}

}  // namespace semiflow
