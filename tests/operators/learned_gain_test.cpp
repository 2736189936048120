#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/operators/learned_gain.hpp>
#include <semiflow/pde/kuramoto_sivashinsky.hpp>
#include <semiflow/pde/spectral_model.hpp>

#include "attractor.hpp"

using namespace semiflow;

namespace {

const Grid line({{64, 22.0}});

std::vector<Eigen::MatrixXd> trajectories(Index first, Index count, Index steps) {
  return attractor(line, 100, 11, first, count, steps);
}

constexpr double mean_square = 1.41;  // of u on this attractor

std::vector<ObserverRun> runs_of(const std::vector<Eigen::MatrixXd>& truths, double snr, double alpha,
                                 std::uint64_t seed) {
  std::vector<ObserverRun> runs;
  for (std::size_t i = 0; i < truths.size(); ++i)
    runs.push_back(noisy_run(truths[i], mean_square, snr, alpha, 20, seed, i));
  return runs;
}

void step(EnsembleRef states) {
  static SpectralModel model(kuramoto_sivashinsky(line), 0.1);
  model.advance(states, {0, 1});
}

CorrectStates constant(double gain) {
  return [gain](EnsembleRef states, EnsembleView measured, std::span<const Index>, double) {
    states += gain * (measured - states);
  };
}

double after_warm_up(const Eigen::MatrixXd& errors) { return errors.rightCols(errors.cols() - 20).mean(); }

CorrectStates by(const LearnedGain& gain) {
  return [&gain](EnsembleRef states, EnsembleView measured, std::span<const Index> gaps, double noise) {
    gain.analyse(states, measured, gaps, noise);
  };
}

}  // namespace

TEST_CASE("A perfect model with exact data makes no error, and replacing makes that of the data", "[observer]") {
  const auto truths = trajectories(0, 3, 60);
  std::vector<ObserverRun> exact = runs_of(truths, 20, 0.3, 1);
  for (ObserverRun& run : exact)
    for (Index k = 0; k < run.truth.cols(); ++k)
      if (run.measured.col(k).allFinite()) run.measured.col(k) = run.truth.col(k);
  CHECK(observe(exact, step, constant(0.37)).maxCoeff() < 1e-24);  // V1: errors are squares

  for (const double snr : {20.0, 30.0}) {  // V2
    const auto longer = trajectories(0, 8, 120);
    const double error = after_warm_up(observe(runs_of(longer, snr, 1, 2), step, constant(1)));
    // The noise has the power of the attractor's mean, and the error is relative to each state's.
    double inverse = 0;
    for (const auto& truth : longer) inverse += truth.rightCols(101).colwise().squaredNorm().cwiseInverse().mean() / 8;
    CHECK(error == Approx(64 * mean_square * std::pow(10, -snr / 10) * inverse).epsilon(0.02));
  }
}

TEST_CASE("Without a measurement there is no correction, and runs do not see each other", "[observer]") {
  const auto truths = trajectories(0, 2, 30);
  std::vector<ObserverRun> runs = runs_of(truths, 20, 0, 3);
  const Eigen::MatrixXd together = observe(runs, step, constant(1));
  // Masks of their own, and one of them another noise, in any order. V3
  const std::vector<ObserverRun> mixed{noisy_run(truths[0], mean_square, 20, 0.5, 5, 4, 0),
                                       noisy_run(truths[1], mean_square, 30, 0.3, 2, 4, 1),
                                       noisy_run(truths[0], mean_square, 20, 0.2, 9, 4, 2)};
  const Eigen::MatrixXd forth = observe(mixed, step, constant(0.6)),
                        back = observe({mixed[2], mixed[1], mixed[0]}, step, constant(0.6));
  for (Index i = 0; i < 3; ++i) {
    CHECK(observe({mixed[static_cast<std::size_t>(i)]}, step, constant(0.6)).row(0) == forth.row(i));
    CHECK(back.row(2 - i) == forth.row(i));
  }
  Ensemble free = runs[0].measured.col(19);  // the last one of the warm-up
  for (Index k = 20; k <= 30; ++k) step(free);
  CHECK(together(0, 30) == Approx((free.col(0) - truths[0].col(30)).squaredNorm() / truths[0].col(30).squaredNorm()));
}

TEST_CASE("A warm-up is measured whatever the chances are, and no gain is trained with it", "[observer]") {
  const Eigen::MatrixXd truth = trajectories(0, 1, 99)[0];
  const ObserverRun none = noisy_run(truth, 1, 20, 0.4, 1, 5, 0), some = noisy_run(truth, 1, 20, 0.4, 30, 5, 0);
  const auto measured = [](const ObserverRun& run, Index k) { return run.measured.col(k).allFinite(); };
  Index shared = 0;
  for (Index k = 0; k < 100; ++k) {
    CHECK(measured(some, k) == (k < 30 || measured(none, k)));
    if (measured(none, k)) CHECK(some.measured.col(k) == none.measured.col(k));  // masks and noise are two streams
    if (k >= 30 && measured(none, k)) ++shared;
  }
  GainSamples samples;
  observe({some}, step, constant(1), &samples);
  CHECK(samples.count() == shared);
  CHECK(std::ssize(samples.gaps) == shared);
}

TEST_CASE("A constant gain on a scalar has the error of theory", "[observer]") {
  // dx/dt = a x over one step multiplies by g; with data at each step P = K^2 R / (1 - (1 - K)^2 g^2). V4
  const double g = 1.2, K = 0.5, noise = 0.1;
  ObserverRun run{.truth = Eigen::MatrixXd::Ones(1, 40001), .measured = {}, .noise_std = noise};
  run.measured = run.truth + noise * standard_normal(40001, {5, 0, 0}).transpose();
  const Eigen::MatrixXd errors = observe(
      {run}, [g](EnsembleRef z) { z = (1 + g * (z.array() - 1)).matrix(); }, constant(K));
  CHECK(errors.rightCols(40000).mean() ==
        Approx(K * K * noise * noise / (1 - (1 - K) * (1 - K) * g * g)).epsilon(0.03));

  // V5: data at a share alpha of the times, replaced: R alpha / (1 - (1 - alpha) g^2).
  const double alpha = 0.5;
  ObserverRun sparse = noisy_run(Eigen::MatrixXd::Ones(1, 200001), 1, 20, alpha, 1, 6, 0);
  const Eigen::MatrixXd held = observe(
      {sparse}, [g](EnsembleRef z) { z = (1 + g * (z.array() - 1)).matrix(); }, constant(1));
  CHECK(held.rightCols(200000).mean() == Approx(0.01 * alpha / (1 - (1 - alpha) * g * g)).epsilon(0.1));

  // Below the critical share 1 - 1 / g^2 = 0.31 the mean square has no bound: the longer the run, the larger it is.
  double before = 0;
  for (const Index steps : {Index{100}, Index{10000}, Index{1000000}}) {
    const ObserverRun seldom = noisy_run(Eigen::MatrixXd::Ones(1, steps), 1, 20, 0.1, 1, 6, 0);
    const double now = observe(
                           {seldom}, [g](EnsembleRef z) { z = (1 + g * (z.array() - 1)).matrix(); }, constant(1))
                           .mean();
    CHECK(now > 10 * before);
    before = now;
  }
}

TEST_CASE("The learned gain beats the best constant one, and the yardsticks are those of the specification",
          "[observer]") {
  const Communicator comm = Communicator::duplicate_of(MPI_COMM_WORLD);
  // Without their warm-ups, 8 of 220 steps would be 480 samples at 0.3.
  const auto training = trajectories(100, 11, 220), test = trajectories(0, 16, 620);
  struct Row {
    double alpha, replaced, best_constant, spectral;
  };
  // noda_rgnp.md 1.6, L = 22, SNR 20: K = 1, the best constant and the spectral gain. Its target V11 allows a factor of 1.5,
  // since errors of a chaotic system have heavy tails.
  const auto within = [](double value, double reference) { return value < 1.5 * reference && value > reference / 1.5; };
  for (const Row& row : {Row{0.3, 1.04e-2, 6.07e-3, 3.3e-3}, Row{1, 1.07e-2, 1.03e-3, 4.1e-4}}) {
    CAPTURE(row.alpha);
    const auto runs = runs_of(test, 20, row.alpha, 7);
    const double replaced = after_warm_up(observe(runs, step, constant(1)));
    double constant_error = replaced;
    for (const double c : {0.2, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9})
      constant_error = std::min(constant_error, after_warm_up(observe(runs, step, constant(c))));
    CHECK(within(replaced, row.replaced));
    CHECK(within(constant_error, row.best_constant));

    LearnedGain gain(line, 1, {.modes = {16}, .width = 16, .layers = 2, .head = 32, .seed = 1});
    train_gain(gain, runs_of(training, 20, row.alpha, 8), step, 4, 0, {}, comm);
    const double spectral = after_warm_up(observe(runs, step, by(gain)));
    CHECK(within(spectral, row.spectral));
    CHECK(spectral < constant_error);

    const TrainingOptions options{
        .epochs = row.alpha == 1 ? Index{6} : Index{20}, .batch = 32, .parts = 2, .learning_rate = 2e-3};
    train_gain(gain, runs_of(training, 20, row.alpha, 8), step, 1, 2, options, comm);
    const double learned = after_warm_up(observe(runs, step, by(gain)));
    CAPTURE(replaced, constant_error, spectral, learned);
    CHECK(learned < 0.7 * spectral);
    CHECK(learned < constant_error / 3);
  }
}

TEST_CASE("The more often a perfect model is measured, the smaller the error", "[observer]") {
  // V12; L = 22 is below its critical share of 0.088 at 0 only, where the error saturates near 2.
  const auto test = trajectories(0, 8, 320);
  std::vector<double> errors;
  for (const double alpha : {0.0, 0.1, 0.2, 0.3})
    errors.push_back(after_warm_up(observe(runs_of(test, 20, alpha, 9), step, constant(1))));
  CHECK(errors[3] < errors[2]);
  CHECK(errors[2] < errors[1]);
  CHECK(errors[1] < errors[0]);
  const Eigen::MatrixXd open_loop = observe(runs_of(test, 20, 0, 9), step, constant(1));
  CHECK(open_loop.rightCols(100).mean() ==
        Approx(2).margin(0.4));  // two states of the attractor that know nothing of each other
}

TEST_CASE("Without noise, a learned gain takes what is measured", "[observer]") {
  const Communicator comm = Communicator::duplicate_of(MPI_COMM_WORLD);
  LearnedGain gain(line, 1, {.modes = {8}, .width = 8, .layers = 2, .head = 8, .seed = 2});
  std::vector<ObserverRun> runs;
  const auto truths = trajectories(40, 2, 60);
  for (std::size_t i = 0; i < 2; ++i) runs.push_back(noisy_run(truths[i], mean_square, 100, 0.5, 1, 3, i));
  train_gain(gain, runs, step, 2, 1, {.epochs = 2, .batch = 16}, comm);
  const double error = observe(runs, step, by(gain)).rightCols(40).minCoeff();
  CHECK(error < 1e-9);  // V18: the noise is 1e-10
}

TEST_CASE("A learned gain comes back from its weights, and says what it lacks", "[observer]") {
  const Communicator comm = Communicator::duplicate_of(MPI_COMM_WORLD);
  const LearnedGainOptions options{.modes = {8}, .width = 8, .layers = 2, .head = 8, .longest_gap = 3, .seed = 4};
  LearnedGain gain(line, 1, options), other(line, 1, options);
  Ensemble z = Ensemble::Random(64, 2);
  const Ensemble y = Ensemble::Random(64, 2);
  const std::vector<Index> gaps{1, 9};
  CHECK_THROWS_WITH(gain.analyse(z, y, gaps, 0.1), Catch::Contains("must be trained"));
  GainSamples samples{.forecast = Ensemble::Random(64, 12),
                      .measured = Ensemble::Random(64, 12),
                      .truth = Ensemble::Random(64, 12),
                      .gaps = std::vector<Index>(12, 1),
                      .noise_std = std::vector<double>(12, 0.3)};
  gain.fit(samples, {.epochs = 2, .batch = 4}, comm);
  other.set_weights(gain.weights());
  Ensemble a = z, b = z;
  gain.analyse(a, y, gaps, 0.3);
  other.analyse(b, y, gaps, 0.3);
  CHECK(a == b);
  CHECK(a != z);
  CHECK_THROWS_WITH(other.set_weights(gain.weights().topRows(5)), Catch::Contains("too few"));
  samples.noise_std[3] = 0;
  CHECK_THROWS_WITH(gain.fit(samples, {}, comm), Catch::Contains("positive standard deviation"));
}
