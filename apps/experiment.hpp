#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <semiflow/assimilation/discovery/discovery.hpp>
#include <semiflow/assimilation/discovery/gaussian_process_fit.hpp>
#include <semiflow/assimilation/discovery/local_spline.hpp>
#include <semiflow/assimilation/discovery/term_library.hpp>
#include <semiflow/assimilation/inflation.hpp>
#include <semiflow/assimilation/localization.hpp>
#include <semiflow/assimilation/nonlinear_observations.hpp>
#include <semiflow/core/configuration.hpp>
#include <semiflow/pde/step_control.hpp>
#include <string>
#include <vector>

#include "initial_state.hpp"
#include "model.hpp"
#include "networks.hpp"
#include "surrogate.hpp"

namespace semiflow {

/// A variable of a user's own HDF5 or netCDF file, [time, value].
struct DataSource {
  std::filesystem::path file;
  std::string variable;
};

struct TruthOptions {
  ModelOptions model{};
  double spin_up = 0;   ///< from the initial shape to time 0
  double duration = 0;  ///< of the record, from time 0
  InitialState initial{};
  /// Steps follow the Courant number: model.dt is then the largest, and dt0 of the limits is not looked at.
  std::optional<CourantLimits> courant{};
  double interval = 0;          ///< between frames where no sensors set it; 0 with [observations]
  double perturbation_std = 0;  ///< white noise on the state at time 0
  std::optional<DataSource> source{};
};

/// Sensors at points of the grid that stay where they are, or at random places, new ones at every event.
struct ObservationOptions {
  double interval = 0;
  Index stride = 1;                             ///< sensors at every stride-th grid point along each axis, or
  std::vector<Index> rows{};                    ///< the grid point of each sensor
  Index count = 0;                              ///< of random places; else 0
  Index field = 0;                              ///< that is read
  double footprint = 0;                         ///< a sensor reads the mean over so large a radius
  const PointwiseFunction* function = nullptr;  ///< of what is read; null for the value itself
  double error_std = 0;
  double error_correlation_length =
      0;                          ///< of errors that depend on each other by exp(-distance / length); 0: they do not
  double availability = 1;        ///< chance of a sensor to report at an event,
  double event_availability = 1;  ///< and of an event that any does,
  Index warm_up = 0;              ///< but at so many first events all of them do
  std::vector<Index> events{};    ///< at which sensors report, ascending, from 1; empty: at all
  double gross_error_rate = 0;    ///< share of the reports that are wrong,
  double gross_error_std = 0;     ///< by so much
  /// Reports further from their forecast than so many standard deviations are not used.
  double quality_control = std::numeric_limits<double>::infinity();
  /// A sensor at every point of the one field, in their order, that reads the value there: [state] is [sensor].
  bool see_whole_state(Index points) const;
  std::optional<DataSource> source{};
  bool missing = false;  ///< values may be missing in the file: reports that were not made
};

struct NamedFilter;  // filter.hpp

/// A coefficient of the model that a filter estimates: what is known of it at first, and its random walk.
struct EstimatedParameter {
  std::string name;
  double mean = 0, std = 0;
  double random_walk_std = 0;  ///< of a step from one event to the next
};

enum class AdaptiveKind { none, global, local };

struct GainOptions;  // learned_observer.hpp

struct AssimilationOptions {
  const NamedFilter* method = nullptr;
  Index members = 1;
  double initial_std = 0;       ///< white noise of the members around the truth at time 0, or
  double initial_interval = 0;  ///< members are states of a run of the truth's model that are so long apart
  Inflation inflation{};
  AdaptiveKind adaptive = AdaptiveKind::none;  ///< inflation that follows the innovations,
  double additive_std = 0;                     ///< white noise on the forecasts
  double damping = 1;                          ///< and goes back to 1 by this factor at every event
  bool rotate = false;
  std::optional<double> certainty{};                    ///< of the EnKF-N and the IEnKS-N
  Taper taper{};                                        ///< of a local filter,
  Index batch = 1;                                      ///< and the points along each axis that share an analysis
  double resampling_threshold = 1, regularization = 0;  ///< of particles
  double background_scale = 1;                          ///< times the covariance of the climatology, or
  bool white_background = false;                        ///< times the identity: the background of 3D-Var and 4D-Var
  double model_error_std = 0;                           ///< of weak-constraint 4D-Var, per root of time
  Index lag = 1;                                        ///< intervals in the window of 4D-Var and the smoothers
  Index iterations = 10;                                ///< of the IEnKS at most
  std::optional<double> cutoff{};                       ///< of the correlation ETKF
  double strength = 0;                                  ///< of nudging
  std::vector<EstimatedParameter> parameters{};         ///< of an ensemble filter that is not local
  std::shared_ptr<const GainOptions> gain{};            ///< of the learned gain
  bool drawn_training = false;                          ///< of a gain, on draws of the initial state
  bool replace_failed = false;                          ///< members that are not finite after the forecast
  bool incremental_update = false;                      ///< increments are spread over the next window
  bool surrogate = false;                               ///< what [surrogate] has trained advances the members
  double burn_in = 0;                                   ///< model time left out of the mean scores
  bool baselines = true;
  bool save_ensemble = false;
  bool error_spectra = false;
};

enum class IncrementSource { filter, pairs };
/// increments: a regression of what the forecasts lack, the states taken as they are. joint: states and coefficients
/// together, see discover_jointly().
/// innovations: of every window within the cycle, whose model is then the corrected one; see InnovationLoop.
enum class DiscoveryMethod { increments, joint, innovations };

/// From values at sensors to a state. band_limited: least squares for all waves up to a cut-off; nearest: the value of the
/// nearest sensor, the baseline; cubic: LocalSpline; gaussian_process: GaussianProcessFit; network: one of the coordinates.
enum class Interpolator { band_limited, nearest, cubic, gaussian_process, network };

struct DiscoveryStageOptions {
  IncrementSource source = IncrementSource::filter;
  DiscoveryMethod method = DiscoveryMethod::increments;
  Index passes = 1;
  Index iterations = 30;  ///< of the joint estimate at most
  /// Events that a forecast from an analysis is compared with, of the joint estimate; from one correction to the next, of
  /// the innovations.
  Index window = 1;
  double background_scale = 1;  ///< times the covariance of the analyses, of the joint estimate
  double half_life = 2;         ///< of a window of innovations, in windows
  Index blocks = 10;
  double max_wavenumber = std::numeric_limits<double>::infinity();
  double until = 0;  ///< increments of the filter from the burn-in to this time
  LibraryOptions library{};
  DiscoveryOptions regression{};
  Index pairs = 0;                   ///< source = pairs: how many,
  double pair_interval = 0;          ///< from one to the next,
  double separation = 0;             ///< and the time between the two states of a pair,
  double noise_std = 0;              ///< both of which are seen with white noise
  double relative_noise = 0;         ///< or, of several fields, the stream functions with noise of so much of their std
  double minimum_of_residual = 0.3;  ///< of FieldDiscoveryOptions, for equations of several fields
  double sensor_fraction = 1;        ///< of the points, where the stream functions of both states are seen
  Interpolator interpolator = Interpolator::band_limited;
  double sensor_max_wavenumber = 0;  ///< of the band
  LocalSplineOptions spline{};
  GaussianProcessOptions process{};
  NetworkInterpolation network{};
};

/// Truth, model and corrected model side by side, after the pairs: forecasts from exact states, and long runs.
struct ComparisonOptions {
  double lead = 0, interval = 0;  ///< longest lead time of the forecasts, and between two
  Index starts = 0;
  double start_interval = 0;  ///< from one start to the next, at least the lead
  double duration = 0;        ///< of the long runs, sampled so often:
  double sample_interval = 0;
  double spin_up = 0;  ///< of the models, before they are sampled
};

struct ForecastOptions {
  double lead = 0;      ///< longest lead time
  double interval = 0;  ///< between lead times, a multiple of the observation interval
  double from = 0;      ///< start times: analyses from here on,
  Index stride = 1;     ///< every stride-th of them
};

/// A whole experiment file.
struct Experiment {
  std::string name;
  std::uint64_t seed = 0;
  ModelOptions model{};
  TruthOptions truth{};
  std::optional<SurrogateStageOptions> surrogate{};
  std::optional<ObservationOptions> observations{};
  std::optional<AssimilationOptions> assimilation{};
  std::optional<DiscoveryStageOptions> discovery{};
  std::optional<ForecastOptions> forecast{};
  std::optional<ComparisonOptions> comparison{};
  double checkpoint_seconds = 30;
  int compression = 0;
  std::filesystem::path file;
  std::string text;      ///< the file and the overrides, for the record
  std::string settings;  ///< what holds after the overrides but for [output]: what a resumed run must share

  /// Observations up to a time; the k-th, from 1, is at k observations.interval.
  Index events_until(double time) const;
  Index events() const;  ///< in the whole record; 0 without observations
  /// Frames of the truth's record, time 0 included, and the time between two.
  Index frames() const;
  double frame_interval() const { return observations ? observations->interval : truth.interval; }
  /// Whether the truth has a finer grid than the model, which then lacks what small scales do: nobody knows the terms.
  bool is_closure() const { return !truth.source && !(truth.model.grid == model.grid); }
  /// Whether the discovery is made within the filter's cycle: passes are then its windows.
  bool discovers_in_loop() const { return discovery && discovery->method == DiscoveryMethod::innovations; }
  /// How often the filter runs again with a corrected model.
  Index filter_passes() const;
};

/// The keys file and variable, if the table has them; a relative file lies in the folder beside.
std::optional<DataSource> read_source(const Table& table, const std::filesystem::path& beside);
/// [discovery], whole; the rest of the experiment is known.
DiscoveryStageOptions read_discovery(const Table& table, const Experiment& experiment);
/// [surrogate], whole; the model and the truth are known.
SurrogateStageOptions read_surrogate(const Table& table, const Experiment& experiment);
/// The key forecast of [assimilation]: what advances the members, the model or the surrogate.
void read_forecast_model(const Table& table, const Experiment& experiment, AssimilationOptions& options);
/// Throws Error at a key of the table unless its value is a multiple of step, as the solver will want it.
void require_multiple(const Table& table, const char* key, double value, double step, const std::string& of);
/// [observations], whole; the caller checks the times.
ObservationOptions read_observations(const Table& table, const ModelOptions& model,
                                     const std::filesystem::path& beside);

/// Reads and checks everything before anything is computed. Throws Error(Fault::input) with file and line.
Experiment read_experiment(const Configuration& configuration);

}  // namespace semiflow
