// Pairs of states: the truth that a discovery looks at from time to time.
#include "pairs.hpp"

#include <algorithm>
#include <semiflow/core/random.hpp>

#include "comparison.hpp"
#include "record.hpp"

namespace semiflow {

namespace {

// Every second item is that of a first state, and of a second one.
Eigen::MatrixXd noisy(const Eigen::MatrixXd& states, const Experiment& e, Index first_item) {
  Eigen::MatrixXd seen = states;
  for (Index i = 0; i < states.cols(); ++i)
    seen.col(i) += e.discovery->noise_std *
                   standard_normal(states.rows(), {.seed = e.seed,
                                                   .purpose = observation_noise,
                                                   .item = static_cast<std::uint64_t>(first_item + 2 * i)});
  return seen;
}

}  // namespace

// Independent pairs of states: every rank computes them all.
void pair_stage(RunContext& run, Resumed resumed) {
  const Experiment& e = run.experiment;
  const DiscoveryStageOptions& d = *e.discovery;
  Solver model(e.truth.model);
  const Domain& domain = model.domain();
  Index done = 0;
  Ensemble u;
  if (resumed) {
    done = resumed->counters.at("frame");
    u = resumed->shared.at("state");
  } else {
    const Timers::Scope scope(run.timers, Work::forecast);
    u = initial_state(e.truth.initial, e.truth.model, e.seed);
    model.advance(u, {-e.truth.spin_up, 0});
    add_perturbation(u, e, domain);
  }
  while (done < d.pairs) {
    const Index count = std::min(frames_between_checkpoints, d.pairs - done);
    Eigen::MatrixXd before(e.model.state_size(), count), after(e.model.state_size(), count);
    {
      const Timers::Scope scope(run.timers, Work::forecast);
      for (Index i = 0; i < count; ++i) {
        model.advance(u, {0, d.pair_interval - d.separation});
        before.col(i) = on_model_grid(e, u);
        model.advance(u, {0, d.separation});
        after.col(i) = on_model_grid(e, u);
      }
    }
    if (!u.allFinite()) throw truth_blow_up(e, "before pair " + std::to_string(done + count));
    const Timers::Scope scope(run.timers, Work::io);
    write_states(run.file, e, "/truth", "before", done, before);
    write_states(run.file, e, "/truth", "after", done, after);
    if (d.noise_std > 0) {
      run.file.write("/observations/before", done, noisy(before, e, 2 * done));
      run.file.write("/observations/after", done, noisy(after, e, 2 * done + 1));
    }
    done += count;
    run.progress("truth", done, d.pairs);
    run.maybe_checkpoint([&](Checkpoint& checkpoint) {
      checkpoint.counters["frame"] = done;
      checkpoint.shared["state"] = u;
    });
  }
  run.add_profile(model.profile());
}

PairStates observed_pairs(RunContext& run) {
  const DiscoveryStageOptions& d = *run.experiment.discovery;
  const std::string group = d.noise_std > 0 ? "/observations/" : "/truth/";
  if (run.experiment.model.equation->fields.size() > 1)
    return {.before = read_states(run.file, run.experiment, "/truth", "before", 0, d.pairs),
            .after = read_states(run.file, run.experiment, "/truth", "after", 0, d.pairs),
            .duration = d.separation};
  return {.before = run.file.read_all(group + "before"),
          .after = run.file.read_all(group + "after"),
          .duration = d.separation,
          .noise_std = d.noise_std};
}

}  // namespace semiflow
