// [assimilation] method, and what belongs to it.
#include "filter.hpp"

#include <algorithm>
#include <cmath>

#include "climatology.hpp"
#include "member_model.hpp"
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

// Trained on a run as long as the record, see training_truths(), with new noise and the same gaps between reports.
Filter wiener(RunContext& run) {
  const Experiment& e = run.experiment;
  const SensorNetwork network(e);
  const double interval = e.observations->interval, std = e.observations->error_std;
  const Ensemble truth = training_truths(run, 1).front();
  const Eigen::VectorXd variance = Eigen::VectorXd::Constant(network.size(), std * std);
  TrainingRun training;
  std::vector<Index> measured;
  for (Index k = 1; k <= e.events(); ++k) {
    if (network.reporting(k).empty()) continue;
    measured.push_back(k - 1);
    const auto item = static_cast<std::uint64_t>(e.events() + k);
    const Eigen::VectorXd exact = network.sensors(k)(truth.col(k - 1));
    training.measurements.push_back(
        noisy_measurement(exact, variance, item, static_cast<double>(k) * interval, e.seed));
  }
  if (measured.size() < 2)
    throw Error(Fault::input, "assimilation.method",
                "of " + std::to_string(e.events()) + " events, " + std::to_string(measured.size()) +
                    " have reports to train with",
                "raise observations.event_availability, or lengthen truth.duration");
  training.truth = truth(Eigen::all, measured);
  const WienerTraining options{.dt = interval, .warm_up = std::max<Index>(e.observations->warm_up, 1)};
  MemberModel model(run, 0);
  const Index n = e.model.state_size();
  if (e.observations->see_whole_state(n)) return train_wiener_gain(e.model.grid, model, {training}, options);
  const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(network.size(), network.size());
  const Eigen::VectorXd start = training.truth.col(0) + std * standard_normal(n, {e.seed, member_perturbation, 1});
  return train_sensor_gain(e.model.grid, model, network.sensors(1).adjoint(start, identity).transpose(), {training},
                           {start}, options);
}

Filter nudging(RunContext& run) {
  const Experiment& e = run.experiment;
  return ConstantGain(nudging_gain(e.model.grid, e.observations->rows, options_of(run).strength));
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
      {"enks",
       "ensemble Kalman smoother with a fixed lag (Evensen & van Leeuwen 2000) and the weights of the etkf",
       ensemble,
       {"members", "inflation", "rotate", "lag"},
       square_root<Enks>},
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
      {"optimal-particles",
       "particle filter with the optimal proposal for inflation.additive_std (Doucet et al. 2000)",
       ensemble,
       {"members", "resampling_threshold"},
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
      {"weak-constraint-4d-var",
       "all reports of the last lag intervals again, and a model that errs between them (Tremolet 2006)",
       four_d_var,
       {"background", "background_scale", "lag", "model_error_std"},
       nullptr},
      {"wiener-gain",
       "a gain for each wavenumber and time since the last reports, trained on a free run (Wiener 1949)",
       observer,
       {"training_runs"},
       wiener},
      {"learned-gain",
       "a network on a Wiener gain, trained on free runs (after Singh et al. 2024): [assimilation.gain]",
       observer,
       {"gain", "training_runs"},
       [](RunContext& run) -> Filter { return learned_observer(run); }},
      {"nudging",
       "observer of Azouani, Olson & Titi (2014), at the times of the data",
       observer,
       {"strength"},
       nudging}};
  return filters;
}

bool NamedFilter::takes(std::string_view key) const { return std::ranges::find(keys, key) != keys.end(); }

std::string list_filters() {
  std::string text = "filters  ([assimilation] method = \"...\")\n";
  for (const NamedFilter& filter : named_filters()) {
    text.append("  ")
        .append(filter.name)
        .append(12 - std::min<std::size_t>(11, std::string_view(filter.name).size()), ' ');
    text.append(filter.text).append("\n              ");
    if (filter.keys.empty()) text.append("no keys of its own");
    for (const std::string_view key : filter.keys) text.append(key == filter.keys.front() ? "" : ", ").append(key);
    text.append("\n");
  }
  return text +
         "  all: initial_std (white noise around the truth) or initial_interval (states of a free run, so long "
         "apart),\n"
         "    burn_in = 0, save_ensemble = false, error_spectra = false, baselines = true (for states of up to\n"
         "    4096 numbers)\n"
         "    failed_members = \"stop\", or \"replace\": by another member, with noise of a tenth of the spread\n"
         "    incremental_update = false: increments are added in equal parts over the steps of the next interval\n"
         "    parameters.NAME = { mean, std, random_walk_std = 0 }: a coefficient of the model that global filters "
         "estimate\n"
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
         "  lag = 1: intervals in the window, or back from now to the state that the enks has smoothed, from 0;\n"
         "    iterations = 10: at most, of the ienks, which takes certainty only if "
         "given\n"
         "  background_scale: times the covariance of background = \"climatology\" or \"white\" (DAPPER's xB)\n"
         "  model_error_std: white error of the model in every number, times the root of the time\n"
         "  strength in (0, 2): part of the innovation that nudging adds, mu times the interval\n"
         "  training_runs = \"continued\" where the record ends, or \"drawn\": of the gain, from draws of "
         "truth.initial\n"
         "  gain.form = \"spectral\", or \"gate\": a number at every point, from the forecast alone (after NODA);\n"
         "    modes = 16 (or one for each axis), width = 16 (0: no network), layers = 2, head = 32, longest_gap = 12, "
         "runs = 4,\n"
         "    power_sweeps = 4, network_sweeps = 2, epochs = 10, batch = 32, learning_rate = 0.002\n"
         "  gain.sequence: then the recursion as a whole, where a surrogate forecasts; events = 8 of a window, "
         "growth_epochs "
         "= 0,\n"
         "    gradient_events = 0 (all), epochs = 4, batch = 32, learning_rate = 0.0003, sweeps = 1, predictor = false "
         "(trained too),\n"
         "    measurement_weight = 0\n";
}

}  // namespace semiflow
