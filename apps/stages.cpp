// The stages before the filter: truth, observations, baselines.
#include <algorithm>
#include <semiflow/assimilation/observations.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/pde/spectral_model.hpp>

#include "run.hpp"

namespace semiflow {

namespace {

constexpr Index block = 64;  // frames between two looks at the clock

}  // namespace

void truth_stage(RunContext& run, Resumed resumed) {
  const Experiment& e = run.experiment;
  if (e.truth.source) {
    write_frames(run, 0, run.external.truth);
    return;
  }
  // Every rank computes the one truth: it costs no more time than waiting for the rank that would.
  SpectralModel model = solver(e.truth.model);
  Index done = 0;
  Ensemble u;
  if (resumed) {
    done = resumed->counters.at("frame");
    u = resumed->shared.at("state");
  } else {
    const Timers::Scope scope(run.timers, Work::forecast);
    u = initial_state(e.truth.initial, e.truth.model, e.seed);
    model.advance(u, {-e.truth.spin_up, 0});
    u.col(0) += e.truth.perturbation_std *
                standard_normal(u.rows(), {.seed = e.seed, .purpose = truth_perturbation, .item = 0});
  }
  const bool pairs = e.discovery && e.discovery->source == IncrementSource::pairs;
  const Index frames = pairs ? e.discovery->pairs : e.frames();
  const double interval = pairs ? e.discovery->pair_interval : e.frame_interval();
  while (done < frames) {
    const Index count = std::min(block, frames - done);
    Eigen::MatrixXd before(u.rows(), pairs ? count : 0), after(u.rows(), count);
    {
      const Timers::Scope scope(run.timers, Work::forecast);
      for (Index i = 0; i < count; ++i) {
        if (pairs) {
          model.advance(u, {0, interval - e.discovery->separation});
          before.col(i) = u.col(0);
          model.advance(u, {0, e.discovery->separation});
        } else if (done + i > 0) {
          model.advance(u, {0, interval});
        }
        after.col(i) = u.col(0);
      }
    }
    if (!u.allFinite())
      throw Error(Fault::run, "truth, frame " + std::to_string(done + count), "the state is not finite",
                  "take a smaller truth.dt");
    const Timers::Scope scope(run.timers, Work::io);
    if (pairs) {
      run.file.write("/truth/before", done, before);
      run.file.write("/truth/after", done, after);
    } else {
      write_frames(run, done, after);
    }
    done += count;
    run.progress("truth", done, frames);
    run.maybe_checkpoint([&](Checkpoint& checkpoint) {
      checkpoint.counters["frame"] = done;
      checkpoint.shared["state"] = u;
    });
  }
  run.add_profile(model.profile());
}

void observation_stage(RunContext& run) {
  const Experiment& e = run.experiment;
  if (e.observations->source) {
    run.file.write("/observations/value", 0, run.external.observations);
    return;
  }
  const PointObservations sensors(sensor_rows(e));
  const Eigen::VectorXd variance = e.error_variance();
  for (Index first = 0; first < e.events(); first += block) {
    const Index count = std::min(block, e.events() - first);
    const Ensemble exact = sensors(run.file.read("/truth/u", first + 1, count));
    Eigen::MatrixXd values(exact.rows(), count);
    for (Index i = 0; i < count; ++i) {
      const Index event = first + i + 1;
      values.col(i) = noisy_measurement(exact.col(i), variance, static_cast<std::uint64_t>(event),
                                        static_cast<double>(event) * e.observations->interval, e.seed)
                          .values;
    }
    run.file.write("/observations/value", first, values);
  }
}

}  // namespace semiflow
