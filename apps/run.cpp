#include "run.hpp"

#include <cmath>
#include <semiflow/core/error.hpp>
#include <vector>

namespace semiflow {

std::string assimilation_group(Index pass) {
  return pass == 0 ? "/assimilation" : "/assimilation_" + std::to_string(pass);
}

std::vector<Index> sensor_rows(const Experiment& experiment) {
  std::vector<Index> rows;
  for (Index i = 0; i < experiment.model.grid.points(); i += experiment.observations->stride) rows.push_back(i);
  return rows;
}

double rms(const Eigen::Ref<const Eigen::VectorXd>& values) {
  double sum = 0;  // in this order, wherever the values lie
  for (Index i = 0; i < values.size(); ++i) sum += values(i) * values(i);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

Semilinear corrected_model(RunContext& run, Index passes) {
  Semilinear model = equation(run.experiment.model);
  if (passes == 0) return model;
  const TermLibrary library(run.experiment.model.grid, run.experiment.discovery->library);
  const Eigen::MatrixXd found = run.file.read("/discovery/coefficient", passes - 1, 1);
  for (Index j = 0; j < library.size(); ++j) {
    if (found(j) == 0) continue;
    Term term = library.terms()[static_cast<std::size_t>(j)];
    term.coefficient = found(j);
    model = std::move(model) + term;
  }
  return model;
}

void RunContext::add_profile(const SpectralProfile& profile) {
  timers.add(Work::fft, profile.fft);
  timers.add(Work::pointwise, profile.evaluation - profile.fft);
}

void RunContext::start_stage(Index stage, bool resumed) {
  stage_ = stage;
  if (resumed) return;  // the checkpoint that we come from is better than an empty one
  Checkpoint checkpoint;
  save(checkpoint);
}

void RunContext::maybe_checkpoint(const std::function<void(Checkpoint&)>& fill) {
  const double age = std::chrono::duration<double>(std::chrono::steady_clock::now() - last_).count();
  if (comm.maximum(age) < experiment.checkpoint_seconds) return;
  Checkpoint checkpoint;
  checkpoint.counters["within_stage"] = 1;
  fill(checkpoint);
  save(checkpoint);
}

void RunContext::save(Checkpoint& checkpoint) {
  const Timers::Scope scope(timers, Work::io);
  checkpoint.counters["stage"] = stage_;
  file.flush();  // what the checkpoint takes for written must be written
  save_checkpoint(checkpoint_path_, comm, checkpoint);
  last_ = std::chrono::steady_clock::now();
}

namespace {

struct StageOfRun {
  std::string name;
  std::function<void(RunContext&, Resumed)> run;
};

std::vector<StageOfRun> stages_of(const Experiment& e) {
  std::vector<StageOfRun> stages{{"truth", truth_stage}};
  const auto simple = [](void (*stage)(RunContext&)) { return [stage](RunContext& run, Resumed) { stage(run); }; };
  if (e.observations) stages.push_back({"observations", simple(observation_stage)});
  if (e.assimilation && e.assimilation->baselines) stages.push_back({"baselines", simple(baseline_stage)});
  const bool filtered = e.assimilation.has_value();
  const Index passes = e.discovery ? e.discovery->passes : 0;
  const bool refiltered = filtered && (!e.discovery || e.discovery->source == IncrementSource::filter);
  for (Index pass = 0; pass <= passes; ++pass) {
    if (filtered && (pass == 0 || refiltered))
      stages.push_back({assimilation_group(pass).substr(1),
                        [pass](RunContext& run, Resumed resumed) { assimilation_stage(run, pass, resumed); }});
    if (pass < passes)
      stages.push_back({"discovery", [pass](RunContext& run, Resumed) { discovery_stage(run, pass); }});
  }
  if (e.forecast) stages.push_back({"forecast", simple(forecast_stage)});
  return stages;
}

void write_provenance(RunContext& run, double wall_seconds) {
  for (std::size_t i = 0; i < work_names.size(); ++i)
    run.file.set_attribute("/", "seconds_" + std::string(work_names[i]),
                           run.comm.maximum(run.timers.seconds(static_cast<Work>(i))));
  run.file.set_attribute("/", "wall_seconds", wall_seconds);
  run.file.set_attribute("/", "status", "complete");
}

ResultFile open_result(const Experiment& experiment, const Communicator& comm, const RunOptions& options, bool resume) {
  if (resume) {
    ResultFile file = ResultFile::resume(options.output, comm);
    if (file.text_attribute("/", "experiment") != experiment.text)
      throw Error(Fault::input, ResultFile::partial(options.output).string(),
                  "was begun by another experiment file or other --set values",
                  "resume it with the same ones, or start anew with --overwrite");
    return file;
  }
  ResultFile file = ResultFile::create(options.output, comm);
  define_result(file, experiment, comm);
  file.end_definitions();
  return file;
}

}  // namespace

void run_experiment(const Experiment& experiment, const Communicator& comm, const RunOptions& options,
                    const ProgressCallback& progress) {
  const auto start = std::chrono::steady_clock::now();
  const std::filesystem::path checkpoint_path = options.output.string() + ".checkpoint";
  // One rank looks, so that all see the same.
  const bool partial_exists =
      comm.maximum(comm.rank() == 0 && std::filesystem::exists(ResultFile::partial(options.output)) ? Index{1}
                                                                                                    : Index{0}) == 1;
  if (partial_exists && !options.resume && !options.overwrite)
    throw Error(Fault::input, ResultFile::partial(options.output).string(), "an interrupted run lies here",
                "go on with it by --resume, or start anew by --overwrite");
  const ExternalData external = load_external(experiment);
  std::optional<Checkpoint> checkpoint;
  if (options.resume && partial_exists) checkpoint = load_checkpoint(checkpoint_path, comm);

  ResultFile file = open_result(experiment, comm, options, checkpoint.has_value());
  RunContext run(experiment, comm, file, external, progress, checkpoint_path);
  const std::vector<StageOfRun> stages = stages_of(experiment);
  const Index first = checkpoint ? checkpoint->counters.at("stage") : 0;
  for (Index stage = first; stage < static_cast<Index>(stages.size()); ++stage) {
    const bool within = checkpoint && stage == first && checkpoint->counters.contains("within_stage");
    run.start_stage(stage, within);
    stages[static_cast<std::size_t>(stage)].run(run, within ? &*checkpoint : nullptr);
    file.flush();
  }
  write_provenance(run, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  file.finish();
  if (comm.rank() == 0) std::filesystem::remove(checkpoint_path);
}

}  // namespace semiflow
