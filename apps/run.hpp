#pragma once
#include <array>
#include <chrono>
#include <filesystem>
#include <functional>
#include <semiflow/core/checkpoint.hpp>
#include <semiflow/core/result_file.hpp>
#include <semiflow/core/timers.hpp>
#include <semiflow/pde/spectral_model.hpp>
#include <string>

#include "experiment.hpp"
#include "learned_model.hpp"
#include "solver.hpp"

namespace semiflow {

/// How far a stage has come.
using ProgressCallback = std::function<void(const std::string& stage, Index done, Index total)>;

/// The user's own data, read before anything is written; empty where the experiment makes its own.
struct ExternalData {
  Eigen::MatrixXd truth;         ///< [state x frame], frame 0 at time 0
  Eigen::MatrixXd observations;  ///< [sensor x event]
};

/// Reads and checks the files that the experiment names. Every rank reads for itself.
ExternalData load_external(const Experiment& experiment);

/// What the stages of a run share.
class RunContext {
 public:
  const Experiment& experiment;
  const Communicator& comm;
  ResultFile& file;
  const ExternalData& external;
  ProgressCallback progress;
  Timers timers{};
  bool quiet = false;

  RunContext(const Experiment& e, const Communicator& c, ResultFile& f, const ExternalData& x, ProgressCallback p,
             std::filesystem::path checkpoint)
      : experiment(e), comm(c), file(f), external(x), progress(std::move(p)), checkpoint_path_(std::move(checkpoint)) {}

  /// Saves a checkpoint of the current stage if the last one is old enough. Collective; fill is called on every
  /// rank or on none.
  void maybe_checkpoint(const std::function<void(Checkpoint&)>& fill);
  /// The same at once.
  void checkpoint_now(const std::function<void(Checkpoint&)>& fill);
  void start_stage(Index stage, bool resumed);
  /// Says once, on standard error, what may be wrong with a run that goes on; a quiet run says nothing.
  void warn(const std::string& text);
  /// Adds a solver's own profile to the timers.
  void add_profile(const SpectralProfile& profile);

 private:
  void save(Checkpoint& checkpoint);

  std::filesystem::path checkpoint_path_;
  bool warned_ = false;
  Index stage_ = 0;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

/// What a stage finds of its own earlier work: null, or the checkpoint that it saved.
using Resumed = const Checkpoint*;

void surrogate_stage(RunContext& run, Resumed resumed);
void truth_stage(RunContext& run, Resumed resumed);
/// Writes frames of the truth [state x frame], each rank its part of the domain, and what is read off them.
void write_frames(RunContext& run, Index first, const Eigen::MatrixXd& states, const Domain& domain);
/// Defines the record of the truth that write_frames() fills.
void define_frames(ResultFile& file, const Experiment& experiment);
void observation_stage(RunContext& run);
void assimilation_stage(RunContext& run, Index pass, Resumed resumed);
void baseline_stage(RunContext& run);
void discovery_stage(RunContext& run, Index pass);
void forecast_stage(RunContext& run);

/// Defines what surrogate_stage() writes. Loads the library of networks.
void define_surrogate(ResultFile& file, const Experiment& experiment);
/// The surrogate of the experiment with the weights that the stage has left in the result file.
std::unique_ptr<LearnedModel> trained_surrogate(RunContext& run);

/// Defines all that a run of the experiment will write.
void define_result(ResultFile& file, const Experiment& experiment, const Communicator& comm);

/// A series of an assimilation, and in the group's attribute mean_NAME its mean after the burn-in.
struct ScoreSeries {
  const char *name, *long_name;
};
inline constexpr std::array<ScoreSeries, 13> score_series{{
    {"rmse_forecast", "spatial RMSE of the forecast mean"},
    {"rmse_analysis", "spatial RMSE of the analysis mean"},
    {"relative_square_error", "|z - truth|^2 / |truth|^2 of the analysis mean z: the relative MSE of NODA"},
    {"spread_forecast", "root mean ensemble variance of the forecast"},
    {"spread_analysis", "root mean ensemble variance of the analysis"},
    {"crps_analysis", "continuous ranked probability score of the analysis"},
    {"reports_used", "reports that were there and passed the quality control"},
    {"chi_squared", "d'(H P H' + R)^-1 d / reports of the innovations d: 1 if the forecast knows its error"},
    {"signal_degrees_of_freedom", "tr(H K): how many of the numbers reported the analysis makes use of"},
    {"variance_factor", "mean factor of the adaptive inflation on the forecast variance; 1 without"},
    {"rmse_smoothed", "spatial RMSE of a smoother's mean of the state a lag ago, given all reports until now"},
    {"spread_smoothed", "root mean ensemble variance of that state"},
    {"members_replaced", "members that were not finite after the forecast and were replaced"},
}};

/// Attributes of an ensemble's assimilation: the errors of sensors, forecast and analysis as the departures tell them and
/// as the filter takes them (Desroziers et al. 2005), and the budget of Rodwell et al. (2016), all at the sensors.
inline constexpr std::array<const char*, 9> departure_attributes{
    "desroziers_observation_std", "assumed_observation_std", "desroziers_forecast_std",
    "assumed_forecast_std",       "desroziers_analysis_std", "assumed_analysis_std",
    "reliability_departure",      "reliability_bias",        "reliability_residual"};

/// The rows of the forecasts' table.
inline constexpr std::array<const char*, 4> forecast_systems{"model", "corrected model",
                                                             "model, corrected model's analyses", "climatology"};

/// The group of the assimilation with the model of so many passes of discovery.
std::string assimilation_group(Index pass);
/// The model with what the discovery has found in its first passes (0: the model of the experiment).
Solver corrected_model(RunContext& run, Index passes);
/// The truth at the observation times that scores count, [state x time]; its mean is the climatology.
Eigen::MatrixXd truth_after_burn_in(RunContext& run);
/// Root of the mean square.
double rms(const Eigen::Ref<const Eigen::VectorXd>& values);

struct RunOptions {
  std::filesystem::path output;
  bool resume = false;  ///< an interrupted run lies there
  bool quiet = false;   ///< no warnings
};

/// Runs all stages of the experiment and leaves the result file. What else lies at its place is replaced:
/// examine_destination() is there to ask before. Collective.
void run_experiment(const Experiment& experiment, const Communicator& comm, const RunOptions& options,
                    const ProgressCallback& progress);

}  // namespace semiflow
