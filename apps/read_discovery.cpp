// [discovery].
#include <algorithm>
#include <array>
#include <semiflow/assimilation/discovery/band_limited.hpp>
#include <semiflow/core/error.hpp>

#include "candidates.hpp"
#include "experiment.hpp"
#include "filter.hpp"
#include "interpolate.hpp"

namespace semiflow {

namespace {

constexpr std::array<std::string_view, 4> of_increments{"fast", "classic", "stlsq", "ridge"};
constexpr std::array<std::string_view, 3> of_joint{"evidence", "stlsq", "ridge"};

// Which regression chooses the terms; the keys of one are unknown to the other.
void read_algorithm(const Table& table, std::span<const std::string_view> choices, DiscoveryOptions& regression) {
  const std::string algorithm = table.choice("algorithm", choices, std::string(choices.front()));
  if (algorithm != "stlsq" && algorithm != "ridge") {
    if (algorithm == "classic") regression.regression.algorithm = RelevanceAlgorithm::classic;
    return;
  }
  RidgeOptions ridge;
  ridge.penalty = table.number("penalty", ridge.penalty, non_negative);
  if (table.choice("columns", {"standardised", "raw"}, "standardised") == "raw") ridge.columns = ColumnScale::raw;
  if (algorithm == "ridge")
    regression.baseline = ridge;
  else
    regression.baseline = ThresholdOptions{
        .threshold = table.number("threshold", ThresholdOptions{}.threshold, non_negative), .ridge = ridge};
}

// Discovery within the cycle of the filter.
void read_loop(const Table& table, const Experiment& experiment, DiscoveryStageOptions& d) {
  d.method = DiscoveryMethod::innovations;
  if (d.source != IncrementSource::filter || !experiment.assimilation)
    throw table.error("method", "'innovations' are those of a filter",
                      "add [assimilation] and source = \"filter\", or use another method");
  const AssimilationOptions& a = *experiment.assimilation;
  const std::string_view name = a.method->name;
  constexpr std::array<std::string_view, 5> linear{"etkf", "ensrf", "denkf", "enkf", "letkf"};
  if (std::ranges::find(linear, name) == linear.end())
    throw table.error("method",
                      "'innovations' asks for the gain of the filter, and '" + std::string(name) + "' has none",
                      "choose etkf, ensrf, denkf, enkf or letkf, or another method");
  if (a.adaptive != AdaptiveKind::none || a.incremental_update || experiment.observations->function != nullptr)
    throw table.error("method",
                      "'innovations' wants linear sensors, and an inflation and an update that do not depend on them",
                      "remove inflation.adaptive, incremental_update and observations.function");
  d.window = table.integer("window", Range{.at_least = 1, .at_most = static_cast<double>(experiment.events())});
  d.passes = experiment.events() / d.window;
  d.half_life = table.number("half_life", d.half_life, positive);
}

// How the terms are found; the keys of one method are unknown to the other.
void read_method(const Table& table, const Experiment& experiment, DiscoveryStageOptions& d) {
  const std::string method = table.choice("method", {"increments", "joint", "innovations"}, "increments");
  if (method == "innovations") return read_loop(table, experiment, d);
  if (method == "increments") {
    d.passes = table.integer("passes", 1, Range{.at_least = 1, .at_most = 100});
    read_algorithm(table, of_increments, d.regression);
    if (!d.regression.baseline)
      d.regression.minimum_contribution =
          table.number("minimum_contribution", d.regression.minimum_contribution, fraction);
    return;
  }
  d.method = DiscoveryMethod::joint;
  read_algorithm(table, of_joint, d.regression);
  d.iterations = table.integer("iterations", d.iterations, Range{.at_least = 1, .at_most = 1000});
  const ModelOptions& model = experiment.model;
  if (!std::holds_alternative<RungeKutta>(model.stepper))
    throw table.error("method", "'joint' needs a tangent linear model, and a multistep method has none",
                      "choose another model.stepper, or method = \"increments\"");
  if (d.source == IncrementSource::filter) {
    d.passes = table.integer("passes", 1, Range{.at_least = 1, .at_most = 100});
    d.window = table.integer("window", 4, Range{.at_least = 1, .at_most = 1000});
    d.background_scale = table.number("background_scale", d.background_scale, positive);
    if (experiment.assimilation && (!experiment.assimilation->save_ensemble || experiment.assimilation->members < 2))
      throw table.error("method", "'joint' takes the covariance of the analyses from their members",
                        "use an ensemble filter with assimilation.save_ensemble = true");
    if (experiment.observations && experiment.observations->function != nullptr)
      throw table.error("method", "'joint' wants sensors that are linear", "remove observations.function");
    return;
  }
  // The model runs on another grid, made for the waves that stand above the noise.
  if (!model.forces.empty() || model.filter.strength != 0)
    throw table.error("method", "'joint' moves the model to another grid, and a force or a filter belongs to one grid",
                      "remove [model.forcing] and filter_strength, or use method = \"increments\"");
}

void read_library(const Table& table, const ModelOptions& model, LibraryOptions& library_options) {
  if (const auto library = table.optional_table("library")) {
    if (has_candidates(model)) {
      library_options.names = library->texts("names", {});
    } else {
      library_options.max_power = library->integer("max_power", 4, Range{.at_least = 0, .at_most = 8});
      library_options.max_order = library->integer("max_order", 4, Range{.at_least = 0, .at_most = 8});
      library_options.names = library->texts("names", {});
      if (library_options.max_power + library_options.max_order == 0)
        throw library->error("max_order", "the library has no term at all", "raise max_power or max_order");
    }
    try {
      candidates(model, library_options);
    } catch (const Error& problem) {
      throw library->error("names", problem.what());
    }
    library->finish();
  }
}

// A network of the coordinates; kind is one of three.
NetworkInterpolation read_network(const Table& sensors, const std::string& kind) {
  NetworkInterpolation n{.shared_features = kind == "shared-features"};
  CoordinateNetworkOptions& o = n.network;
  // A wide layer that is never trained serves many fields; a trained one serves those it was trained for, and not the
  // small change from one to the next.
  if (n.shared_features) {
    o.features = 100;
    o.feature_std = 0.6;
    o.layers = 1;
    o.width = 2500;
    o.iterations = 0;
  }
  if (kind == "network") o.features = 0;
  if (const auto table = sensors.optional_table("network")) {
    const Range count{.at_least = 1, .at_most = 100000};
    if (kind != "network") {
      o.periodic = table->boolean("periodic", o.periodic);
      o.features = table->integer("features", o.features, count);
      o.feature_std = table->number("feature_std", o.feature_std, positive);
    }
    o.width = table->integer("width", o.width, count);
    o.layers = table->integer("layers", o.layers, Range{.at_least = 1, .at_most = 100});
    o.iterations = table->integer("iterations", o.iterations, Range{.at_least = 0, .at_most = 1e9});
    o.batch = table->integer("batch", o.batch, Range{.at_least = 0, .at_most = 1e9});
    o.learning_rate = table->number("learning_rate", o.learning_rate, positive);
    if (n.shared_features) n.penalty = table->number("penalty", n.penalty, positive);
    table->finish();
  }
  return n;
}

void read_interpolator(const Table& sensors, const ModelOptions& model, DiscoveryStageOptions& d) {
  const std::string kind = sensors.choice(
      "interpolator", {"band-limited", "nearest", "cubic", "rbf", "network", "random-features", "shared-features"},
      "band-limited");
  if (kind == "band-limited") {
    d.sensor_max_wavenumber = sensors.number("max_wavenumber", positive);
    try {
      BandLimitedFit(model.grid, sensor_points(model.grid, d.sensor_fraction, 0),
                     {.max_wavenumber = d.sensor_max_wavenumber});
    } catch (const Error& problem) {
      throw sensors.error("max_wavenumber", problem.what(), "lower it");
    }
  } else if (kind == "nearest") {
    d.interpolator = Interpolator::nearest;
  } else if (kind == "cubic") {
    d.interpolator = Interpolator::cubic;
    d.spline.neighbours = sensors.integer("neighbours", d.spline.neighbours, Range{.at_least = 10, .at_most = 1000});
  } else if (kind == "rbf") {
    d.interpolator = Interpolator::gaussian_process;
    d.process.smoothness = sensors.number("smoothness", d.process.smoothness, positive);
    d.process.length = sensors.number("length", d.process.length, positive);
  } else {
    d.interpolator = Interpolator::network;
    d.network = read_network(sensors, kind);
    if (d.sensor_fraction < 1) networks();  // no library is an error before the first step
  }
}

// What only an equation of several fields has.
void read_fields(const Table& table, const ModelOptions& model, DiscoveryStageOptions& d) {
  if (d.method == DiscoveryMethod::innovations) return;
  if (d.source != IncrementSource::pairs || d.method != DiscoveryMethod::increments)
    throw table.error("source", "equations of several fields are discovered from increments of pairs or in the loop",
                      "use source = \"pairs\" and method = \"increments\", or method = \"innovations\"");
  d.minimum_of_residual = table.number("minimum_of_residual", d.minimum_of_residual, fraction);
  const auto sensors = table.optional_table("sensors");
  if (!sensors) return;
  d.sensor_fraction = sensors->number("fraction", Range{.above = 0, .at_most = 1});
  read_interpolator(*sensors, model, d);
  sensors->finish();
}

}  // namespace

DiscoveryStageOptions read_discovery(const Table& table, const Experiment& experiment) {
  DiscoveryStageOptions d;
  if (table.choice("source", {"filter", "pairs"}) == "pairs") d.source = IncrementSource::pairs;
  read_method(table, experiment, d);
  if (d.method != DiscoveryMethod::innovations)
    d.blocks = table.integer("blocks", 10, Range{.at_least = 2, .at_most = 1000});
  if (d.method == DiscoveryMethod::increments &&
      table.choice("error_bars", {"jackknife", "bootstrap"}, "jackknife") == "bootstrap")
    d.regression.error_bars = {
        .bootstrap_samples = table.integer("bootstrap_samples", 200, Range{.at_least = 2, .at_most = 1e6}),
        .seed = experiment.seed};
  // From a filter, what the sensors see is what they see.
  if (d.method == DiscoveryMethod::increments || d.source == IncrementSource::pairs)
    d.max_wavenumber = table.number("max_wavenumber", d.max_wavenumber, positive);
  read_library(table, experiment.model, d.library);
  if (has_candidates(experiment.model)) read_fields(table, experiment.model, d);
  if (d.source == IncrementSource::pairs) {
    if (experiment.truth.source)
      throw table.error("source", "pairs are made by the truth's solver, and [truth] reads a file",
                        "use source = \"filter\", or let the truth be computed");
    const Table pairs = table.table("pairs");
    d.pairs = pairs.integer("count", Range{.at_least = 1, .at_most = 1e7});
    d.pair_interval = pairs.number("interval", positive);
    d.separation = pairs.number("separation", Range{.above = 0, .at_most = d.pair_interval});
    for (const auto& [dt, of] : {std::pair{experiment.truth.model.dt, "truth.dt"}, {experiment.model.dt, "model.dt"}})
      require_multiple(pairs, "separation", d.separation, dt, of);
    require_multiple(pairs, "interval", d.pair_interval, experiment.truth.model.dt, "truth.dt");
    if (d.method == DiscoveryMethod::joint)
      d.noise_std = pairs.number("noise_std", positive);
    else if (has_candidates(experiment.model))
      d.relative_noise = pairs.number("relative_noise", 0.0, non_negative);
    else
      d.noise_std = pairs.number("noise_std", 0.0, non_negative);
    pairs.finish();
    // The truth's solver runs from pair to pair: there is no record that sensors could look at.
    if (experiment.observations)
      throw table.error("source", "pairs take the place of the record that [observations] needs",
                        "remove [observations] and what builds on it, or use source = \"filter\"");
  } else {
    if (!experiment.assimilation)
      throw table.error("source", "'filter' needs the increments of a filter, and there is no [assimilation]",
                        "add one, or use source = \"pairs\"");
    if (d.method != DiscoveryMethod::innovations)
      d.until =
          table.number("until", experiment.truth.duration, Range{.above = 0, .at_most = experiment.truth.duration});
  }
  table.finish();
  return d;
}

}  // namespace semiflow
