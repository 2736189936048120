#include "run.hpp"

#include <sys/resource.h>

#include <cmath>
#include <cstdio>
#include <semiflow/assimilation/discovery/field_discovery.hpp>
#include <semiflow/core/error.hpp>
#include <utility>
#include <vector>

#include "candidates.hpp"
#include "comparison.hpp"
#include "destination.hpp"

namespace semiflow {

std::string assimilation_group(Index pass) {
  return pass == 0 ? "/assimilation" : "/assimilation_" + std::to_string(pass);
}

double rms(const Eigen::Ref<const Eigen::VectorXd>& values) {
  double sum = 0;  // in this order, wherever the values lie
  for (Index i = 0; i < values.size(); ++i) sum += values(i) * values(i);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

Solver corrected_model(RunContext& run, Index passes) {
  const ModelOptions& options = run.experiment.model;
  if (passes == 0) return Solver(options);
  const Eigen::VectorXd found = run.file.read("/discovery/coefficient", passes - 1, 1);
  const std::vector<Term> terms = found_terms(found, candidates(options, run.experiment.discovery->library));
  return Solver(SpectralModel(equation(options) + terms, options.dt, options.stepper));
}

void RunContext::add_profile(const SpectralProfile& profile) {
  timers.add(Work::fft, profile.fft);
  timers.add(Work::pointwise, profile.step - profile.fft);
}

void RunContext::warn(const std::string& text) {
  if (std::exchange(warned_, true) || quiet || comm.rank() != 0) return;
  std::fprintf(stderr, "semiflow: warning: %s\n", text.c_str());
}

void RunContext::start_stage(Index stage, bool resumed) {
  stage_ = stage;
  if (resumed) return;  // the checkpoint that we come from is better than an empty one
  Checkpoint checkpoint;
  save(checkpoint);
}

void RunContext::maybe_checkpoint(const std::function<void(Checkpoint&)>& fill) {
  const double age = std::chrono::duration<double>(std::chrono::steady_clock::now() - last_).count();
  if (comm.maximum(age) >= experiment.checkpoint_seconds) checkpoint_now(fill);
}

void RunContext::checkpoint_now(const std::function<void(Checkpoint&)>& fill) {
  Checkpoint checkpoint;
  checkpoint.counters["within_stage"] = 1;
  fill(checkpoint);
  save(checkpoint);
}

void RunContext::save(Checkpoint& checkpoint) {
  const Timers::Scope scope(timers, Work::io);
  checkpoint.counters["stage"] = stage_;
  checkpoint.texts["settings"] = experiment.settings;
  file.flush();  // what the checkpoint takes for written must be written
  save_checkpoint(checkpoint_path_, comm, checkpoint);
  last_ = std::chrono::steady_clock::now();
}

namespace {

using Stage = std::function<void(RunContext&, Resumed)>;

std::vector<Stage> stages_of(const Experiment& e) {
  std::vector<Stage> stages;
  if (e.surrogate) stages.emplace_back(surrogate_stage);
  if (e.frames() > 0 || !e.surrogate || e.discovery) stages.emplace_back(truth_stage);
  const auto simple = [](void (*stage)(RunContext&)) { return [stage](RunContext& run, Resumed) { stage(run); }; };
  if (e.observations) stages.emplace_back(simple(observation_stage));
  if (e.assimilation && e.assimilation->baselines) stages.emplace_back(simple(baseline_stage));
  const bool loop = e.discovers_in_loop();
  const Index passes = loop ? 1 : e.discovery ? e.discovery->passes : 0;
  for (Index pass = 0; pass <= passes; ++pass) {
    if (e.assimilation && pass <= e.filter_passes())
      stages.emplace_back([pass](RunContext& run, Resumed resumed) { assimilation_stage(run, pass, resumed); });
    if (pass < passes && !loop) stages.emplace_back([pass](RunContext& run, Resumed) { discovery_stage(run, pass); });
  }
  if (e.comparison) stages.emplace_back(simple(comparison_stage));
  if (e.forecast) stages.emplace_back(simple(forecast_stage));
  return stages;
}

void write_provenance(RunContext& run, double wall_seconds) {
  for (std::size_t i = 0; i < work_names.size(); ++i)
    run.file.set_attribute("/", "seconds_" + std::string(work_names[i]),
                           run.comm.maximum(run.timers.seconds(static_cast<Work>(i))));
  run.file.set_attribute("/", "wall_seconds", wall_seconds);
  // In bytes, of one rank, with all that the libraries hold.
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double peak = 1024 * static_cast<double>(usage.ru_maxrss);
  run.file.set_attribute("/", "peak_memory_largest", run.comm.maximum(peak));
  run.file.set_attribute("/", "peak_memory_smallest", -run.comm.maximum(-peak));
}

// Whoever begins anew must not find it again: a stop before the new run's first checkpoint would leave the old one
// beside the new file, and --resume would go on from a stage that this file has never seen.
void remove_checkpoint(const std::filesystem::path& path, const Communicator& comm) {
  std::error_code failure;
  if (comm.rank() == 0) std::filesystem::remove(path, failure);
  if (comm.any(static_cast<bool>(failure)))
    throw Error(Fault::input, path.string(), "the checkpoint of an earlier run cannot be removed", "remove it by hand");
}

ResultFile open_result(const Experiment& experiment, const Communicator& comm, const std::filesystem::path& output,
                       const std::filesystem::path& checkpoint_path, const std::optional<Checkpoint>& checkpoint) {
  if (checkpoint) {
    const auto settings = checkpoint->texts.find("settings");
    if (settings == checkpoint->texts.end() || settings->second != experiment.settings)
      refuse_other_experiment(checkpoint_path);
    ResultFile file = ResultFile::resume(output, comm);
    if (!file.has_attribute("/", "settings") || file.text_attribute("/", "settings") != experiment.settings)
      refuse_other_experiment(ResultFile::partial(output));
    return file;
  }
  remove_checkpoint(checkpoint_path, comm);
  ResultFile file = ResultFile::create(output, comm);
  define_result(file, experiment, comm);
  file.end_definitions();
  return file;
}

}  // namespace

void run_experiment(const Experiment& experiment, const Communicator& comm, const RunOptions& options,
                    const ProgressCallback& progress) {
  const auto start = std::chrono::steady_clock::now();
  const std::filesystem::path checkpoint_path = options.output.string() + ".checkpoint";
  static_cast<void>(experiment.frames());  // throws for more than can be counted, before anything is written
  const ExternalData external = load_external(experiment);
  std::optional<Checkpoint> checkpoint;
  if (options.resume) checkpoint = load_checkpoint(checkpoint_path, comm);

  ResultFile file = open_result(experiment, comm, options.output, checkpoint_path, checkpoint);
  RunContext run(experiment, comm, file, external, progress, checkpoint_path);
  run.quiet = options.quiet;
  const std::vector<Stage> stages = stages_of(experiment);
  const Index first = checkpoint ? checkpoint->counters.at("stage") : 0;
  for (Index stage = first; stage < static_cast<Index>(stages.size()); ++stage) {
    const bool within = checkpoint && stage == first && checkpoint->counters.contains("within_stage");
    run.start_stage(stage, within);
    stages[static_cast<std::size_t>(stage)](run, within ? &*checkpoint : nullptr);
    file.flush();
  }
  write_provenance(run, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  file.finish();
  // The result is complete, whatever becomes of a file that the next run removes anyway.
  std::error_code ignored;
  if (comm.rank() == 0) std::filesystem::remove(checkpoint_path, ignored);
}

}  // namespace semiflow
