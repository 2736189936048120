#include <catch2/catch.hpp>
#include <semiflow/operators/sequence_training.hpp>
#include <semiflow/pde/kuramoto_sivashinsky.hpp>

#include "attractor.hpp"

using namespace semiflow;

namespace {

const Grid line({{32, 22.0}});
constexpr Index warm_up = 5;

std::vector<ObserverRun> runs_of(Index first, Index count, Index steps) {
  std::vector<ObserverRun> runs;
  for (const Eigen::MatrixXd& truth : attractor(line, 60, 3, first, count, steps))
    runs.push_back(noisy_run(truth, 1.41, 20, 0.4, warm_up, 7, static_cast<std::uint64_t>(first++)));
  return runs;
}

const std::vector<ObserverRun>& training_runs() {
  static const std::vector<ObserverRun> runs = runs_of(0, 4, 40);
  return runs;
}

// A solver of few steps with an untrained correction: the gradient goes through the solver's adjoint too.
Surrogate solver() {
  return {{.kind = SurrogateKind::corrected_solver, .modes = {8}, .width = 8, .layers = 1, .head = 8, .time_step = 1},
          kuramoto_sivashinsky(line),
          0.25};
}

AdvanceStates advance_by(Surrogate& predictor) {
  return [&predictor](EnsembleRef states) { predictor.advance(states, {0, 1}); };
}

Eigen::MatrixXd errors_of(const LearnedGain& gain, Surrogate& predictor, const std::vector<ObserverRun>& runs) {
  return observe(runs, advance_by(predictor),
                 [&gain](EnsembleRef states, EnsembleView measured, std::span<const Index> gaps, double noise) {
                   gain.analyse(states, measured, gaps, noise);
                 });
}

LearnedGain swept_gain(Surrogate& predictor) {
  LearnedGain gain(line, 1, {.modes = {8}, .width = 8, .layers = 1, .head = 8, .longest_gap = 6});
  const Communicator comm = Communicator::duplicate_of(MPI_COMM_WORLD);
  train_gain(gain, training_runs(), advance_by(predictor), 3, 1, {.epochs = 2, .learning_rate = 2e-3}, comm);
  return gain;
}

}  // namespace

TEST_CASE("The loss of sequences is the error that the recursion has", "[sequence]") {
  const Communicator comm = Communicator::duplicate_of(MPI_COMM_WORLD);
  Surrogate predictor = solver();
  LearnedGain gain = swept_gain(predictor);
  const Eigen::MatrixXd before = errors_of(gain, predictor, training_runs());
  for (const Index events : {1, 3}) {
    // Windows begin at events 4, 5, ..., and each sees the errors of the next ones.
    double expected = 0;
    const Index windows = before.cols() - events - (warm_up - 1);
    for (Index k = 0; k < windows; ++k) expected += before.middleCols(warm_up + k, events).mean();
    // Nothing moves, and one batch holds all.
    SequenceTraining still{
        .network = {.epochs = 1, .batch = 4 * windows, .learning_rate = 1e-30, .weight_decay = 0, .unroll = events}};
    const double loss = train_sequences(gain, predictor, training_runs(), 1, still, comm).front().loss;
    CHECK(loss == Approx(expected / static_cast<double>(windows)).epsilon(1e-4));
  }
}

TEST_CASE("A recursion that is trained as a whole errs less, with the same bits on any ranks", "[sequence]") {
  const Communicator comm = Communicator::duplicate_of(MPI_COMM_WORLD),
                     alone = Communicator::duplicate_of(MPI_COMM_SELF);
  const auto trained = [](SequenceTraining o, const Communicator& c) {
    Surrogate predictor = solver();
    LearnedGain gain = swept_gain(predictor);
    train_sequences(gain, predictor, training_runs(), 1, o, c);
    return std::pair{gain.weights(), predictor.weights()};
  };
  SequenceTraining o{.network = {.epochs = 2, .batch = 16, .learning_rate = 2e-3, .unroll = 4, .unroll_epochs = 1}};
  Surrogate predictor = solver();
  LearnedGain gain = swept_gain(predictor);
  const Eigen::MatrixXd weights = gain.weights(), operators = predictor.weights();
  const double before = errors_of(gain, predictor, training_runs()).rightCols(35).mean();

  const auto gain_alone = trained(o, alone);
  CHECK(gain_alone.first != weights);
  CHECK(gain_alone.second == operators);  // the predictor stays
  CHECK(trained(o, comm) == gain_alone);

  // A gradient that goes back further than the window is the whole one; one that stops at each event is another.
  o.network.gradient_steps = 4;
  CHECK(trained(o, alone) == gain_alone);
  o.network.gradient_steps = 1;
  CHECK(trained(o, alone).first != gain_alone.first);
  o.network.gradient_steps = 0;
  o.measurement_weight = 0.1;
  CHECK(trained(o, alone).first != gain_alone.first);

  o = {.network = {.epochs = 6, .batch = 16, .learning_rate = 2e-3, .unroll = 4}, .predictor = true};
  train_sequences(gain, predictor, training_runs(), 1, o, comm);
  CHECK(predictor.weights() != operators);
  CHECK(errors_of(gain, predictor, training_runs()).rightCols(35).mean() < 0.97 * before);
}

TEST_CASE("Windows without a measurement teach nothing, and are no error", "[sequence]") {
  const Communicator comm = Communicator::duplicate_of(MPI_COMM_WORLD);
  Surrogate predictor = solver();
  LearnedGain gain = swept_gain(predictor);
  std::vector<ObserverRun> rare = training_runs();
  for (ObserverRun& run : rare) {  // short: an untrained predictor left alone leaves the attractor
    run.truth = run.truth.leftCols(warm_up + 8).eval();
    run.measured = run.measured.leftCols(warm_up + 8).eval();
    run.measured.rightCols(8).setConstant(std::nan(""));
  }
  const Eigen::MatrixXd weights = gain.weights();
  train_sequences(gain, predictor, rare, 1, {.network = {.epochs = 1, .batch = 2, .weight_decay = 0, .unroll = 1}},
                  comm);
  CHECK(gain.weights() == weights);
  // As for the surrogate itself, no longer step than it knows: two of 0.75.
  Surrogate any({.kind = SurrogateKind::semilinear,
                 .modes = {8},
                 .width = 8,
                 .layers = 1,
                 .head = 8,
                 .time_step = 1,
                 .any_time_step = true},
                kuramoto_sivashinsky(line));
  const TrainingData data{.training = attractor(line, 60, 3, 0, 2, 40, 0.5), .validation = {}, .interval = 0.5};
  any.train(data, {.epochs = 10, .batch = 8, .learning_rate = 5e-3}, comm);
  std::vector<ObserverRun> runs;
  for (const Eigen::MatrixXd& truth : attractor(line, 60, 3, 0, 2, 6, 1.5))
    runs.push_back(noisy_run(truth, 1.41, 20, 1, 1, 7, 0));
  const auto advance = [&any](EnsembleRef states) { any.advance(states, {0, 1.5}); };
  LearnedGain other(line, 1, {.modes = {8}, .width = 8, .layers = 1, .head = 8, .longest_gap = 6});
  train_gain(other, runs, advance, 2, 1, {.epochs = 1}, comm);
  const Eigen::MatrixXd errors =
      observe(runs, advance, [&](EnsembleRef states, EnsembleView measured, std::span<const Index> gaps, double noise) {
        other.analyse(states, measured, gaps, noise);
      });
  const Index windows = errors.cols() - 1;
  const SequenceTraining still{
      .network = {.epochs = 1, .batch = 2 * windows, .learning_rate = 1e-30, .weight_decay = 0, .unroll = 1}};
  CHECK(train_sequences(other, any, runs, 1.5, still, comm).front().loss ==
        Approx(errors.rightCols(windows).mean()).epsilon(1e-4));
}

TEST_CASE("What cannot be trained in sequences is refused", "[sequence]") {
  const Communicator comm = Communicator::duplicate_of(MPI_COMM_WORLD);
  Surrogate predictor = solver();
  LearnedGain fresh(line, 1, {.modes = {8}, .width = 8, .layers = 1, .head = 8});
  CHECK_THROWS_WITH(train_sequences(fresh, predictor, training_runs(), 1, {}, comm),
                    Catch::Contains("by sweeps before"));
  LearnedGain bare(line, 1, {.width = 0});
  train_gain(bare, training_runs(), advance_by(predictor), 1, 0, {}, comm);
  CHECK_THROWS_WITH(train_sequences(bare, predictor, training_runs(), 1, {}, comm),
                    Catch::Contains("nothing to train"));
  LearnedGain gain = swept_gain(predictor);
  CHECK_THROWS_WITH(train_sequences(gain, predictor, training_runs(), 1.5, {}, comm), Catch::Contains("whole number"));
  CHECK_THROWS_WITH(train_sequences(gain, predictor, training_runs(), 1, {.network = {.unroll = 100}}, comm),
                    Catch::Contains("longer than"));
}
