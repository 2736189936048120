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
  parameters_ = network.parameters();
  int64_t count = 0;
  for (const torch::Tensor& p : parameters_) count += p.numel();
  values_ = torch::empty({count});
  gradient_ = torch::empty({count});
  int64_t begin = 0;
  for (torch::Tensor& p : parameters_) {
    const torch::Tensor place = values_.slice(0, begin, begin + p.numel()).view_as(p);
    place.copy_(p.detach());
    p.set_data(place);
    begin += p.numel();
  }
  first_ = torch::zeros_like(values_);
  second_ = torch::zeros_like(values_);
  if (options.average > 0) average_ = values_.clone();
  // Weights decay, and nothing else: a bias or a learned symbol has no reason to be small.
  decays_ = torch::zeros_like(values_);
  begin = 0;
  for (const auto& p : network.named_parameters()) {
    const bool symbol = p.key().ends_with("growth") || p.key().ends_with("frequency");
    if (p->dim() > 1 && !symbol) decays_.slice(0, begin, begin + p->numel()).fill_(options.weight_decay);
    begin += p->numel();
  }
}

double Trainer::step(const Loss& loss, std::span<const Index> batch, double learning_rate) {
  const Index size = std::ssize(batch), parts = std::min(options_.parts, size);
  const Share mine = comm_.share(parts);
  // One part needs no place beside that of the sum.
  const torch::Tensor rows = mine.size == 1 ? gradient_.unsqueeze(0) : torch::empty({mine.size, values_.numel()});
  Eigen::MatrixXd losses(1, mine.size);
  run_together(comm_, [&] {
    for (Index i = 0; i < mine.size; ++i) {
      const Index part = mine.begin + i, begin = part * size / parts, end = (part + 1) * size / parts;
      const torch::Tensor value =
          loss(batch.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin))) *
          (static_cast<double>(end - begin) / static_cast<double>(size));
      differentiate(value, rows[i]);
      losses(i) = value.item<double>();
    }
  });
  const double mean = comm_.sum_in_order(losses)(0);
  sum_rows_in_order(rows, comm_, gradient_);
  const double norm = gradient_norm();
  if (!std::isfinite(mean) || !std::isfinite(norm))
    throw Error(Fault::run, "training, step " + std::to_string(steps_ + 1), "the loss or its gradient is not finite",
                "take a smaller learning rate, fewer unrolled steps or a smaller clip");

  ++steps_;
  update(learning_rate, options_.clip > 0 && norm > options_.clip ? options_.clip / norm : 1);
  gather_shares(values_, comm_);
  return mean;
}

// A parameter without a gradient of its own takes over the tensor that the graph made, which saves two passes over memory.
void Trainer::differentiate(const torch::Tensor& value, torch::Tensor gradient) {
  if (!value.requires_grad()) {  // these samples depend on no parameter
    gradient.zero_();
    return;
  }
  for (torch::Tensor& p : parameters_) p.mutable_grad().reset();
  value.backward();
  int64_t begin = 0;
  for (torch::Tensor& p : parameters_) {
    torch::Tensor place = gradient.slice(0, begin, begin + p.numel());
    if (p.grad().defined())
      place.copy_(p.grad().flatten());
    else
      place.zero_();  // the loss does not depend on it
    p.mutable_grad().reset();
    begin += p.numel();
  }
}

// Of my numbers, in blocks: work(begin, size).
template <class Work>
void Trainer::for_my_blocks(const Work& work) const {
  const Share mine = number_share(values_.numel(), comm_);
  for (Index begin = mine.begin; begin < mine.end(); begin += number_block)
    work(begin, std::min(number_block, mine.end() - begin));
}

// The squares of a block are added up by one rank, and the blocks in their order, so that it has the same bits on any number
// of ranks.
double Trainer::gradient_norm() const {
  const Index blocks = (values_.numel() + number_block - 1) / number_block;
  Eigen::VectorXd squares = Eigen::VectorXd::Zero(blocks);
  for_my_blocks([&](Index begin, Index size) {
    squares(begin / number_block) =
        Eigen::Map<Eigen::ArrayXf>(gradient_.data_ptr<float>() + begin, size).square().sum();
  });
  MPI_Allreduce(MPI_IN_PLACE, squares.data(), static_cast<int>(blocks), MPI_DOUBLE, MPI_SUM, comm_.get());
  return std::sqrt(squares.sum());
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
  for_my_blocks([&](Index begin, Index size) {
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
  });
}

void Trainer::with_average(const std::function<void()>& work) {
  if (!average_.defined()) return work();
  const torch::NoGradGuard guard;
  const torch::Tensor own = values_.clone();
  gather_shares(average_, comm_);
  values_.copy_(average_);
  work();
  values_.copy_(own);
}

Eigen::MatrixXd Trainer::kept() const {
  if (!average_.defined()) return to_matrix(values_);
  gather_shares(average_, comm_);
  return to_matrix(average_);
}

void Trainer::save(Checkpoint& checkpoint) const {
  gather_shares(first_, comm_);
  gather_shares(second_, comm_);
  if (average_.defined()) gather_shares(average_, comm_);
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
