#include "private/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <semiflow/core/collective_error.hpp>

#include "private/gradient_sum.hpp"

namespace semiflow {

namespace {

Eigen::MatrixXd to_matrix(const torch::Tensor& flat) {
  const torch::Tensor doubles = flat.detach().to(torch::kDouble).contiguous();
  return Eigen::Map<const Eigen::MatrixXd>(doubles.data_ptr<double>(), doubles.numel(), 1);
}

torch::Tensor to_tensor(const Eigen::MatrixXd& values) {
  return torch::from_blob(const_cast<double*>(values.data()), {values.size()}, torch::kDouble).to(torch::kFloat);
}

constexpr double momentum = 0.9, second_momentum = 0.999, smallest = 1e-8;

}  // namespace

Eigen::MatrixXd flat_parameters(const torch::nn::Module& network) {
  std::vector<torch::Tensor> parts;
  for (const torch::Tensor& p : network.parameters()) parts.push_back(p.detach().flatten());
  return to_matrix(torch::cat(parts));
}

void set_flat_parameters(torch::nn::Module& network, const Eigen::MatrixXd& values) {
  const torch::NoGradGuard guard;
  const torch::Tensor flat = to_tensor(values);
  int64_t begin = 0;
  for (torch::Tensor& p : network.parameters()) {
    require(begin + p.numel() <= flat.numel(), "the network has more parameters than were stored");
    p.copy_(flat.slice(0, begin, begin + p.numel()).view_as(p));
    begin += p.numel();
  }
  require(begin == flat.numel(), "the network has fewer parameters than were stored");
}

Trainer::Trainer(torch::nn::Module& network, const TrainingOptions& options, const Communicator& comm)
    : options_(options), comm_(comm) {
  require(options.parts >= 1 && options.batch >= options.parts,
          "a batch has at least one sample for each of its parts");
  const std::vector<torch::Tensor> parameters = network.parameters();
  int64_t count = 0;
  for (const torch::Tensor& p : parameters) count += p.numel();
  values_ = torch::empty({count});
  gradient_ = torch::zeros({count});
  int64_t begin = 0;
  for (torch::Tensor p : parameters) {
    const torch::Tensor place = values_.slice(0, begin, begin + p.numel()).view_as(p);
    place.copy_(p.detach());
    p.set_data(place);
    p.mutable_grad() = gradient_.slice(0, begin, begin + p.numel()).view_as(p);
    begin += p.numel();
  }
  first_ = torch::zeros_like(values_);
  second_ = torch::zeros_like(values_);
  if (options.average > 0) average_ = values_.clone();
  // Weights decay, and nothing else: a bias or a learned symbol has no reason to be small.
  decays_ = torch::zeros_like(values_);
  begin = 0;
  for (const auto& p : network.named_parameters()) {
    const bool symbol = p.key() == "growth" || p.key() == "frequency";
    if (p->dim() > 1 && !symbol) decays_.slice(0, begin, begin + p->numel()).fill_(options.weight_decay);
    begin += p->numel();
  }
}

double Trainer::step(const Loss& loss, std::span<const Index> batch, double learning_rate) {
  const Index size = std::ssize(batch), parts = std::min(options_.parts, size);
  const Share mine = comm_.share(parts);
  double mean = 0;
  const auto evaluate = [&](Index part) {
    const Index begin = part * size / parts, end = (part + 1) * size / parts;
    const torch::Tensor value =
        loss(batch.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin))) *
        (static_cast<double>(end - begin) / static_cast<double>(size));
    gradient_.zero_();
    value.backward();
    return value.item<double>();
  };
  if (parts == 1 && comm_.size() == 1) {
    mean = evaluate(0);
  } else {
    const bool one = mine.size == 1;
    const torch::Tensor rows = one ? gradient_.unsqueeze(0) : torch::empty({mine.size, values_.numel()});
    Eigen::MatrixXd losses(1, mine.size);
    run_together(comm_, [&] {
      for (Index i = 0; i < mine.size; ++i) {
        losses(i) = evaluate(mine.begin + i);
        if (!one) rows[i].copy_(gradient_);
      }
    });
    mean = comm_.sum_in_order(losses)(0);
    sum_rows_in_order(rows, comm_, gradient_);
  }
  double norm = gradient_.norm().item<double>();
  if (!std::isfinite(mean) || !std::isfinite(norm))
    throw Error(Fault::run, "training, step " + std::to_string(steps_ + 1), "the loss or its gradient is not finite",
                "take a smaller learning rate, fewer unrolled steps or a smaller clip");

  ++steps_;
  update(learning_rate, options_.clip > 0 && norm > options_.clip ? options_.clip / norm : 1);
  return mean;
}

// Bound by memory: a block at a time goes once through all that a step changes.
void Trainer::update(double learning_rate, double gradient_scale) {
  const double n = static_cast<double>(steps_);
  const auto single = [](double value) { return static_cast<float>(value); };
  const float scale = single(gradient_scale), decay_rate = single(learning_rate);
  const float rate = single(learning_rate / (1 - std::pow(momentum, n)));
  const float second_scale = single(1 / (1 - std::pow(second_momentum, n)));
  // At first the average follows quickly, or the first weights would stay in it for long.
  const float follow = single(1 - std::min(options_.average, (1 + n) / (10 + n)));
  constexpr Index block = 4096;
  for (Index begin = 0; begin < values_.numel(); begin += block) {
    const Index size = std::min<Index>(block, values_.numel() - begin);
    const auto part = [&](const torch::Tensor& t) {
      return Eigen::Map<Eigen::ArrayXf>(t.data_ptr<float>() + begin, size);
    };
    auto values = part(values_), gradient = part(gradient_), first = part(first_), second = part(second_);
    gradient *= scale;
    first += (1 - single(momentum)) * (gradient - first);
    second += (1 - single(second_momentum)) * (gradient.square() - second);
    values -= decay_rate * part(decays_) * values + rate * first / ((second_scale * second).sqrt() + single(smallest));
    if (average_.defined()) {
      auto average = part(average_);
      average += follow * (values - average);
    }
  }
}

void Trainer::with_average(const std::function<void()>& work) {
  if (!average_.defined()) return work();
  const torch::NoGradGuard guard;
  const torch::Tensor own = values_.clone();
  values_.copy_(average_);
  work();
  values_.copy_(own);
}

Eigen::MatrixXd Trainer::kept() const { return to_matrix(average_.defined() ? average_ : values_); }

void Trainer::save(Checkpoint& checkpoint) const {
  checkpoint.counters["optimiser_steps"] = steps_;
  checkpoint.shared["parameters"] = to_matrix(values_);
  checkpoint.shared["first_moments"] = to_matrix(first_);
  checkpoint.shared["second_moments"] = to_matrix(second_);
  if (average_.defined()) checkpoint.shared["averaged_parameters"] = to_matrix(average_);
}

void Trainer::load(const Checkpoint& checkpoint) {
  const torch::NoGradGuard guard;
  const auto take = [&](const char* name, torch::Tensor& tensor) {
    const auto found = checkpoint.shared.find(name);
    require(found != checkpoint.shared.end() && found->second.size() == tensor.numel(),
            "the checkpoint is of another network");
    tensor.copy_(to_tensor(found->second));
  };
  take("parameters", values_);
  take("first_moments", first_);
  take("second_moments", second_);
  if (average_.defined()) take("averaged_parameters", average_);
  steps_ = checkpoint.counters.at("optimiser_steps");
}

}  // namespace semiflow
