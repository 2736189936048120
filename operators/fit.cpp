#include "private/fit.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>
#include <numeric>
#include <semiflow/core/collective_error.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>

namespace semiflow {

namespace {

std::vector<Index> shuffled(Index count, std::uint64_t seed, Index epoch) {
  const Eigen::VectorXd lot =
      uniform(count, {.seed = seed, .purpose = training_order, .item = static_cast<std::uint64_t>(epoch)});
  std::vector<Index> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&lot](Index i) { return lot(i); });
  return order;
}

// What changes from epoch to epoch beside the trainer's own state.
struct Progress {
  Index epoch = 0;  // done
  double best = std::numeric_limits<double>::infinity();
  Index best_epoch = 0;
  double plateau_factor = 1;
  Index plateau_epoch = 0;  // the last one that the plateau counts from
  Eigen::MatrixXd kept{};

  void save(Checkpoint& checkpoint) const {
    checkpoint.counters["epoch"] = epoch;
    checkpoint.counters["best_epoch"] = best_epoch;
    checkpoint.counters["plateau_epoch"] = plateau_epoch;
    checkpoint.shared["training_progress"] = Eigen::Vector2d(best, plateau_factor);
    if (kept.size() > 0) checkpoint.shared["best_parameters"] = kept;
  }
  void load(const Checkpoint& checkpoint) {
    epoch = checkpoint.counters.at("epoch");
    best_epoch = checkpoint.counters.at("best_epoch");
    plateau_epoch = checkpoint.counters.at("plateau_epoch");
    best = checkpoint.shared.at("training_progress")(0);
    plateau_factor = checkpoint.shared.at("training_progress")(1);
    if (const auto found = checkpoint.shared.find("best_parameters"); found != checkpoint.shared.end())
      kept = found->second;
  }
};

double learning_rate(const TrainingOptions& o, const Progress& progress, Index step, Index steps_an_epoch) {
  const Index last = o.epochs * steps_an_epoch;
  switch (o.schedule) {
    case LearningRate::cosine: {
      const double warm = o.warm_up * static_cast<double>(last), at = static_cast<double>(step);
      if (at < warm) return o.learning_rate * (at + 1) / (warm + 1);
      return o.learning_rate * 0.5 *
             (1 + std::cos(std::numbers::pi * (at - warm) / (static_cast<double>(last) - warm)));
    }
    case LearningRate::halving:
      return o.learning_rate * std::pow(0.5, static_cast<double>((step / steps_an_epoch) / o.halve_every));
    case LearningRate::plateau:
      return o.learning_rate * progress.plateau_factor;
    default:
      return o.learning_rate;
  }
}

void judge(Progress& progress, const TrainingOptions& o, double validation, const Trainer& trainer) {
  if (validation < progress.best) {
    progress.best = validation;
    progress.best_epoch = progress.plateau_epoch = progress.epoch;
    progress.kept = trainer.kept();
  } else if (progress.epoch - progress.plateau_epoch >= o.patience) {
    progress.plateau_factor /= 2;
    progress.plateau_epoch = progress.epoch;
  }
}

void check(const TrainingOptions& o, Index samples) {
  require(o.epochs >= 1 && o.batch >= 1, "a training has at least one epoch and one sample in a batch");
  require(o.learning_rate > 0 && std::isfinite(o.learning_rate), "a learning rate is positive");
  require(o.average >= 0 && o.average < 1 && o.warm_up >= 0 && o.warm_up < 1, "average and warm_up are in [0, 1)");
  require(o.halve_every >= 1 && o.patience >= 1, "halve_every and patience count at least one epoch");
  require(samples >= 1, "there is nothing to train with");
}

}  // namespace

std::vector<EpochReport> fit(const Objective& objective, const TrainingOptions& options, const Communicator& comm,
                             const TrainingHooks& hooks) {
  check(options, objective.samples);
  require(objective.validation || (options.early_stop == 0 && options.schedule != LearningRate::plateau),
          "an early stop and a plateau are judged by a validation set, and there is none");
  TrainingOptions o = options;
  o.batch = std::min(o.batch, objective.samples);
  o.parts = std::min(o.parts, o.batch);
  Trainer trainer(objective.network, o, comm);
  Progress progress;
  if (hooks.resumed != nullptr) {
    trainer.load(*hooks.resumed);
    progress.load(*hooks.resumed);
  }
  const auto save = [&](Checkpoint& checkpoint) {
    trainer.save(checkpoint);
    progress.save(checkpoint);
  };
  const auto start = std::chrono::steady_clock::now();
  // What is left over joins no batch: samples differ from epoch to epoch.
  const Index steps = objective.samples / o.batch;
  std::vector<EpochReport> reports;
  // Asked before an epoch, so that a training that had stopped stays stopped when it is resumed.
  const auto stopped = [&] { return o.early_stop > 0 && progress.epoch - progress.best_epoch >= o.early_stop; };
  while (progress.epoch < o.epochs && !stopped()) {
    const std::vector<Index> order = shuffled(objective.samples, o.seed, progress.epoch);
    EpochReport report{.epoch = progress.epoch + 1};
    for (Index i = 0; i < steps; ++i) {
      report.learning_rate = learning_rate(o, progress, progress.epoch * steps + i, steps);
      const std::span<const Index> batch(order.data() + i * o.batch, static_cast<std::size_t>(o.batch));
      report.loss += trainer.step([&](std::span<const Index> part) { return objective.loss(part, progress.epoch); },
                                  batch, report.learning_rate) /
                     static_cast<double>(steps);
    }
    ++progress.epoch;
    report.validation = std::nan("");
    if (objective.validation) {
      trainer.with_average([&] {
        const torch::NoGradGuard guard;
        run_together(comm, [&] { report.validation = objective.validation(); });
        // Ranks on other processors may differ by rounding, and all must decide alike.
        MPI_Bcast(&report.validation, 1, MPI_DOUBLE, 0, comm.get());
      });
      judge(progress, o, report.validation, trainer);
    }
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    reports.push_back(report);
    if (hooks.on_epoch) hooks.on_epoch(report, save);
  }
  set_flat_parameters(objective.network, progress.kept.size() > 0 ? progress.kept : trainer.kept());
  return reports;
}

}  // namespace semiflow
