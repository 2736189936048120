#include "private/step_network.hpp"

#include <semiflow/core/error.hpp>

#include "private/deep_operator_network.hpp"
#include "private/fourier_space.hpp"
#include "private/scripted_network.hpp"
#include "private/semilinear_network.hpp"
#include "private/solver_step.hpp"

namespace semiflow {

void StepNetwork::register_scales(int64_t fields) {
  mean_ = register_buffer("mean", torch::zeros({fields}));
  std_ = register_buffer("std", torch::ones({fields}));
  scale_ = register_buffer("scale", torch::ones({fields}));
}

void StepNetwork::fit_fields(const torch::Tensor& states) {
  const torch::Tensor flat = states.flatten(0, -2);
  mean_.copy_(flat.mean(0));
  std_.copy_(flat.std(0, false).clamp_min(1e-12));
}

Script StepNetwork::script(double) const {
  throw Error(Fault::input, "learned operator", "this kind cannot be written as TorchScript", "save its weights");
}

Index StepNetwork::parameter_count() const {
  Index count = 0;
  for (const torch::Tensor& p : parameters()) count += p.numel();
  return count;
}

namespace {

FourierOperatorOptions network_options(const SurrogateOptions& o, int64_t in_fields, int64_t out_fields) {
  return {.in_fields = in_fields,
          .out_fields = out_fields,
          .modes = {o.modes.begin(), o.modes.end()},
          .width = o.width,
          .layers = o.layers,
          .head = o.head,
          .position = o.position};
}

// The map of a state alone.
torch::nn::AnyModule plain_map(const SurrogateOptions& o, const Grid& grid, int64_t fields) {
  if (!is_deeponet(o.kind)) return torch::nn::AnyModule(FourierOperator(network_options(o, fields, fields)));
  return torch::nn::AnyModule(DeepOperatorNetwork(DeepOperatorNetworkOptions{.points = point_shape(grid),
                                                                             .in_fields = fields,
                                                                             .out_fields = fields,
                                                                             .modes = {o.modes.begin(), o.modes.end()},
                                                                             .width = o.width,
                                                                             .layers = o.layers,
                                                                             .basis = o.head}));
}

// W(z), z + W(z), B(z) or z + B(z).
class PlainNetwork final : public StepNetwork {
 public:
  PlainNetwork(const SurrogateOptions& o, const Grid& grid, Index fields)
      : residual_(o.kind == SurrogateKind::residual || o.kind == SurrogateKind::residual_deeponet),
        options_(network_options(o, fields, fields)),
        network_(plain_map(o, grid, fields)) {
    register_module("map", network_.ptr());
    register_scales(fields);
    offset_ = register_buffer("offset", torch::zeros({fields}));
  }

  torch::Tensor step(const torch::Tensor& states, double) override {
    const torch::Tensor w = network_.forward(normalised(states)) * scale_ + offset_;
    return residual_ ? states + w : w;
  }

  Script script(double) const override {
    const auto* const deeponet = network_.ptr()->as<DeepOperatorNetwork>();
    Script s = deeponet != nullptr ? deeponet->script("w", "map") : Script{.source = script_of(options_, "w", "map")};
    s.source += "def forward(self, z):\n  d = self.w((z - self.mean) / self.std) * self.scale + self.offset\n";
    s.source += residual_ ? "  return z + d\n" : "  return d\n";
    return s;
  }

  void fit_scales(const torch::Tensor& before, const torch::Tensor& after, double) override {
    fit_fields(before);
    const torch::Tensor wanted = (residual_ ? after - before : after).flatten(0, -2);
    offset_.copy_(wanted.mean(0));
    scale_.copy_(wanted.std(0, false).clamp_min(1e-12));
  }

 private:
  bool residual_;
  FourierOperatorOptions options_;
  torch::nn::AnyModule network_;
  torch::Tensor offset_;
};

// S(z) + D W(z, S(z)).
class CorrectedSolver final : public StepNetwork {
 public:
  CorrectedSolver(const SurrogateOptions& o, const Semilinear& equation, std::shared_ptr<SpectralModel> model)
      : solver_(std::move(model)), grid_(equation.grid) {
    const int64_t fields = equation.fields, fluxes = o.conservative ? grid_.dimensions() : 1;
    if (o.conservative) derivative_ = derivatives(grid_);
    network_ = register_module("correction", FourierOperator(network_options(o, 2 * fields, fields * fluxes)));
    register_scales(fields);
  }

  torch::Tensor step(const torch::Tensor& states, double dt) override {
    const torch::Tensor solved = solver_step(solver_, grid_, states, dt);
    // What the solver did in this step is the second input: it is of the size of the correction's argument.
    torch::Tensor w = network_(torch::cat({normalised(states), (solved - states) / std_}, -1));
    if (derivative_.defined()) {
      std::vector<int64_t> shape = w.sizes().vec();
      shape.back() = states.size(-1);
      shape.push_back(grid_.dimensions());
      const torch::Tensor modes = (to_modes(w, field_axes(grid_)).reshape(with_modes(shape)) * derivative_).sum(-1);
      w = to_points(modes, field_axes(grid_), point_shape(grid_));
    }
    return solved + w * scale_;
  }

  void fit_scales(const torch::Tensor& before, const torch::Tensor& after, double dt) override {
    const torch::NoGradGuard guard;
    fit_fields(before);
    const torch::Tensor lack = (after - solver_step(solver_, grid_, before, dt)).flatten(0, -2);
    scale_.copy_(lack.std(0, false).clamp_min(1e-12));
  }

 private:
  std::vector<int64_t> with_modes(std::vector<int64_t> shape) const {
    const std::vector<int64_t> modes = mode_shape(grid_);
    std::copy(modes.begin(), modes.end(), shape.begin() + 1);
    return shape;
  }

  std::shared_ptr<SpectralModel> solver_;
  Grid grid_;
  torch::Tensor derivative_;
  FourierOperator network_{nullptr};
};

}  // namespace

std::shared_ptr<StepNetwork> make_step_network(const SurrogateOptions& o, const Semilinear& equation,
                                               std::shared_ptr<SpectralModel> model) {
  if (o.kind == SurrogateKind::torchscript) {
    const std::shared_ptr<StepNetwork> network = read_script(o.script, equation.fields);
    std::vector<int64_t> shape = point_shape(equation.grid);
    shape.insert(shape.begin(), 1);
    shape.push_back(equation.fields);
    const torch::NoGradGuard guard;
    network->step(torch::zeros(shape), o.time_step);  // a wrong module is refused by every rank, before any data
    return network;
  }
  require(std::ssize(o.modes) == equation.grid.dimensions(), "a learned operator has modes for every axis of the grid");
  require(o.order == 1 || o.order == 2, "a semilinear operator is of first or second order");
  require(o.substeps >= 1 && o.time_step > 0, "a learned operator has a positive time step and at least one substep");
  const bool semilinear = o.kind == SurrogateKind::semilinear;
  require(semilinear || (o.order == 1 && o.substeps == 1 && !o.learned_symbol && !o.any_time_step),
          "order, substeps, a learned symbol and other time steps belong to the semilinear operator");
  require(!o.conservative || semilinear || o.kind == SurrogateKind::corrected_solver,
          "a conservative operator is semilinear or a corrected solver");
  if (o.conservative) {
    require(!o.learned_symbol, "a learned symbol may change the mean, which a conservative operator keeps");
    const Eigen::ArrayXcd symbol = equation.linear_symbol();
    for (Index field = 0; field < equation.fields; ++field)
      require(symbol(field * equation.grid.modes()) == 0.0,
              "the linear part of the equation changes the mean, which a conservative operator keeps");
  }
  torch::manual_seed(o.seed);
  switch (o.kind) {
    case SurrogateKind::semilinear:
      return std::make_shared<SemilinearNetwork>(o, equation);
    case SurrogateKind::corrected_solver:
      require(model != nullptr, "a corrected solver needs a solver");
      return std::make_shared<CorrectedSolver>(o, equation, std::move(model));
    default:
      return std::make_shared<PlainNetwork>(o, equation.grid, equation.fields);
  }
}

}  // namespace semiflow
