// The stage that makes data, trains a learned operator on them, and says what it is worth.
#include <array>
#include <cmath>
#include <numbers>
#include <semiflow/pde/diagnostics.hpp>
#include <semiflow/pde/multipliers.hpp>

#include "learned_observer.hpp"
#include "networks.hpp"
#include "run.hpp"
#include "surrogate_data.hpp"
#include "surrogate_scores.hpp"

namespace semiflow {

namespace {

const std::string group = "/surrogate";

// The rows of the tables; the coarse solver takes one step of time_step.
constexpr std::array<const char*, 5> systems{"surrogate", "persistence", "model", "coarse solver", "plain FNO"};
constexpr Index plain = 4;

// The surrogate, and in a second training the plain operator.
SurrogateOptions network(const SurrogateStageOptions& s, bool baseline) {
  if (!baseline) return s.network;
  return {.kind = SurrogateKind::direct,
          .modes = s.network.modes,
          .width = s.network.width,
          .layers = s.network.layers,
          .head = s.network.head,
          .position = s.network.position,
          .time_step = s.network.time_step,
          .seed = s.network.seed};
}
std::string prefix(bool baseline) { return baseline ? "plain_" : ""; }

std::unique_ptr<LearnedModel> make(const Experiment& e, bool baseline) {
  return networks().make_surrogate(network(*e.surrogate, baseline), equation(e.model), e.model.dt);
}

std::string attribute(const char* system) {
  std::string name = std::string("seconds_per_step_") + system;
  for (char& c : name)
    if (c == ' ') c = '_';
  return name;
}

void define_training(ResultFile& file, const Experiment& e, bool baseline) {
  const std::string p = prefix(baseline);
  const std::unique_ptr<LearnedModel> model = make(e, baseline);
  file.add_dimension(group, Dimension::numbered(p + "parameter", model->weights().size(), "weight"));
  file.add_variable({.path = group + "/" + p + "weights",
                     .dimensions = {p + "parameter"},
                     .units = "1",
                     .long_name = "all parameters and scales of the trained operator"});
  if (!baseline && e.assimilation && e.assimilation->gain && e.assimilation->gain->sequence &&
      e.assimilation->gain->sequence->predictor)
    file.add_variable({.path = observer_weights,
                       .dimensions = {"parameter"},
                       .units = "1",
                       .long_name = "the same after the training with the gain: what forecasts in the assimilation"});
  file.set_attribute(group, p + "parameters", model->parameter_count());
  file.set_attribute(group, p + "training_seconds", std::nan(""));
  if (!e.surrogate->trained()) return;
  for (const auto& [name, text] : {std::pair{"loss", "mean training loss of the epoch"},
                                   {"validation", "loss of the kept weights on the validation trajectories"},
                                   {"learning_rate", "learning rate at the end of the epoch"}})
    file.add_variable({.path = group + "/" + p + name, .dimensions = {"epoch"}, .units = "1", .long_name = text});
}

void write_training(RunContext& run, const EpochReport& report, bool baseline) {
  const auto write = [&](const char* name, double value) {
    run.file.write(group + "/" + prefix(baseline) + name, report.epoch - 1, value);
  };
  write("loss", report.loss);
  write("validation", report.validation);
  write("learning_rate", report.learning_rate);
}

// Trains one of the two, or takes it from where an interrupted run has left it.
std::unique_ptr<LearnedModel> train(RunContext& run, const SurrogateData& data, bool baseline, Resumed resumed) {
  const SurrogateStageOptions& s = *run.experiment.surrogate;
  const std::string weights = group + "/" + prefix(baseline) + "weights";
  std::unique_ptr<LearnedModel> model = make(run.experiment, baseline);
  const Index turn = baseline ? 1 : 0, reached = resumed ? resumed->counters.at("surrogate_turn") : 0;
  if (reached > turn) {
    model->set_weights(run.file.read_all(weights).reshaped());
    return model;
  }
  if (!s.weights.empty()) {
    model->load(s.weights, run.comm);
  } else if (s.trained()) {
    const bool within = reached == turn && resumed && resumed->counters.contains("epoch");
    const double earlier = within ? resumed->shared.at("training_seconds")(0) : 0;
    double seconds = earlier;
    const TrainingHooks hooks{.on_epoch =
                                  [&](const EpochReport& report, const std::function<void(Checkpoint&)>& save) {
                                    write_training(run, report, baseline);
                                    seconds = earlier + report.seconds;
                                    run.progress(baseline ? "training: plain FNO" : "training", report.epoch,
                                                 s.training.epochs);
                                    run.maybe_checkpoint([&](Checkpoint& checkpoint) {
                                      checkpoint.counters["surrogate_turn"] = turn;
                                      checkpoint.shared["training_seconds"] = Eigen::MatrixXd::Constant(1, 1, seconds);
                                      save(checkpoint);
                                    });
                                  },
                              .resumed = within ? resumed : nullptr};
    model->train(data.training, s.training, run.comm, hooks);
    run.file.set_attribute(group, prefix(baseline) + "training_seconds", seconds);
  }
  run.file.write(weights, 0, model->weights().transpose());
  run.checkpoint_now([&](Checkpoint& checkpoint) { checkpoint.counters["surrogate_turn"] = turn + 1; });
  return model;
}

// Those of the table. A solver that cannot take such a step is not there.
std::vector<Forecaster> forecasters(const Experiment& e, LearnedModel& surrogate, LearnedModel* baseline) {
  const auto learned = [](LearnedModel& model) {
    return [&model](EnsembleRef u, Interval window) { model.advance(u, window); };
  };
  const auto solver = [](const ModelOptions& options) -> std::function<void(EnsembleRef, Interval)> {
    try {
      return [model = Solver(options)](EnsembleRef u, Interval window) mutable { model.advance(u, window); };
    } catch (const Error&) {
      return {};
    }
  };
  ModelOptions coarse = e.model;
  coarse.dt = e.surrogate->network.time_step;
  std::vector<Forecaster> all{{systems[0], learned(surrogate)},
                              {systems[1], [](EnsembleRef, Interval) {}},
                              {systems[2], solver(e.model)},
                              {systems[3], solver(coarse)},
                              {systems[plain], {}}};
  if (baseline != nullptr) all[plain].advance = learned(*baseline);
  return all;
}

void write_climate(RunContext& run, const std::vector<Forecaster>& all, const std::vector<Eigen::MatrixXd>& test) {
  Solver truth(data_model(run.experiment));
  const Eigen::VectorXd reference =
      climate_scores(run, {"truth", [&truth](EnsembleRef u, Interval w) { truth.advance(u, w); }}, test).spectrum;
  run.file.write(group + "/climate_spectrum_truth", 0, reference.transpose());
  for (Index i = 0; i < std::ssize(all); ++i) {
    const Forecaster& forecaster = all[static_cast<std::size_t>(i)];
    // A state that stays where it is has the climate of the first frames; a truth beside itself has nothing to tell.
    if (i == 1 || i == 2) continue;
    const ClimateScores scores = climate_scores(run, forecaster, test);
    run.file.write(group + "/climate_spectrum", i, scores.spectrum);
    run.file.write(group + "/climate_lost_at", i, scores.lost_at);
    run.file.write(group + "/climate_mean_square_ratio", i, scores.spectrum.sum() / reference.sum());
    run.file.write(group + "/climate_spectrum_deviation", i, spectrum_deviation(scores.spectrum, reference));
  }
}

void write_resolutions(RunContext& run, LearnedModel& surrogate, const std::vector<Eigen::MatrixXd>& test) {
  const SurrogateStageOptions& s = *run.experiment.surrogate;
  if (s.points.empty()) return;
  const Grid& grid = run.experiment.model.grid;
  const double own = error_at_resolution(run, surrogate.weights(), grid.axis(grid.dimensions() - 1).points, test);
  run.file.write(group + "/resolution_error", 0, own);
  double worst = 0;
  for (Index i = 0; i < std::ssize(s.points); ++i) {
    const double error = error_at_resolution(run, surrogate.weights(), s.points[static_cast<std::size_t>(i)], test);
    run.file.write(group + "/resolution_error", i + 1, error);
    if (!(error / own <= worst)) worst = error / own;
  }
  run.file.set_attribute(group, "resolution_ratio", worst);
}

void write_time_steps(RunContext& run, LearnedModel& surrogate, const std::vector<Eigen::MatrixXd>& test) {
  const std::vector<double>& steps = run.experiment.surrogate->time_steps;
  for (Index i = 0; i < std::ssize(steps); ++i)
    run.file.write(group + "/time_step_relative_mse", i,
                   error_of_step(run, surrogate, steps[static_cast<std::size_t>(i)], test));
}

}  // namespace

void define_surrogate(ResultFile& file, const Experiment& e) {
  const SurrogateStageOptions& s = *e.surrogate;
  file.add_group(group, "a learned operator that stands in for the solver, its training and its errors");
  if (s.trained()) {
    Dimension epoch = Dimension::numbered("epoch", s.training.epochs, "epoch");
    epoch.coordinate.array() += 1;
    file.add_dimension(group, epoch);
  }
  for (const bool baseline : {false, true})
    if (!baseline || s.baseline) define_training(file, e, baseline);
  file.add_dimension(group, Dimension::numbered("system", std::ssize(systems), "what forecasts"));
  file.add_labels(group + "/system_name", "system", {systems.begin(), systems.end()});
  const double step = s.network.time_step;
  file.add_dimension(group, {"lead", Eigen::VectorXd::LinSpaced(s.lead, step, step * static_cast<double>(s.lead)),
                             "model time", "lead time"});
  const auto table = [&](const char* name, const char* text, std::vector<std::string> dimensions = {"system"}) {
    file.add_variable(
        {.path = group + "/" + name, .dimensions = std::move(dimensions), .units = "1", .long_name = text});
  };
  table("one_step_relative_mse", "|p - t|^2 / |t|^2 of one time step, mean over the test trajectories");
  table("one_step_relative_l2", "|p - t| / |t| of one time step, mean over the test trajectories");
  table("rollout_error", "|p - t| / |t| by lead, mean over the test trajectories; missing if one was lost",
        {"system", "lead"});
  table("valid_time", "time until that exceeds 0.4, mean over the test trajectories; at most the longest lead");
  table("mean_drift", "largest change of the mean of a field at the longest lead; missing if a forecast was lost");
  if (s.climate_steps > 0) {
    const Index shells =
        SpectralDiagnostics(e.model.grid).isotropic_spectrum(Eigen::VectorXd::Zero(e.model.grid.points())).size();
    const double last = smallest_wavenumber(e.model.grid) * static_cast<double>(shells - 1);
    file.add_dimension(group, {"wavenumber", Eigen::VectorXd::LinSpaced(shells, 0, last), "1 / model length",
                               "wavenumber of the shell"});
    table("climate_spectrum_truth", "mean square in a shell in long runs of the model that made the data",
          {"wavenumber"});
    table("climate_spectrum", "the same in runs of each system; missing if one was lost", {"system", "wavenumber"});
    table("climate_mean_square_ratio", "mean square in those runs over the truth's");
    table("climate_spectrum_deviation",
          "largest relative deviation from the truth's spectrum, of shells with a hundredth of its largest");
    table("climate_lost_at", "when the first run left the range that was seen or became infinite; missing if none did");
  }
  if (!s.points.empty()) {
    Eigen::VectorXd points(1 + std::ssize(s.points));
    points(0) = static_cast<double>(e.model.grid.axis(e.model.grid.dimensions() - 1).points);
    for (Index i = 1; i < points.size(); ++i)
      points(i) = static_cast<double>(s.points[static_cast<std::size_t>(i - 1)]);
    file.add_dimension(group, {"points", points, "1", "points along x"});
    table("resolution_error", "relative L2 error of one step on grids that it was not trained on", {"points"});
    file.set_attribute(group, "resolution_ratio", std::nan(""));
  }
  if (!s.time_steps.empty()) {
    file.add_dimension(group,
                       {"time_step", Eigen::Map<const Eigen::VectorXd>(s.time_steps.data(), std::ssize(s.time_steps)),
                        "model time", "length of a step"});
    table("time_step_relative_mse", "|p - t|^2 / |t|^2 of a step of that length, mean over the test trajectories",
          {"time_step"});
  }
  for (const char* system : systems) file.set_attribute(group, attribute(system), std::nan(""));
  file.set_attribute(group, "improvement_over_plain", std::nan(""));
}

std::unique_ptr<LearnedModel> trained_surrogate(RunContext& run) {
  std::unique_ptr<LearnedModel> model = make(run.experiment, false);
  model->set_weights(run.file.read_all(group + "/weights").reshaped());
  return model;
}

void surrogate_stage(RunContext& run, Resumed resumed) {
  const Experiment& e = run.experiment;
  const SurrogateStageOptions& s = *e.surrogate;
  const SurrogateData data = surrogate_data(run);
  const std::unique_ptr<LearnedModel> surrogate = train(run, data, false, resumed);
  const std::unique_ptr<LearnedModel> baseline = s.baseline ? train(run, data, true, resumed) : nullptr;
  if (!s.save.empty()) surrogate->save(s.save, run.comm);
  if (!s.script.empty()) surrogate->save_script(s.script, run.comm);

  const std::vector<Forecaster> all = forecasters(e, *surrogate, baseline.get());
  std::vector<double> mean_square;
  for (Index i = 0; i < std::ssize(all); ++i) {
    const Forecaster& forecaster = all[static_cast<std::size_t>(i)];
    const ForecastScores scores = forecast_scores(run, forecaster, data.test);
    run.file.write(group + "/one_step_relative_mse", i, scores.relative_mean_square);
    run.file.write(group + "/one_step_relative_l2", i, scores.relative_l2);
    run.file.write(group + "/rollout_error", i, scores.rollout);
    run.file.write(group + "/valid_time", i, scores.valid_time);
    run.file.write(group + "/mean_drift", i, scores.mean_drift);
    run.file.set_attribute(group, attribute(systems[static_cast<std::size_t>(i)]), scores.seconds_per_step);
    mean_square.push_back(scores.relative_mean_square);
  }
  run.file.set_attribute(group, "improvement_over_plain", mean_square[plain] / mean_square[0]);
  write_resolutions(run, *surrogate, data.test);
  write_time_steps(run, *surrogate, data.test);
  if (s.climate_steps > 0) write_climate(run, all, data.test);
}

}  // namespace semiflow
