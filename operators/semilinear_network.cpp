#include "private/semilinear_network.hpp"

#include <semiflow/core/error.hpp>
#include <semiflow/pde/phi.hpp>

#include "private/fourier_space.hpp"

namespace semiflow {

namespace {

// [field * modes] to complex [modes..., field].
torch::Tensor by_mode(const Eigen::ArrayXcd& values, const Grid& grid) {
  std::vector<int64_t> shape = mode_shape(grid);
  shape.insert(shape.begin(), values.size() / grid.modes());
  const torch::Tensor fields =
      torch::from_blob(const_cast<std::complex<double>*>(values.data()), shape, torch::kComplexDouble).clone();
  return fields.movedim(0, -1).contiguous();
}

// (e^z - 1) / z, differentiable, for a symbol that is learned.
struct Phi {
  torch::Tensor first, second;
};

// In single precision: below 0.3 by series, where the differences would lose a digit and more.
Phi single_phi(const torch::Tensor& z, const torch::Tensor& exponential) {
  const torch::Tensor small = z.abs() < 0.3, safe = torch::where(small, torch::ones_like(z), z);
  const torch::Tensor series = 0.5 + z / 6 * (1 + z / 4 * (1 + z / 5 * (1 + z / 6 * (1 + z / 7))));
  const torch::Tensor first = torch::where(small, 1 + z * series, (exponential - 1) / safe);
  return {first, torch::where(small, series, (first - 1) / safe)};
}

}  // namespace

SemilinearNetwork::SemilinearNetwork(const SurrogateOptions& o, const Semilinear& equation)
    : options_(o), points_(point_shape(equation.grid)), axes_(field_axes(equation.grid)) {
  const Eigen::ArrayXcd symbol = equation.linear_symbol();
  symbol_ = by_mode(symbol, equation.grid);
  const auto dimensions = static_cast<int64_t>(points_.size()), fields = int64_t{equation.fields};
  if (o.conservative) derivative_ = derivatives(equation.grid);
  if (o.learned_symbol) {
    growth_ = register_parameter("growth", torch::real(symbol_).to(torch::kFloat).clone());
    frequency_ = register_parameter("frequency", torch::imag(symbol_).to(torch::kFloat).clone());
  }
  network_options_ = {.in_fields = 2 * fields + (o.any_time_step ? 1 : 0),
                      .out_fields = fields * (o.conservative ? dimensions : 1),
                      .modes = {o.modes.begin(), o.modes.end()},
                      .width = o.width,
                      .layers = o.layers,
                      .head = o.head,
                      .position = o.position};
  network_ = register_module("forcing", FourierOperator(network_options_));
  register_scales(fields);
}

SemilinearNetwork::Propagator SemilinearNetwork::propagator(double dt) const {
  const auto single = [](const torch::Tensor& t) { return t.to(torch::kComplexFloat); };
  if (growth_.defined()) {
    const torch::Tensor z = torch::complex(growth_, frequency_) * dt, exponential = torch::exp(z);
    const Phi phi = single_phi(z, exponential);
    return {dt, exponential, phi.first, phi.second};
  }
  const torch::Tensor z = (symbol_ * dt).contiguous();
  const Eigen::ArrayXcd values =
      Eigen::Map<const Eigen::ArrayXcd>(static_cast<const std::complex<double>*>(z.data_ptr()), z.numel());
  const std::array<Eigen::ArrayXcd, 4> all = phi(values);
  const auto shaped = [&](const Eigen::ArrayXcd& v) {
    return single(torch::from_blob(const_cast<std::complex<double>*>(v.data()), z.sizes(), torch::kComplexDouble));
  };
  return {dt, shaped(all[0]), shaped(all[1]), shaped(all[2])};
}

// D W in Fourier space, given z and e^{L dt} z.
torch::Tensor SemilinearNetwork::forcing(const torch::Tensor& states, const torch::Tensor& linear, double dt) {
  std::vector<torch::Tensor> inputs{normalised(states), normalised(linear)};
  if (options_.any_time_step) {
    std::vector<int64_t> shape = states.sizes().vec();
    shape.back() = 1;
    inputs.push_back(torch::full(shape, std::log(dt / options_.time_step), states.options()));
  }
  const torch::Tensor w = to_modes(network_(torch::cat(inputs, -1)), axes_);
  if (!derivative_.defined()) return w * scale_;
  // The flux along every axis: [batch, modes..., field * axis].
  std::vector<int64_t> shape = w.sizes().vec();
  shape.back() = states.size(-1);
  shape.push_back(static_cast<int64_t>(axes_.size()));
  return (w.reshape(shape) * derivative_).sum(-1) * scale_;
}

torch::Tensor SemilinearNetwork::substep(const torch::Tensor& states, const Propagator& p) {
  const torch::Tensor linear_modes = p.exponential * to_modes(states, axes_);
  const torch::Tensor linear = to_points(linear_modes, axes_, points_);
  const torch::Tensor g = forcing(states, linear, p.dt);
  const torch::Tensor first_modes = linear_modes + p.dt * p.phi1 * g;
  torch::Tensor first = to_points(first_modes, axes_, points_);
  if (options_.order == 1) return first;
  const torch::Tensor again = forcing(first, linear, p.dt);
  return to_points(first_modes + p.dt * p.phi2 * (again - g), axes_, points_);
}

torch::Tensor SemilinearNetwork::step(const torch::Tensor& states, double dt) {
  const double part = dt / static_cast<double>(options_.substeps);
  if (growth_.defined() || last_.dt != part) last_ = propagator(part);
  torch::Tensor z = states;
  for (Index i = 0; i < options_.substeps; ++i) z = substep(z, last_);
  return z;
}

Script SemilinearNetwork::script(double dt) const {
  require(!options_.any_time_step, "an operator that takes any time step cannot be written as TorchScript");
  const torch::NoGradGuard guard;
  const double part = dt / static_cast<double>(options_.substeps);
  const Propagator p = propagator(part);
  // In pairs (real, imaginary), each with an axis for the batch.
  const auto pairs = [](const torch::Tensor& values) { return torch::view_as_real(values.clone()); };
  Script s{.source = script_of(network_options_, "w", "forcing"),
           .tensors = {
               {"exponential", pairs(p.exponential)}, {"phi1", pairs(part * p.phi1)}, {"phi2", pairs(part * p.phi2)}}};
  const std::string axes = points_.size() == 1 ? "[1]" : "[1, 2]";
  std::string points, modes;
  for (std::size_t i = 0; i < points_.size(); ++i) {
    const bool last = i + 1 == points_.size();
    points += std::to_string(points_[i]) + (last ? "" : ", ");
    modes += std::to_string(last ? points_[i] / 2 + 1 : points_[i]) + ", ";
  }
  const std::string to_points = "torch.fft_irfftn(m, [" + points + "], " + axes + ", \"forward\")";
  s.source +=
      "def forcing(self, z, e):\n  x = torch.cat([(z - self.mean) / self.std, (e - self.mean) / self.std], -1)\n"
      "  m = torch.fft_rfftn(self.w(x), None, " +
      axes + ", \"forward\")\n";
  if (derivative_.defined()) {
    s.tensors.emplace_back("derivative", pairs(derivative_));
    s.source += "  m = torch.sum(m.reshape([z.size(0), " + modes + "z.size(-1), " + std::to_string(axes_.size()) +
                "]) * torch.view_as_complex(self.derivative), [-1])\n";
  }
  s.source += "  return m * self.scale\n";
  s.source += "def points(self, m):\n  return " + to_points + "\n";
  s.source += "def substep(self, z):\n  m = torch.view_as_complex(self.exponential) * torch.fft_rfftn(z, None, " +
              axes +
              ", \"forward\")\n  e = self.points(m)\n  g = self.forcing(z, e)\n"
              "  m = m + torch.view_as_complex(self.phi1) * g\n";
  if (options_.order == 2)
    s.source += "  m = m + torch.view_as_complex(self.phi2) * (self.forcing(self.points(m), e) - g)\n";
  s.source += "  return self.points(m)\ndef forward(self, z):\n";
  for (Index i = 0; i < options_.substeps; ++i) s.source += "  z = self.substep(z)\n";
  s.source += "  return z\n";
  return s;
}

void SemilinearNetwork::fit_scales(const torch::Tensor& before, const torch::Tensor& after, double dt) {
  fit_fields(before);
  // The forcing that a single first-order step would need; dividing by D as well where it has an inverse.
  const torch::NoGradGuard guard;
  const Propagator p = propagator(dt);
  torch::Tensor needed = (to_modes(after, axes_) - p.exponential * to_modes(before, axes_)) / (dt * p.phi1);
  if (derivative_.defined()) {
    const torch::Tensor size = derivative_.abs().square().sum(-1).sqrt();
    needed = needed * torch::where(size > 0, 1 / size, torch::zeros_like(size));
  }
  const torch::Tensor values = to_points(needed, axes_, points_);
  scale_.copy_(values.flatten(0, -2).square().mean(0).sqrt().clamp_min(1e-12));
}

}  // namespace semiflow
