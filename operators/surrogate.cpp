#include <cmath>
#include <semiflow/core/error.hpp>
#include <semiflow/operators/surrogate.hpp>
#include <semiflow/operators/torch_setup.hpp>

#include "private/fourier_space.hpp"
#include "private/surrogate_state.hpp"

namespace semiflow {

namespace {

// Products of matrices of another number of rows may take other kernels, with other last bits.
constexpr Index block = 8;

std::shared_ptr<SpectralModel> coarse_solver(const SurrogateOptions& o, const Semilinear& equation, double dt) {
  if (o.kind != SurrogateKind::corrected_solver) return nullptr;
  require(dt > 0, "a corrected solver has a positive time step");
  return std::make_shared<SpectralModel>(equation, dt);
}

}  // namespace

std::vector<std::pair<std::string, torch::Tensor>> named_weights(const torch::nn::Module& network) {
  std::vector<std::pair<std::string, torch::Tensor>> all;
  for (const auto& p : network.named_parameters()) all.emplace_back(p.key(), p.value());
  for (const auto& b : network.named_buffers()) all.emplace_back(b.key(), b.value());
  return all;
}

Surrogate::State::State(const SurrogateOptions& o, const Semilinear& e, double dt)
    : options(o), equation(e), solver_dt(dt), network(make_step_network(o, e, coarse_solver(o, e, dt))) {
  range = network->register_buffer("range", torch::full({1}, std::numeric_limits<float>::infinity()));
}

Surrogate::Surrogate(const SurrogateOptions& options, const Semilinear& equation, double solver_dt) {
  prepare_torch();
  validate(equation);
  state_ = std::make_unique<State>(options, equation, solver_dt);
}
Surrogate::Surrogate(Surrogate&&) noexcept = default;
Surrogate& Surrogate::operator=(Surrogate&&) noexcept = default;
Surrogate::~Surrogate() = default;

const SurrogateOptions& Surrogate::options() const { return state_->options; }
Index Surrogate::state_size() const { return state_->equation.state_size(); }
Index Surrogate::parameter_count() const { return state_->network->parameter_count(); }

void Surrogate::advance(EnsembleRef members, Interval window) {
  const State& s = *state_;
  require(members.rows() == state_size(), "a state of a learned operator has as many values as its equation");
  const double length = window.end - window.begin;
  require(length >= 0, "a learned operator does not go back in time");
  const Index steps = s.steps_of(length);
  if (steps == 0) return;
  const double dt = length / static_cast<double>(steps);
  const torch::NoGradGuard guard;
  Ensemble columns(members.rows(), block);
  for (Index begin = 0; begin < members.cols(); begin += block) {
    const Index count = std::min(block, members.cols() - begin);
    columns.leftCols(count) = members.middleCols(begin, count);
    for (Index i = count; i < block; ++i) columns.col(i) = members.col(begin);
    for (Index step = 0; step < steps; ++step)
      s.step(columns, dt, count, begin, window.begin + static_cast<double>(step + 1) * dt);
    members.middleCols(begin, count) = columns.leftCols(count);
  }
}

Index Surrogate::State::steps_of(double length) const {
  const double ratio = length / options.time_step;
  if (options.any_time_step) return static_cast<Index>(std::ceil(ratio - 1e-9));
  const auto steps = static_cast<Index>(std::llround(ratio));
  if (std::abs(ratio - static_cast<double>(steps)) > 1e-9 * std::max(1.0, ratio))
    throw Error(Fault::input, "learned operator",
                "a window of " + std::to_string(length) + " is not a whole number of the time steps of " +
                    std::to_string(options.time_step) + " that it was trained for",
                "take a multiple, or train it with any_time_step");
  return steps;
}

// Every step returns to double precision, so that a window has the same bits in parts.
void Surrogate::State::step(Ensemble& columns, double dt, Index count, Index first_member, double time) const {
  const torch::Tensor states = network->step(from_columns(columns, equation.grid), dt),
                      extents = network->extent(states);
  const double allowed = 4 * range.item<double>();
  for (Index i = 0; i < count; ++i) {
    if (!std::isfinite(extents[i].item<double>()))
      throw Error(Fault::run,
                  "learned operator, member " + std::to_string(first_member + i) + " at time " + std::to_string(time),
                  "the state is not finite", "start closer to the states that it was trained with, or train it longer");
    if (!(extents[i].item<double>() <= allowed))
      throw Error(Fault::run,
                  "learned operator, member " + std::to_string(first_member + i) + " at time " + std::to_string(time),
                  "the state is four times further from the mean than any that the operator was trained with",
                  "start closer to those, or train it longer");
  }
  Ensemble moved = to_columns(states);
  if (options.conservative) {
    // Single precision rounds the mean, which the operator does not change.
    const Index points = equation.grid.points();
    for (Index field = 0; field < equation.fields; ++field) {
      auto part = moved.middleRows(field * points, points);
      const Eigen::RowVectorXd lost =
          columns.middleRows(field * points, points).colwise().mean() - part.colwise().mean();
      part.rowwise() += lost;
    }
  }
  columns = moved;
}

Surrogate Surrogate::on(const Semilinear& equation) const {
  require(!belongs_to_grid(state_->options),
          "a corrected solver, a DeepONet and a learned symbol belong to their grid");
  Surrogate copy(state_->options, equation, state_->solver_dt);
  copy.set_weights(weights());
  return copy;
}

Eigen::MatrixXd Surrogate::weights() const {
  std::vector<torch::Tensor> parts;
  for (const auto& [name, tensor] : named_weights(*state_->network)) parts.push_back(tensor.detach().flatten());
  const torch::Tensor flat = torch::cat(parts).to(torch::kDouble);
  return Eigen::Map<const Eigen::MatrixXd>(flat.data_ptr<double>(), flat.numel(), 1);
}

void Surrogate::set_weights(const Eigen::MatrixXd& weights) {
  const torch::NoGradGuard guard;
  Index begin = 0;
  for (auto& [name, tensor] : named_weights(*state_->network)) {
    require(begin + tensor.numel() <= weights.size(), "the weights are of another operator: there are too few");
    const Eigen::VectorXf part = weights.col(0).segment(begin, tensor.numel()).cast<float>();
    tensor.copy_(torch::from_blob(const_cast<float*>(part.data()), tensor.sizes()));
    begin += tensor.numel();
  }
  require(begin == weights.size(), "the weights are of another operator: there are too many");
}

}  // namespace semiflow
