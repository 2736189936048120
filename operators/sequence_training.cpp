#include <algorithm>
#include <cmath>
#include <semiflow/core/error.hpp>
#include <semiflow/operators/sequence_training.hpp>

#include "private/fit.hpp"
#include "private/fourier_space.hpp"
#include "private/learned_gain_state.hpp"
#include "private/losses.hpp"
#include "private/surrogate_state.hpp"

namespace semiflow {

namespace {

// Runs as tensors [run, event, points..., field]; what was not measured is 0, and mask says what was.
struct Runs {
  torch::Tensor truth, measured;
  torch::Tensor mask;  // [run, event]
  std::vector<double> noise;
  Index warm_up = 1, events = 0;

  Runs(const std::vector<ObserverRun>& runs, const Grid& grid) {
    require(!runs.empty(), "a recursion is trained with one run at least");
    std::vector<torch::Tensor> truths, values, masks;
    events = runs.front().truth.cols();
    for (const ObserverRun& run : runs) {
      require(run.truth.cols() == events && run.measured.cols() == events && run.truth.rows() == run.measured.rows(),
              "runs that are observed together have the same length");
      require(run.truth.rows() % grid.points() == 0 && run.truth.allFinite() && run.measured.col(0).allFinite(),
              "a run is of finite states, the first of them measured");
      require(run.noise_std > 0, "the noise of a measurement has a positive standard deviation");
      Eigen::MatrixXd reports = run.measured;
      std::vector<int64_t> there;
      for (Index k = 0; k < events; ++k) {
        there.push_back(reports.col(k).allFinite() ? 1 : 0);
        if (there.back() == 0) reports.col(k).setZero();
      }
      truths.push_back(from_columns(run.truth, grid));
      values.push_back(from_columns(reports, grid));
      masks.push_back(torch::tensor(there, torch::kLong).to(torch::kBool));
      noise.push_back(run.noise_std);
      warm_up = std::max(warm_up, run.warm_up);
    }
    truth = torch::stack(truths);
    measured = torch::stack(values);
    mask = torch::stack(masks);
  }
};

// Estimates of some of the runs, each at an event of its own.
struct Estimates {
  torch::Tensor states;  // [sample, points..., field]
  std::vector<Index> run, event;
  std::vector<Index> since;  // events since the last measurement

  torch::Tensor of(const torch::Tensor& values) const {
    std::vector<int64_t> rows;
    for (std::size_t i = 0; i < run.size(); ++i) rows.push_back(run[i] * values.size(1) + event[i]);
    return values.flatten(0, 1).index_select(0, torch::tensor(rows, torch::kLong));
  }
};

class Recursion {
 public:
  Recursion(LearnedGain::State& gain, StepNetwork& predictor, double dt, Index steps)
      : gain_(gain), predictor_(predictor), dt_(dt), steps_(steps) {}

  // To the next event, and corrected where there is a measurement.
  void advance(Estimates& z, const Runs& runs) const {
    for (Index i = 0; i < steps_; ++i) z.states = predictor_.step(z.states, dt_);
    for (Index& event : z.event) ++event;
    for (Index& gap : z.since) ++gap;
    const torch::Tensor measured = z.of(runs.mask);
    if (!measured.any().item<bool>()) return;
    std::vector<int64_t> each(static_cast<std::size_t>(z.states.dim()), 1);
    each.front() = z.states.size(0);
    std::vector<double> noise;
    for (const Index r : z.run) noise.push_back(runs.noise[static_cast<std::size_t>(r)]);
    const torch::Tensor corrected = gain_.corrected(gain_.prepare(z.states, z.of(runs.measured), z.since, noise));
    z.states = torch::where(measured.view(each), corrected, z.states);
    for (std::size_t i = 0; i < z.since.size(); ++i)
      if (measured[static_cast<int64_t>(i)].item<bool>()) z.since[i] = 0;
  }

 private:
  LearnedGain::State& gain_;
  StepNetwork& predictor_;
  double dt_;
  Index steps_;  // of the predictor between events
};

// Where windows of so many events may begin: at all estimates of a recursion from the last of the warm-up on.
Estimates beginnings(const Recursion& recursion, const Runs& runs, Index window) {
  const torch::NoGradGuard guard;
  const Index count = runs.truth.size(0);
  Estimates z{.states = runs.measured.select(1, 0), .run = {}, .event = {}, .since = {}};
  for (Index r = 0; r < count; ++r) z.run.push_back(r);
  z.event.assign(static_cast<std::size_t>(count), 0);
  z.since = z.event;
  Estimates all;
  std::vector<torch::Tensor> states;
  for (Index k = 0; k + window < runs.events; ++k) {
    if (k > 0) recursion.advance(z, runs);
    if (k + 1 < runs.warm_up) continue;
    states.push_back(z.states);
    all.run.insert(all.run.end(), z.run.begin(), z.run.end());
    all.event.insert(all.event.end(), z.event.begin(), z.event.end());
    all.since.insert(all.since.end(), z.since.begin(), z.since.end());
  }
  require(!states.empty(), "no run is longer than its warm-up and the unrolled events");
  all.states = torch::cat(states);
  return all;
}

Estimates some_of(const Estimates& all, std::span<const Index> samples) {
  Estimates some;
  for (const Index sample : samples) {
    const auto i = static_cast<std::size_t>(sample);
    some.run.push_back(all.run[i]);
    some.event.push_back(all.event[i]);
    some.since.push_back(all.since[i]);
  }
  const torch::Tensor rows = torch::tensor(std::vector<int64_t>(samples.begin(), samples.end()), torch::kLong);
  some.states = all.states.index_select(0, rows);
  return some;
}

torch::Tensor unrolled_loss(const Recursion& recursion, const Runs& runs, Estimates z, Index events,
                            const SequenceTraining& o) {
  torch::Tensor sum = torch::zeros({});
  for (Index k = 0; k < events; ++k) {
    if (k > 0 && o.network.gradient_steps > 0 && k % o.network.gradient_steps == 0) z.states = z.states.detach();
    recursion.advance(z, runs);
    sum = sum + relative_square_error(z.states, z.of(runs.truth));
    if (o.measurement_weight == 0) continue;
    const torch::Tensor y = z.of(runs.measured), there = z.of(runs.mask);
    const torch::Tensor square = (z.states - y).flatten(1).square().sum(1),
                        size = torch::where(there, y.flatten(1).square().sum(1), torch::ones({}));
    sum = sum + o.measurement_weight * (square / size * there).mean();
  }
  return sum / static_cast<double>(events);
}

// While it lives, the weights of a network have gradients or not.
class WithGradients {
 public:
  WithGradients(const torch::nn::Module& network, bool wanted) : weights_(network.parameters()) {
    for (torch::Tensor& weight : weights_) {
      before_.push_back(weight.requires_grad());
      weight.requires_grad_(wanted);
    }
  }
  ~WithGradients() {
    for (std::size_t i = 0; i < weights_.size(); ++i) weights_[i].requires_grad_(before_[i]);
  }
  WithGradients(const WithGradients&) = delete;
  WithGradients& operator=(const WithGradients&) = delete;

 private:
  std::vector<torch::Tensor> weights_;
  std::vector<bool> before_;
};

// What is trained, as one module. Gains and predictors belong to others.
std::shared_ptr<torch::nn::Module> borrowed(torch::nn::Module& module) { return {std::shared_ptr<void>(), &module}; }

}  // namespace

std::vector<EpochReport> train_sequences(LearnedGain& gain, Surrogate& predictor, const std::vector<ObserverRun>& runs,
                                         double interval, const SequenceTraining& options, const Communicator& comm) {
  LearnedGain::State& g = *gain.state_;
  Surrogate::State& p = *predictor.state_;
  require(g.power.defined(), "a gain is trained by sweeps before the recursion is trained as a whole");
  require(g.grid.points() * g.fields == predictor.state_size(), "the gain and the predictor are of the same states");
  require(!g.network.is_empty() || options.predictor,
          "there is nothing to train: the gain has no network and the predictor stays");
  require(!options.predictor || p.options.kind != SurrogateKind::torchscript, "a scripted module is not trained here");
  require(options.network.unroll >= 1 && options.sweeps >= 1 && options.measurement_weight >= 0,
          "a sequence has at least one event, in one sweep, and no negative weight");
  const Index steps = p.steps_of(interval);
  require(steps >= 1, "events are a time step of the predictor apart at least");

  const Runs all(runs, g.grid);
  const Recursion recursion(g, *p.network, interval / static_cast<double>(steps), steps);
  torch::nn::Module trained;
  if (!g.network.is_empty()) trained.register_module("gain", borrowed(g));
  if (options.predictor) trained.register_module("predictor", borrowed(*p.network));
  std::vector<EpochReport> reports;
  const WithGradients predictor_gradients(*p.network, options.predictor);
  for (Index sweep = 0; sweep < options.sweeps; ++sweep) {
    const Estimates starts = beginnings(recursion, all, options.network.unroll);
    Objective objective{.network = trained, .samples = std::ssize(starts.run), .loss = {}};
    // In units of the errors at the start, or the gradient of an operator that errs little is below what Adam takes for 0.
    const double unit = relative_square_error(starts.states, starts.of(all.truth)).item<double>();
    if (!std::isfinite(unit))
      throw Error(Fault::run, "sequence training", "the estimates of the recursion are not finite",
                  "train the predictor longer, or with noise_std");
    require(unit > 0, "the estimates of the recursion are exact: there is nothing to learn");
    objective.loss = [&, unit](std::span<const Index> samples, Index epoch) {
      const Index events = options.network.unroll_epochs > 0
                               ? std::min(options.network.unroll, 1 + epoch / options.network.unroll_epochs)
                               : options.network.unroll;
      return unrolled_loss(recursion, all, some_of(starts, samples), events, options) / unit;
    };
    TrainingOptions network = options.network;
    network.seed += static_cast<std::uint64_t>(sweep);  // another order
    for (EpochReport report : fit(objective, network, comm, {})) {
      report.loss *= unit;
      reports.push_back(report);
    }
  }
  return reports;
}

}  // namespace semiflow
