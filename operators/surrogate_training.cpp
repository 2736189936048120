// Surrogate::train: samples of trajectories, unrolled.
#include <algorithm>
#include <semiflow/core/collective_error.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>

#include "private/fit.hpp"
#include "private/fourier_space.hpp"
#include "private/losses.hpp"
#include "private/surrogate_state.hpp"
#include "private/training_frames.hpp"

namespace semiflow {

namespace {

class Unrolled {
 public:
  /// The scales of the network are those of the frames. Collective.
  Unrolled(StepNetwork& network, const TrainingOptions& o, double dt, Index stride, const TrainingFrames& frames,
           const Communicator& comm)
      : network_(network), options_(o), dt_(dt), stride_(stride) {
    if (o.dissipation.weight == 0) return;
    largest_distance_ = frames.largest(comm, [&](const torch::Tensor& states) {
      return ((states - network.field_mean()) / network.field_std()).flatten(1).square().sum(1).sqrt();
    });
  }

  /// Of so many steps over so many frames each: the whole time step, or less for an operator that takes any. The error of a
  /// step grows with its length, and each length has the same weight.
  torch::Tensor loss(const TrainingFrames& frames, std::span<const Index> samples, Index steps, Index stride,
                     double noise_std, std::uint64_t noise_item) const {
    const double part = static_cast<double>(stride) / static_cast<double>(stride_), dt = part * dt_;
    torch::Tensor z = frames.at(samples, 0);
    if (noise_std > 0) z = z + noise(frames, samples, z, noise_std, noise_item);
    torch::Tensor sum = torch::zeros({});
    for (Index step = 1; step <= steps; ++step) {
      const bool counts = step == steps || !options_.pushforward;
      if (step > 1 && options_.gradient_steps > 0 && (step - 1) % options_.gradient_steps == 0) z = z.detach();
      if (!counts) {
        const torch::NoGradGuard guard;
        z = network_.step(z, dt);
        continue;
      }
      z = network_.step(z, dt);
      sum = sum + error(z, frames.at(samples, step * stride));
    }
    sum = sum / (options_.loss == LossKind::relative ? part : part * part);
    return options_.pushforward ? sum : sum / static_cast<double>(steps);
  }

  /// The stride of a part of a batch, which begins with that sample: drawn if the operator takes any time step.
  Index stride(Index first_sample, Index epoch, bool any) const {
    if (!any) return stride_;
    const double lot = uniform(1, {.seed = options_.seed,
                                   .purpose = training_step,
                                   .item = static_cast<std::uint64_t>(first_sample),
                                   .step = static_cast<std::uint64_t>(epoch)})(0);
    return 1 + static_cast<Index>(lot * static_cast<double>(stride_));
  }

  /// That of Dissipation, at states of its own for every sample and epoch.
  torch::Tensor dissipation(const TrainingFrames& frames, std::span<const Index> samples, Index epoch) const {
    const Dissipation& d = options_.dissipation;
    std::vector<float> radii;
    for (const Index i : samples) {
      const double lot = uniform(1, {.seed = options_.seed,
                                     .purpose = training_shell,
                                     .item = static_cast<std::uint64_t>(i),
                                     .step = static_cast<std::uint64_t>(epoch)})(0);
      radii.push_back(static_cast<float>(largest_distance_ * (d.inner + (d.outer - d.inner) * lot)));
    }
    const torch::Tensor &mean = network_.field_mean(), &std = network_.field_std(), centre = mean / std;
    const torch::Tensor far = at_radius(frames.at(samples, 0) / std, centre, torch::tensor(radii));
    return dissipative_error(far, network_.step(far * std, dt_) / std, centre, d.factor);
  }

 private:
  torch::Tensor error(const torch::Tensor& predicted, const torch::Tensor& target) const {
    const torch::Tensor p = sobolev_weighted(predicted, options_.sobolev_order);
    const torch::Tensor t = sobolev_weighted(target, options_.sobolev_order);
    return options_.loss == LossKind::relative ? relative_error(p, t) : relative_square_error(p, t);
  }

  // Keyed by the sample, so that it does not depend on which rank has it.
  torch::Tensor noise(const TrainingFrames& frames, std::span<const Index> samples, const torch::Tensor& z, double std,
                      std::uint64_t item) const {
    const Index size = z[0].numel();
    Eigen::MatrixXf values(size, std::ssize(samples));
    for (Index i = 0; i < std::ssize(samples); ++i) {
      const auto start = static_cast<std::uint64_t>(frames.frame(samples[static_cast<std::size_t>(i)]));
      values.col(i) =
          standard_normal(size, {.seed = options_.seed, .purpose = training_noise, .item = start, .step = item})
              .cast<float>();
    }
    return std * torch::from_blob(values.data(), z.sizes()).clone() * network_.field_std();
  }

  StepNetwork& network_;
  const TrainingOptions& options_;
  double dt_;
  Index stride_;
  double largest_distance_ = 0;  // of a state from the mean
};

}  // namespace

std::vector<EpochReport> Surrogate::train(const TrainingData& data, const TrainingOptions& options,
                                          const Communicator& comm, const TrainingHooks& hooks) {
  require(state_->options.kind != SurrogateKind::torchscript, "a scripted module is not trained here");
  const Grid& grid = state_->equation.grid;
  const double dt = state_->options.time_step, ratio = dt / data.interval;
  const auto stride = static_cast<Index>(std::llround(ratio));
  require(stride >= 1 && std::abs(ratio - static_cast<double>(stride)) < 1e-9 * ratio,
          "the time step of a learned operator is a multiple of the interval of its data");
  require(!state_->options.any_time_step || stride > 1,
          "an operator that takes any time step is trained with data of a shorter interval than time_step");
  require(options.unroll >= 1 && options.noise_std >= 0,
          "a training unrolls at least one step, with no negative noise");
  const Dissipation& d = options.dissipation;
  require(d.weight >= 0 && 0 < d.inner && d.inner <= d.outer && 0 <= d.factor && d.factor < 1,
          "a dissipative loss has a weight of at least 0, radii in order, and a factor in [0, 1)");
  const TrainingFrames training(data.training, grid, state_size(), options.unroll * stride);
  const TrainingFrames validation(data.validation, grid, state_size(), options.unroll * stride);
  require(training.samples() > 0, "no trajectory is longer than the unrolled steps");
  training.largest(comm);  // a bad frame is found before the training, and by all ranks
  validation.largest(comm);

  StepNetwork& network = *state_->network;
  if (hooks.resumed == nullptr) {
    // From a part of the data that does not depend on ranks and fits memory several times, 2^24 values twice over.
    std::vector<Index> some;
    const Index most = std::clamp<Index>((Index{1} << 24) / state_size(), 16, 2048);
    const Index count = training.samples(), every = std::max<Index>(1, count / most);
    for (Index i = 0; i < count; i += every) some.push_back(i);
    const torch::NoGradGuard guard;
    run_together(comm, [&] { network.fit_scales(training.at(some, 0), training.at(some, stride), dt); });
    state_->range.fill_(training.largest(comm, [&](const torch::Tensor& states) { return network.extent(states); }));
  } else {
    set_weights(hooks.resumed->shared.at("surrogate"));
  }

  const Unrolled unrolled(network, options, dt, stride, training, comm);
  Objective objective{.network = network, .samples = training.samples(), .loss = {}};
  objective.loss = [&](std::span<const Index> samples, Index epoch) {
    const Index steps =
        options.unroll_epochs > 0 ? std::min(options.unroll, 1 + epoch / options.unroll_epochs) : options.unroll;
    const Index length = unrolled.stride(samples.front(), epoch, state_->options.any_time_step);
    torch::Tensor loss =
        unrolled.loss(training, samples, steps, length, options.noise_std, static_cast<std::uint64_t>(epoch));
    if (const double weight = options.dissipation.weight; weight > 0)
      loss = loss + weight * unrolled.dissipation(training, samples, epoch);
    return loss;
  };
  if (validation.samples() > 0)
    objective.validation = [&] {
      double sum = 0;
      constexpr Index group = 64;
      const Index count = validation.samples();
      for (Index begin = 0; begin < count; begin += group) {
        std::vector<Index> samples;
        for (Index i = begin; i < std::min(begin + group, count); ++i) samples.push_back(i);
        sum += unrolled.loss(validation, samples, options.unroll, stride, 0, 0).item<double>() *
               static_cast<double>(samples.size());
      }
      return sum / static_cast<double>(count);
    };
  TrainingHooks with_scales = hooks;
  if (hooks.on_epoch)
    with_scales.on_epoch = [&](const EpochReport& report, const std::function<void(Checkpoint&)>& save) {
      hooks.on_epoch(report, [&](Checkpoint& checkpoint) {
        checkpoint.shared["surrogate"] = weights();
        save(checkpoint);
      });
    };
  return fit(objective, options, comm, with_scales);
}

}  // namespace semiflow
