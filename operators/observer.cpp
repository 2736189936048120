// The recursion of a neural observer, and the training of its gain.
#include <cmath>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/operators/learned_gain.hpp>

namespace semiflow {

ObserverRun noisy_run(const Eigen::MatrixXd& truth, double mean_square, double snr, double availability, Index warm_up,
                      std::uint64_t seed, std::uint64_t item) {
  require(warm_up >= 1 && availability >= 0 && availability <= 1,
          "a run measures its first step and a share of the others");
  const double std = std::sqrt(mean_square * std::pow(10, -snr / 10));
  const Eigen::VectorXd lot = uniform(truth.cols(), {.seed = seed, .purpose = event_missing, .item = item});
  ObserverRun run{.truth = truth,
                  .measured = Eigen::MatrixXd::Constant(truth.rows(), truth.cols(), std::nan("")),
                  .noise_std = std,
                  .warm_up = warm_up};
  for (Index k = 0; k < truth.cols(); ++k) {
    if (k >= warm_up && lot(k) >= availability) continue;
    run.measured.col(k) =
        truth.col(k) +
        std * standard_normal(
                  truth.rows(),
                  {.seed = seed, .purpose = observation_noise, .item = item, .step = static_cast<std::uint64_t>(k)});
  }
  return run;
}

namespace {

// Some columns of what one step has made.
void append(GainSamples& samples, const std::vector<Index>& some, const Ensemble& forecast, const Ensemble& measured,
            const Ensemble& truth, const std::vector<Index>& gaps, double noise) {
  const Index more = std::ssize(some), before = samples.count();
  if (more == 0) return;
  for (const auto& [whole, part] :
       {std::pair{&samples.forecast, &forecast}, {&samples.measured, &measured}, {&samples.truth, &truth}}) {
    whole->conservativeResize(part->rows(), before + more);
    whole->rightCols(more) = (*part)(Eigen::all, some);
  }
  for (const Index j : some) samples.gaps.push_back(gaps[static_cast<std::size_t>(j)]);
  samples.noise_std.insert(samples.noise_std.end(), some.size(), noise);
}

}  // namespace

Eigen::MatrixXd observe(const std::vector<ObserverRun>& runs, const AdvanceStates& advance,
                        const CorrectStates& correct, GainSamples* collect) {
  require(!runs.empty(), "there is no run to observe");
  const Index count = std::ssize(runs), steps = runs.front().truth.cols(), size = runs.front().truth.rows();
  Ensemble states(size, count);
  for (Index i = 0; i < count; ++i) {
    const ObserverRun& run = runs[static_cast<std::size_t>(i)];
    require(run.truth.rows() == size && run.truth.cols() == steps && run.measured.rows() == size &&
                run.measured.cols() == steps,
            "runs that are observed together have the same length and state");
    require(run.measured.col(0).allFinite(), "an estimate starts at a measurement of the whole state");
    states.col(i) = run.measured.col(0);
  }
  Eigen::MatrixXd errors(count, steps);
  const auto score = [&](Index k) {
    for (Index i = 0; i < count; ++i) {
      const auto truth = runs[static_cast<std::size_t>(i)].truth.col(k);
      errors(i, k) = (states.col(i) - truth).squaredNorm() / truth.squaredNorm();
    }
  };
  score(0);
  std::vector<Index> since(static_cast<std::size_t>(count), 0);
  for (Index k = 1; k < steps; ++k) {
    advance(states);
    for (Index& gap : since) ++gap;
    // By noise level, since one call of a gain has one.
    for (Index first = 0; first < count; ++first) {
      const double noise = runs[static_cast<std::size_t>(first)].noise_std;
      std::vector<Index> chosen, gaps;
      bool done = false;
      for (Index i = 0; i < count; ++i) {
        const ObserverRun& run = runs[static_cast<std::size_t>(i)];
        if (run.noise_std != noise) continue;
        if (i < first) done = true;
        if (!run.measured.col(k).allFinite()) continue;
        chosen.push_back(i);
        gaps.push_back(since[static_cast<std::size_t>(i)]);
      }
      if (done || chosen.empty()) continue;
      Ensemble forecast = states(Eigen::all, chosen), measured(size, std::ssize(chosen)),
               truth(size, std::ssize(chosen));
      for (Index j = 0; j < std::ssize(chosen); ++j) {
        const ObserverRun& run = runs[static_cast<std::size_t>(chosen[static_cast<std::size_t>(j)])];
        measured.col(j) = run.measured.col(k);
        truth.col(j) = run.truth.col(k);
      }
      if (collect != nullptr) {
        std::vector<Index> counted;  // of the chosen
        for (Index j = 0; j < std::ssize(chosen); ++j)
          if (k >= runs[static_cast<std::size_t>(chosen[static_cast<std::size_t>(j)])].warm_up) counted.push_back(j);
        append(*collect, counted, forecast, measured, truth, gaps, noise);
      }
      correct(forecast, measured, gaps, noise);
      states(Eigen::all, chosen) = forecast;
      for (const Index i : chosen) since[static_cast<std::size_t>(i)] = 0;
    }
    score(k);
  }
  return errors;
}

void train_gain(LearnedGain& gain, const std::vector<ObserverRun>& runs, const AdvanceStates& advance,
                Index power_sweeps, Index network_sweeps, const TrainingOptions& options, const Communicator& comm) {
  require(power_sweeps >= 1, "a gain is trained in at least one sweep");
  GainSamples samples;
  for (Index sweep = 0; sweep < power_sweeps + network_sweeps; ++sweep) {
    if (sweep <= power_sweeps) samples = {};
    const Index before = samples.count();
    const bool first = sweep == 0;
    observe(
        runs, advance,
        [&](EnsembleRef states, EnsembleView measured, std::span<const Index> gaps, double noise) {
          if (first)
            states = measured;
          else
            gain.analyse(states, measured, gaps, noise);
        },
        &samples);
    TrainingOptions o = options;
    if (sweep < power_sweeps) o.epochs = 0;
    gain.fit(samples, o, comm, samples.count() - before);
  }
}

}  // namespace semiflow
