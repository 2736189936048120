// The stages before the filter: truth, observations, baselines.
#include <algorithm>
#include <cstdio>
#include <optional>
#include <semiflow/assimilation/observations.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/pde/navier_stokes.hpp>

#include "record.hpp"
#include "run.hpp"
#include "sensors.hpp"
#include "truth_model.hpp"

namespace semiflow {

namespace {

constexpr Index most_frames = 64;  // between two looks at the clock

std::string time_text(double time) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", time);
  return text;
}

Error blow_up(const Experiment& e, const std::string& when) {
  return {Fault::run, "truth", "the state became infinite " + when,
          "take a truth.dt smaller than " + time_text(e.truth.model.dt) +
              ", more points or more dissipation; the frames before it are in the result's .partial file"};
}

void add_perturbation(EnsembleRef u, const Experiment& e, const Domain& domain) {
  if (e.truth.perturbation_std == 0) return;
  Ensemble noise =
      standard_normal(e.truth.model.state_size(), {.seed = e.seed, .purpose = truth_perturbation, .item = 0});
  if (is_velocity(e.truth.model)) noise = without_divergence(e.truth.model.grid, noise);
  u += e.truth.perturbation_std * domain.part(noise);
}

// The state of a plane or a box in a checkpoint: every field, slab by slab, for any number of ranks.
void keep_dealt(Checkpoint& checkpoint, const Ensemble& u, const Experiment& e, const Domain& domain) {
  const auto& fields = e.model.equation->fields;
  for (std::size_t field = 0; field < fields.size(); ++field) {
    checkpoint.members[fields[field]] = u.col(0)
                                            .segment(static_cast<Index>(field) * domain.points(), domain.points())
                                            .reshaped(domain.slab_points(), domain.slabs().size);
    checkpoint.member_counts[fields[field]] = e.model.grid.axis(0).points;
  }
}

Ensemble dealt_state(const Checkpoint& checkpoint, const Experiment& e, const Domain& domain) {
  const auto& fields = e.model.equation->fields;
  Ensemble u(std::ssize(fields) * domain.points(), 1);
  for (std::size_t field = 0; field < fields.size(); ++field)
    u.col(0).segment(static_cast<Index>(field) * domain.points(), domain.points()) =
        checkpoint.members.at(fields[field]).reshaped();
  return u;
}

// Independent pairs of states, on a line: every rank computes them all.
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
    const Index count = std::min(most_frames, d.pairs - done);
    Eigen::MatrixXd before(u.rows(), count), after(u.rows(), count);
    {
      const Timers::Scope scope(run.timers, Work::forecast);
      for (Index i = 0; i < count; ++i) {
        model.advance(u, {0, d.pair_interval - d.separation});
        before.col(i) = u.col(0);
        model.advance(u, {0, d.separation});
        after.col(i) = u.col(0);
      }
    }
    if (!u.allFinite()) throw blow_up(e, "before pair " + std::to_string(done + count));
    const Timers::Scope scope(run.timers, Work::io);
    run.file.write("/truth/before", done, before);
    run.file.write("/truth/after", done, after);
    done += count;
    run.progress("truth", done, d.pairs);
    run.maybe_checkpoint([&](Checkpoint& checkpoint) {
      checkpoint.counters["frame"] = done;
      checkpoint.shared["state"] = u;
    });
  }
  run.add_profile(model.profile());
}

void write_positions(RunContext& run, const SensorNetwork& network, Index frame) {
  const Index dimensions = run.experiment.model.grid.dimensions();
  if (dimensions == 1 && !network.moves()) return;  // they are the coordinate
  const Eigen::MatrixXd positions = network.positions(frame + 1);
  const char* const axes[] = {"x", "y", "z"};
  for (Index d = 0; d < dimensions; ++d)
    run.file.write(std::string("/observations/") + axes[dimensions - 1 - d], network.moves() ? frame : 0,
                   network.moves() ? Eigen::MatrixXd(positions.row(d).transpose()) : Eigen::MatrixXd(positions.row(d)));
}

// What all sensors report of a true state: [sensor], NaN for those that do not.
Eigen::VectorXd reported(const SensorNetwork& network, const ObservationOptions& o, Index event,
                         const Eigen::VectorXd& truth, const Experiment& e) {
  const Eigen::VectorXd exact = network.sensors(event)(truth);
  const Eigen::VectorXd variance = Eigen::VectorXd::Constant(exact.size(), o.error_std * o.error_std);
  const auto item = static_cast<std::uint64_t>(event);
  const double time = static_cast<double>(event) * o.interval;
  const auto errors = network.errors(event);
  Eigen::VectorXd noisy = errors ? errors->noisy_measurement(exact, item, time, e.seed).values
                                 : noisy_measurement(exact, variance, item, time, e.seed).values;
  if (o.gross_error_rate > 0) {
    const Key key{.seed = e.seed, .purpose = gross_error, .item = item};
    const Eigen::VectorXd chance = uniform(exact.size(), key);
    const Eigen::VectorXd wrong =
        standard_normal(exact.size(), {.seed = e.seed, .purpose = gross_error, .item = item, .step = 1});
    noisy = (chance.array() < o.gross_error_rate).select(noisy + o.gross_error_std * wrong, noisy).eval();
  }
  Eigen::VectorXd values = Eigen::VectorXd::Constant(exact.size(), std::nan(""));
  for (const Index j : network.reporting(event)) values(j) = noisy(j);
  return values;
}

}  // namespace

void truth_stage(RunContext& run, Resumed resumed) {
  const Experiment& e = run.experiment;
  if (e.truth.source) return write_frames(run, 0, run.external.truth, Domain(e.model.grid));
  if (e.discovery && e.discovery->source == IncrementSource::pairs) return pair_stage(run, resumed);
  // A line: every rank computes the one truth, which costs no more time than waiting for the rank that would.
  const bool line = e.model.grid.dimensions() == 1;
  TruthModel model(
      e.truth, e.seed,
      line ? Execution() : std::make_shared<const Communicator>(Communicator::duplicate_of(run.comm.get())));
  const Domain& domain = model.domain();
  Index done = 0;
  Ensemble u;
  if (resumed) {
    done = resumed->counters.at("frame");
    u = line ? resumed->shared.at("state") : dealt_state(*resumed, e, domain);
    if (resumed->shared.contains("memory")) {
      const Ensemble& memory = resumed->shared.at("memory");
      u.conservativeResize(u.rows() + memory.rows(), 1);
      u.bottomRows(memory.rows()) = memory;
    }
  } else {
    const Timers::Scope scope(run.timers, Work::forecast);
    u = model.start(domain.part(initial_state(e.truth.initial, e.truth.model, e.seed)));
    model.advance(u, {-e.truth.spin_up, 0});
    add_perturbation(u.topRows(model.field_size()), e, domain);
    if (domain.any(!u.allFinite())) throw blow_up(e, "in the spin-up, or in the initial state");
  }
  const auto fill = [&](Checkpoint& checkpoint) {
    checkpoint.counters["frame"] = done;
    if (line) {
      checkpoint.shared["state"] = u;
    } else {
      keep_dealt(checkpoint, u, e, domain);
      if (u.rows() > model.field_size()) checkpoint.shared["memory"] = u.bottomRows(u.rows() - model.field_size());
    }
  };
  const double interval = e.frame_interval();
  // As many frames as fit 64 MiB: a plane of a large field is written as it comes.
  const Index block = std::clamp<Index>((Index{1} << 23) / std::max<Index>(1, e.model.state_size()), 1, most_frames);
  while (done < e.frames()) {
    const Index count = std::min(block, e.frames() - done);
    Eigen::MatrixXd frames(u.rows(), count);
    Index good = 0;
    std::optional<Error> stopped;
    {
      const Timers::Scope scope(run.timers, Work::forecast);
      for (; good < count; ++good) {
        const double time = interval * static_cast<double>(done + good);
        try {
          if (done + good > 0) model.advance(u, {time - interval, time});
        } catch (const Error& error) {
          if (error.fault() != Fault::run) throw;
          stopped = error;
          break;
        }
        if (domain.any(!u.allFinite())) break;
        frames.col(good) = u.col(0);
      }
    }
    const Timers::Scope scope(run.timers, Work::io);
    write_frames(run, done, frames.leftCols(good), domain);
    done += good;
    if (good < count) {
      if (good > 0) {
        u = frames.col(good - 1);
        run.checkpoint_now(fill);
      }
      if (stopped) throw *stopped;
      throw blow_up(e, "between the times " + time_text(interval * static_cast<double>(done - 1)) + " and " +
                           time_text(interval * static_cast<double>(done)));
    }
    run.progress("truth", done, e.frames());
    run.maybe_checkpoint(fill);
  }
  run.add_profile(model.profile());
}

void observation_stage(RunContext& run) {
  const Experiment& e = run.experiment;
  const ObservationOptions& o = *e.observations;
  const SensorNetwork network(e);
  const Index block = std::clamp<Index>((Index{1} << 23) / e.model.state_size(), 1, most_frames);
  if (!network.moves()) write_positions(run, network, 0);
  for (Index first = 0; first < e.events(); first += block) {
    const Index count = std::min(block, e.events() - first);
    const Eigen::MatrixXd truth = o.source ? Eigen::MatrixXd() : read_truth(run, first + 1, count);
    Eigen::MatrixXd values = Eigen::MatrixXd::Constant(network.size(), count, std::nan(""));
    for (Index i = 0; i < count; ++i) {
      const Index event = first + i + 1;
      if (network.moves()) write_positions(run, network, event - 1);
      if (!o.source) values.col(i) = reported(network, o, event, truth.col(i), e);
    }
    run.file.write("/observations/value", first,
                   o.source ? run.external.observations.middleCols(first, count) : values);
  }
}

}  // namespace semiflow
