#include "learned_observer.hpp"

#include <cmath>
#include <semiflow/core/error.hpp>

#include "climatology.hpp"
#include "member_model.hpp"
#include "networks.hpp"
#include "surrogate.hpp"

namespace semiflow {

namespace {

// assimilation.gain.sequence
SequenceTraining read_sequence(const Table& table, const Experiment& e) {
  const Range counts{.at_least = 1, .at_most = 1e6};
  SequenceTraining s;
  s.network.unroll = table.integer("events", s.network.unroll, counts);
  s.network.unroll_epochs = table.integer("growth_epochs", s.network.unroll_epochs, non_negative);
  s.network.gradient_steps = table.integer("gradient_events", s.network.gradient_steps, non_negative);
  s.network.epochs = table.integer("epochs", s.network.epochs, counts);
  s.network.batch = table.integer("batch", s.network.batch, Range{.at_least = 2, .at_most = 1e6});
  s.network.learning_rate = table.number("learning_rate", s.network.learning_rate, positive);
  s.network.seed = e.seed;
  s.sweeps = table.integer("sweeps", s.sweeps, counts);
  s.predictor = table.boolean("predictor", s.predictor);
  s.measurement_weight = table.number("measurement_weight", s.measurement_weight, non_negative);
  table.finish();
  const Index warm_up = std::max<Index>(e.observations->warm_up, 1);
  if (warm_up + s.network.unroll > e.events())
    throw table.error("events",
                      "the training runs have " + std::to_string(e.events()) + " events, of which " +
                          std::to_string(warm_up) + " are the warm-up",
                      "unroll fewer, or lengthen truth.duration");
  return s;
}

}  // namespace

GainOptions read_gain(const Table& assimilation, const Experiment& experiment) {
  GainOptions g;
  g.network.modes = usual_modes(experiment.model.grid);
  g.network.width = 16;
  g.network.layers = 2;
  g.network.head = 32;
  g.training = {.epochs = 10, .batch = 32, .learning_rate = 2e-3};
  g.training.seed = g.network.seed = experiment.seed;
  const auto table = assimilation.optional_table("gain");
  if (!table) return g;
  const Range counts{.at_least = 1, .at_most = 1e6};
  g.network.form =
      table->choice("form", {"spectral", "gate"}, "spectral") == "gate" ? GainForm::gate : GainForm::spectral;
  g.network.modes = read_modes(*table, experiment.model.grid);
  g.network.width = table->integer("width", g.network.width, Range{.at_least = 0, .at_most = 4096});
  g.network.layers = table->integer("layers", g.network.layers, Range{.at_least = 1, .at_most = 64});
  g.network.head = table->integer("head", g.network.head, counts);
  g.network.longest_gap = table->integer("longest_gap", 12, Range{.at_least = 1, .at_most = 1000});
  g.runs = table->integer("runs", g.runs, counts);
  g.power_sweeps = table->integer("power_sweeps", 4, counts);
  g.network_sweeps = table->integer("network_sweeps", 2, non_negative);
  g.training.epochs = table->integer("epochs", 10, counts);
  g.training.batch = table->integer("batch", 32, Range{.at_least = 2, .at_most = 1e6});
  g.training.learning_rate = table->number("learning_rate", 2e-3, positive);
  if (const auto sequence = table->optional_table("sequence")) g.sequence = read_sequence(*sequence, experiment);
  if (g.sequence && g.network.width == 0 && !g.sequence->predictor)
    throw table->error("sequence", "there is nothing to train: a gain of width 0 has no network",
                       "give it a width, or set sequence.predictor = true");
  table->finish();
  return g;
}

void LearnedObserver::AfterSteps::analyse(EnsembleRef rows, Index begin, EnsembleView predicted,
                                          const Measurement& measurement) const {
  require(measurement.values.size() == predicted.rows(), "a learned gain needs a sensor at every point of every field");
  Ensemble states = predicted;
  const Ensemble measured = measurement.values.replicate(1, states.cols());
  const std::vector<Index> gaps(static_cast<std::size_t>(states.cols()), steps_);
  gain_.analyse(states, measured, gaps, std::sqrt(measurement.error_variance.mean()));
  rows += (states - predicted).middleRows(begin, rows.rows());
}

LearnedObserver learned_observer(RunContext& run) {
  const Experiment& e = run.experiment;
  const GainOptions& options = *e.assimilation->gain;
  const double interval = e.observations->interval, std = e.observations->error_std;
  const Index length = e.events();
  GainTraining training{.noise_std = std,
                        .availability = e.observations->event_availability,
                        .warm_up = std::max<Index>(e.observations->warm_up, 1),
                        .seed = e.seed,
                        .first_item = static_cast<std::uint64_t>(length + 1),
                        .power_sweeps = options.power_sweeps,
                        .network_sweeps = options.network_sweeps,
                        .network = options.training};
  for (const Ensemble& truth : training_truths(run, options.runs)) training.truths.emplace_back(truth);
  MemberModel model(run, 0);
  const std::shared_ptr<GainNetwork> gain =
      networks().make_gain(e.model.grid, std::ssize(e.model.equation->fields), options.network);
  gain->train(
      training,
      [&](EnsembleRef states) {
        model.advance(states, {0, interval});
      },
      run.comm);
  if (!options.sequence) return LearnedObserver(gain);
  const std::unique_ptr<LearnedModel> predictor = trained_surrogate(run);
  gain->train_sequences(training, *predictor, interval, *options.sequence, run.comm);
  if (!options.sequence->predictor) return LearnedObserver(gain);
  run.file.write(observer_weights, 0, predictor->weights().transpose());
  return LearnedObserver(gain, predictor->weights());
}

}  // namespace semiflow
