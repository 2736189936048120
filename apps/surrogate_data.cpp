#include "surrogate_data.hpp"

#include <cmath>
#include <semiflow/core/collective_error.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/core/trajectory_files.hpp>

#include "read_trajectory_files.hpp"

namespace semiflow {

namespace {

// Draw 0 is the truth's, which stays apart. Every set has a seed of its own, since draws are few: 2^64 over the golden ratio
// keeps them from the seeds that users count up.
enum class Set : std::uint64_t { training, validation, test };
std::uint64_t seed_of(const Experiment& e, Set set) {
  return e.seed + static_cast<std::uint64_t>(set) * 0x9E3779B97F4A7C15;
}

Eigen::VectorXd trajectory(Solver& model, const Experiment& e, std::uint64_t seed, std::uint64_t draw, Index frames,
                           double interval) {
  const SurrogateStageOptions& s = *e.surrogate;
  const Index size = e.model.state_size();
  Ensemble u = initial_state(s.initial, data_model(e), seed, draw);
  if (s.perturbation_std > 0)
    u += s.perturbation_std * standard_normal(size, {.seed = seed, .purpose = truth_perturbation, .item = draw});
  model.advance(u, {-s.spin_up, 0});
  Eigen::VectorXd states(size * (frames + 1));
  states.head(size) = u;
  for (Index i = 1; i <= frames; ++i) {
    model.advance(u, {0, interval});
    states.segment(i * size, size) = u;
  }
  if (!states.allFinite())
    throw Error(Fault::run, "surrogate data", "a trajectory became infinite", "take a smaller truth.dt or more points");
  return states;
}

Trajectories files_of(const Experiment& e, const std::vector<std::filesystem::path>& files) {
  return read_trajectories(files, trajectory_variables(e.model), e.model.grid, e.surrogate->held_frames).trajectories;
}

}  // namespace

const ModelOptions& data_model(const Experiment& e) { return e.surrogate->of_model ? e.model : e.truth.model; }

SurrogateData surrogate_data(RunContext& run) {
  const Experiment& e = run.experiment;
  const SurrogateStageOptions& s = *e.surrogate;
  const Timers::Scope scope(run.timers, Work::forecast);
  Solver model(data_model(e));
  Index done = 0;
  const auto make = [&](Set set, Index count) {
    const Share mine = run.comm.share(count);
    const double interval = set == Set::test ? s.network.time_step : s.interval;
    const Index frames = s.frames * std::llround(s.network.time_step / interval);
    Ensemble my(e.model.state_size() * (frames + 1), mine.size);
    run_together(run.comm, [&] {
      for (Index i = 0; i < mine.size; ++i) {
        my.col(i) =
            trajectory(model, e, seed_of(e, set), static_cast<std::uint64_t>(1 + mine.begin + i), frames, interval);
        run.progress("surrogate data", done + (i + 1) * count / mine.size, s.trajectories + s.validation + s.test);
      }
    });
    done += count;
    const Ensemble all = run.comm.all_members(my, count);
    std::vector<Eigen::MatrixXd> trajectories;
    for (Index i = 0; i < count; ++i) trajectories.emplace_back(all.col(i).reshaped(e.model.state_size(), frames + 1));
    return trajectories;
  };
  SurrogateData data;
  data.training.interval = s.interval;
  data.training.training = s.files.empty() ? Trajectories(make(Set::training, s.trajectories)) : files_of(e, s.files);
  data.training.validation =
      s.validation_files.empty() ? Trajectories(make(Set::validation, s.validation)) : files_of(e, s.validation_files);
  data.test = make(Set::test, s.test);
  run.add_profile(model.profile());
  return data;
}

}  // namespace semiflow
