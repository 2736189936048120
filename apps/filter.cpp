// [assimilation] method, and what belongs to it.
#include "filter.hpp"

#include <algorithm>
#include <cmath>

#include "climatology.hpp"
#include "sensors.hpp"

namespace semiflow {

namespace {

const AssimilationOptions& options_of(const RunContext& run) { return *run.experiment.assimilation; }

template <class Scheme>
Filter square_root(RunContext& run) {
  const AssimilationOptions& a = options_of(run);
  return Scheme({.inflation = a.inflation, .rotate = a.rotate, .seed = run.experiment.seed});
}

template <class Scheme>
Filter stochastic(RunContext& run) {
  return Scheme({.inflation = options_of(run).inflation, .seed = run.experiment.seed});
}

Filter finite_size(RunContext& run) {
  const AssimilationOptions& a = options_of(run);
  return FiniteSizeEnkf({.inflation = a.inflation,
                         .certainty = a.certainty.value_or(1),
                         .rotate = a.rotate,
                         .seed = run.experiment.seed});
}

Filter local_transform(RunContext& run) {
  const AssimilationOptions& a = options_of(run);
  const Grid& grid = run.experiment.model.grid;
  return Letkf(grid, {.taper = a.taper,
                      .batch = std::vector<Index>(static_cast<std::size_t>(grid.dimensions()), a.batch),
                      .inflation = a.inflation,
                      .rotate = a.rotate,
                      .seed = run.experiment.seed});
}

Filter local_serial(RunContext& run) {
  const AssimilationOptions& a = options_of(run);
  return LocalEakf(run.experiment.model.grid,
                   {.taper = a.taper, .inflation = a.inflation, .rotate = a.rotate, .seed = run.experiment.seed});
}

Filter local_stochastic(RunContext& run) {
  const AssimilationOptions& a = options_of(run);
  return SchurEnkf(run.experiment.model.grid,
                   {.taper = a.taper, .inflation = a.inflation, .seed = run.experiment.seed});
}

Filter correlation_transform(RunContext& run) {
  const AssimilationOptions& a = options_of(run);
  return CorrelationEtkf(
      {.cutoff = a.cutoff, .inflation = a.inflation, .rotate = a.rotate, .seed = run.experiment.seed});
}

Filter particles(RunContext& run) {
  const AssimilationOptions& a = options_of(run);
  return ParticleFilter({.resampling_threshold = a.resampling_threshold,
                         .regularization = a.regularization,
                         .state_size = run.experiment.model.state_size(),
                         .seed = run.experiment.seed});
}

Filter three_d_var_cycle(RunContext& run) {
  const Experiment& e = run.experiment;
  const SensorNetwork network(e);
  const Index n = e.model.state_size();
  const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(n, n);
  const Eigen::MatrixXd H = network.sensors(1).tangent(identity.col(0), identity);
  const double std = e.observations->error_std;
  return ConstantGain(kalman_gain(background_covariance(run), H, Eigen::VectorXd::Constant(network.size(), std * std)));
}

Filter nudging(RunContext& run) {
  const Experiment& e = run.experiment;
  return ConstantGain(nudging_gain(e.model.grid, e.observations->rows, options_of(run).strength));
}

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
  if (options.method->kind != FilterKind::ensemble || method == "enkf-n" || method == "particles")
    throw table.error("adaptive", "'adaptive' has no meaning for method \"" + std::string(method) + "\"",
                      "remove it, or choose an ensemble Kalman filter");
  if (options.inflation.prior_std != 1)
    throw table.error("prior_std", "'prior_std' and 'adaptive' are two inflations of the same kind", "give one");
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

const std::vector<NamedFilter>& named_filters() {
  using enum FilterKind;
  static const std::vector<NamedFilter> filters{
      {"etkf",
       "ensemble transform Kalman filter, symmetric square root (Hunt et al. 2007)",
       ensemble,
       {"members", "inflation", "rotate"},
       square_root<Etkf>},
      {"ensrf",
       "serial ensemble square-root filter (Whitaker & Hamill 2002)",
       ensemble,
       {"members", "inflation", "rotate"},
       square_root<Ensrf>},
      {"denkf",
       "deterministic ensemble Kalman filter (Sakov & Oke 2008)",
       ensemble,
       {"members", "inflation", "rotate"},
       square_root<Denkf>},
      {"enkf-n",
       "finite-size ensemble Kalman filter, no tuned inflation (Bocquet 2011)",
       ensemble,
       {"members", "inflation", "rotate", "certainty"},
       finite_size},
      {"enkf",
       "stochastic ensemble Kalman filter, perturbations without mean (Burgers et al. 1998)",
       ensemble,
       {"members", "inflation"},
       stochastic<StochasticEnkf>},
      {"serial-enkf",
       "the same, sensor by sensor (Houtekamer & Mitchell 2001)",
       ensemble,
       {"members", "inflation"},
       stochastic<SerialEnkf>},
      {"letkf",
       "local ensemble transform Kalman filter, R-localisation (Hunt et al. 2007)",
       ensemble,
       {"members", "inflation", "rotate", "localization"},
       local_transform},
      {"local-eakf",
       "serial adjustment filter, covariance localisation (Anderson 2003)",
       ensemble,
       {"members", "inflation", "rotate", "localization"},
       local_serial},
      {"schur-enkf",
       "stochastic filter, Schur product of the covariances (Houtekamer & Mitchell 2001)",
       ensemble,
       {"members", "inflation", "localization"},
       local_stochastic},
      {"correlation-etkf",
       "ETKF of the sensors that the members correlate with a row (Luo & Bhakta 2020)",
       ensemble,
       {"members", "inflation", "rotate", "cutoff"},
       correlation_transform},
      {"ienks",
       "iterative ensemble Kalman smoother (Bocquet & Sakov 2014)",
       smoother,
       {"members", "inflation", "rotate", "certainty", "lag", "iterations"},
       nullptr},
      {"particles",
       "bootstrap particle filter (Gordon et al. 1993)",
       ensemble,
       {"members", "resampling_threshold", "regularization"},
       particles},
      {"ekf",
       "extended Kalman filter (Jazwinski 1970); of inflation it takes prior_std",
       extended_kalman,
       {"inflation"},
       nullptr},
      {"3d-var",
       "the forecast corrected with the covariance of the climatology (Lorenc 1986)",
       observer,
       {"background", "background_scale"},
       three_d_var_cycle},
      {"4d-var",
       "the state at the beginning of a sliding window (Courtier et al. 1994; DAPPER's Var4D)",
       four_d_var,
       {"background", "background_scale", "lag"},
       nullptr},
      {"nudging",
       "observer of Azouani, Olson & Titi (2014), at the times of the data",
       observer,
       {"strength"},
       nudging}};
  return filters;
}

bool NamedFilter::takes(std::string_view key) const { return std::ranges::find(keys, key) != keys.end(); }

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
  if (takes("lag")) options.lag = table.integer("lag", 1, Range{.at_least = 1, .at_most = 1000});
  if (takes("cutoff") && table.has("cutoff")) options.cutoff = table.number("cutoff", fraction);
  if (takes("strength")) options.strength = table.number("strength", Range{.above = 0, .at_most = 1.999});
  refuse_keys_of_others(table, options);

  const ObservationOptions& o = *experiment.observations;
  if (options.method->kind == FilterKind::observer &&
      (o.count > 0 || o.missing || o.availability < 1 || o.footprint > 0 || o.function))
    throw table.error("method", "a constant gain is for sensors at grid points that all report",
                      "choose an ensemble filter");
  if (std::isfinite(o.quality_control) && options.method->kind != FilterKind::ensemble)
    throw table.error("method",
                      "'" + name + "' has no forecast error by which observations.quality_control could judge",
                      "remove the quality control or choose an ensemble filter");
  if (name == "nudging" && (experiment.model.grid.dimensions() > 1 || experiment.model.equation->fields.size() > 1))
    throw table.error("method", "nudging is for one field on a line", "choose an ensemble filter");
  if ((takes("background_scale") || name == "ekf") && experiment.model.state_size() > largest_covariance)
    throw table.error("method",
                      "'" + name + "' needs the covariance of a state of " +
                          std::to_string(experiment.model.state_size()) + " numbers, and " +
                          std::to_string(largest_covariance) + " are the most",
                      "choose an ensemble filter");
}

std::string list_filters() {
  std::string text = "filters  ([assimilation] method = \"...\")\n";
  for (const NamedFilter& filter : named_filters()) {
    text.append("  ")
        .append(filter.name)
        .append(12 - std::min<std::size_t>(11, std::string_view(filter.name).size()), ' ');
    text.append(filter.text).append("\n              ");
    for (const std::string_view key : filter.keys) text.append(key == filter.keys.front() ? "" : ", ").append(key);
    text.append("\n");
  }
  return text +
         "  all: initial_std (white noise around the truth) or initial_interval (states of a free run, so long "
         "apart),\n"
         "    burn_in = 0, save_ensemble = false, baselines = true (for states of up to 4096 numbers)\n"
         "  rotate = false: random mean-preserving rotation after each analysis\n"
         "  certainty = 1: DAPPER's xN, above 1 for a forecast surer of its covariance than its sample\n"
         "  localization.taper = \"gaspari-cohn\" (half_width: DAPPER's loc_rad x 1.82, DART's cutoff, half of PDAF's\n"
         "    sradius and of OOPS's lengthscale), \"gaussian\" (standard_deviation) or \"step\" (radius), in units of "
         "length;\n"
         "    batch = 1 points along each axis share an analysis (letkf)\n"
         "  cutoff = 3 / sqrt(members): correlation from which a sensor counts\n"
         "  resampling_threshold = 1: part of the members that the effective size must exceed; regularization = 0: "
         "width\n"
         "    of the kernels that move copies apart (DAPPER's NER and reg)\n"
         "  lag = 1: intervals in the window; iterations = 10: at most, of the ienks, which takes certainty only if "
         "given\n"
         "  background_scale: times the covariance of background = \"climatology\" or \"white\" (DAPPER's xB)\n"
         "  strength in (0, 2): part of the innovation that nudging adds, mu times the interval\n";
}

}  // namespace semiflow
