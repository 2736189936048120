#include "private/spectral_products.hpp"

#include "private/gelu.hpp"
#include "private/row_products.hpp"
#include "private/truncated_dft.hpp"

namespace semiflow {

namespace {

// One sample with so many channels: values [points..., channel], modes [slow mode, part, fast mode, channel].
template <class T>
class SampleTransform {
 public:
  SampleTransform(const SpectralProducts& p, const torch::Tensor& fast, const torch::Tensor& slow, int64_t channels)
      : fast_(fast.data_ptr<T>()),
        slow_(slow.defined() ? slow.data_ptr<T>() : nullptr),
        nx_(to_size(p.points.back())),
        ny_(slow_ != nullptr ? to_size(p.points.front()) : 1),
        rows_(to_size(2 * p.modes.back())),
        slow_rows_(slow_ != nullptr ? to_size(4 * p.modes.front()) : 0),
        channels_(to_size(channels)),
        between_(slow_ != nullptr ? std::size_t(ny_) * std::size_t(rows_) * std::size_t(channels) : 0) {}

  int64_t size() const { return int64_t{slow_ != nullptr ? slow_rows_ / 2 : 1} * rows_ * channels_; }
  int64_t values() const { return int64_t{ny_} * nx_ * channels_; }

  void to_modes(const T* values, T* modes) {
    T* lines = slow_ != nullptr ? between_.data() : modes;
    for (Size y = 0; y < ny_; ++y)
      multiply(false, rows_, channels_, nx_, fast_, values + int64_t{y} * nx_ * channels_, T{0},
               lines + int64_t{y} * rows_ * channels_);
    if (slow_ != nullptr) multiply(false, slow_rows_, rows_ / 2 * channels_, 2 * ny_, slow_, lines, T{0}, modes);
  }

  // The transpose of to_modes, added to beta times the values.
  void to_points(const T* modes, T beta, T* values) {
    const T* lines = modes;
    if (slow_ != nullptr) {
      multiply(true, 2 * ny_, rows_ / 2 * channels_, slow_rows_, slow_, modes, T{0}, between_.data());
      lines = between_.data();
    }
    for (Size y = 0; y < ny_; ++y)
      multiply(true, nx_, channels_, rows_, fast_, lines + int64_t{y} * rows_ * channels_, beta,
               values + int64_t{y} * nx_ * channels_);
  }

 private:
  const T *fast_, *slow_;
  Size nx_, ny_, rows_, slow_rows_, channels_;
  std::vector<T> between_;  // after the fast axis: [y, part, fast mode, channel]
};

// modes [batch, slow mode, part, fast mode, channel] to [slow mode * fast mode, part, batch, channel], and back.
torch::Tensor by_mode(const torch::Tensor& modes) {
  return modes.permute({1, 3, 2, 0, 4}).reshape({modes.size(1) * modes.size(3), 2, modes.size(0), modes.size(4)});
}
torch::Tensor by_sample(const torch::Tensor& mixed, int64_t slow) {
  return mixed.reshape({slow, mixed.size(0) / slow, 2, mixed.size(2), mixed.size(3)})
      .permute({3, 0, 2, 1, 4})
      .contiguous();
}

// Three blocks of rows for every mode [mode, 3, batch, channel]. Of -b, a, b the last two are a complex number and the first
// two the same times i; of a, b, -a the first two are the number and the last two the same times -i.
torch::Tensor times_i(const torch::Tensor& modes) { return torch::cat({-modes.slice(1, 1, 2), modes}, 1); }
torch::Tensor times_minus_i(const torch::Tensor& modes) { return torch::cat({modes, -modes.slice(1, 0, 1)}, 1); }

struct Shape {
  int64_t batch, in, out, slow, fast, points;

  Shape(const torch::Tensor& x, const torch::Tensor& real, const SpectralProducts& p)
      : batch(x.size(0)),
        in(real.size(1)),
        out(real.size(2)),
        slow(p.modes.size() == 2 ? 2 * p.modes[0] : 1),
        fast(p.modes.back()),
        points(x.numel() / (x.size(0) * x.size(-1))) {}
  torch::Tensor modes(int64_t channels, const torch::Tensor& like) const {
    return torch::empty({batch, slow, 2, fast, channels}, like.options());
  }
};

// The complex matrix product of every mode, R x = real x + imaginary i x, in real arithmetic: [mode, part, batch, out].
template <class T>
torch::Tensor mixed_modes(const Shape& s, const torch::Tensor& modes, const torch::Tensor& real,
                          const torch::Tensor& imaginary) {
  torch::Tensor mixed = torch::empty({modes.size(0), 2, s.batch, s.out}, modes.options());
  const Size rows = to_size(2 * s.batch), in = to_size(s.in), out = to_size(s.out);
  const int64_t block = s.batch * s.in, matrix = s.in * s.out;
  for (int64_t m = 0; m < modes.size(0); ++m) {
    const T* turned = modes.data_ptr<T>() + 3 * block * m;
    T* sum = mixed.data_ptr<T>() + 2 * s.batch * s.out * m;
    multiply(false, rows, out, in, turned + block, real.data_ptr<T>() + matrix * m, T{0}, sum);
    multiply(false, rows, out, in, turned, imaginary.data_ptr<T>() + matrix * m, T{1}, sum);
  }
  return mixed;
}

template <class T>
void forward_samples(const Shape& s, const SpectralProducts& p, const torch::Tensor& x, const torch::Tensor& real,
                     const torch::Tensor& imaginary, const torch::Tensor& weight, const torch::Tensor& bias, bool gelu,
                     torch::Tensor& turned, torch::Tensor& slope, torch::Tensor& y) {
  const torch::Tensor modes = s.modes(s.in, x);
  SampleTransform<T> there(p, p.analysis, p.slow_analysis, s.in), back(p, p.synthesis, p.slow_synthesis, s.out);
  const T* from = x.data_ptr<T>();
  for (int64_t b = 0; b < s.batch; ++b)
    there.to_modes(from + b * there.values(), modes.data_ptr<T>() + b * there.size());
  turned = times_i(by_mode(modes));
  torch::Tensor mixed = by_sample(mixed_modes<T>(s, turned, real, imaginary), s.slow);
  // A constant is the real part of harmonic 0.
  if (weight.numel() > 0) mixed.select(1, s.slow / 2).select(1, 0).select(1, 0).add_(bias);
  std::vector<int64_t> shape = x.sizes().vec();
  shape.back() = s.out;
  y = torch::empty(shape, x.options());
  if (gelu) slope = torch::empty(shape, x.options());
  for (int64_t b = 0; b < s.batch; ++b) {
    T* sum = y.data_ptr<T>() + b * back.values();
    back.to_points(mixed.data_ptr<T>() + b * back.size(), T{0}, sum);
    if (weight.numel() > 0)
      multiply_by_transpose(to_size(s.points), to_size(s.out), to_size(s.in), from + b * there.values(),
                            weight.data_ptr<T>(), T{1}, sum);
    if (gelu) gelu_with_slope(sum, back.values(), nullptr, 0, sum, slope.data_ptr<T>() + b * back.values());
  }
}

struct Gradients {
  torch::Tensor x, real, imaginary, weight, bias;
};

// Those of the two matrices into g; returns that of what they mixed [mode, part, batch, in].
template <class T>
torch::Tensor mixing_gradients(const Shape& s, const torch::Tensor& modes, const torch::Tensor& real,
                               const torch::Tensor& imaginary, const torch::Tensor& mode_gradient, Gradients& g) {
  const torch::Tensor gradient = times_minus_i(by_mode(mode_gradient));
  g.real = torch::empty_like(real);
  g.imaginary = torch::empty_like(imaginary);
  torch::Tensor input = torch::empty({modes.size(0), 2, s.batch, s.in}, modes.options());
  const Size rows = to_size(2 * s.batch), in = to_size(s.in), out = to_size(s.out);
  const int64_t from = s.batch * s.in, to = s.batch * s.out, matrix = s.in * s.out;
  for (int64_t m = 0; m < modes.size(0); ++m) {
    const T *x = modes.data_ptr<T>() + 3 * from * m + from, *y = gradient.data_ptr<T>() + 3 * to * m;
    multiply(true, in, out, rows, x, y, T{0}, g.real.data_ptr<T>() + matrix * m);
    multiply(true, in, out, rows, x, y + to, T{0}, g.imaginary.data_ptr<T>() + matrix * m);
    T* sum = input.data_ptr<T>() + 2 * from * m;
    multiply_by_transpose(rows, in, out, y, real.data_ptr<T>() + matrix * m, T{0}, sum);
    multiply_by_transpose(rows, in, out, y + to, imaginary.data_ptr<T>() + matrix * m, T{1}, sum);
  }
  return input;
}

template <class T>
Gradients backward_samples(const Shape& s, const SpectralProducts& p, const torch::Tensor& x,
                           const torch::Tensor& turned, const torch::Tensor& real, const torch::Tensor& imaginary,
                           const torch::Tensor& weight, const torch::Tensor& slope, const torch::Tensor& gradient) {
  Gradients g;
  g.x = torch::empty_like(x);
  if (weight.numel() > 0) g.weight = torch::zeros_like(weight);
  torch::Tensor mode_gradient = s.modes(s.out, x);
  SampleTransform<T> there(p, p.analysis, p.slow_analysis, s.in), back(p, p.synthesis, p.slow_synthesis, s.out);
  torch::Tensor inner = torch::empty_like(gradient[0]);
  for (int64_t b = 0; b < s.batch; ++b) {
    const T* sum = gradient.data_ptr<T>() + b * back.values();
    if (slope.defined()) {
      multiply_elements(sum, slope.data_ptr<T>() + b * back.values(), back.values(), inner.data_ptr<T>());
      sum = inner.data_ptr<T>();
    }
    if (weight.numel() > 0) {
      multiply(true, to_size(s.out), to_size(s.in), to_size(s.points), sum, x.data_ptr<T>() + b * there.values(), T{1},
               g.weight.data_ptr<T>());
      multiply(false, to_size(s.points), to_size(s.in), to_size(s.out), sum, weight.data_ptr<T>(), T{0},
               g.x.data_ptr<T>() + b * there.values());
    }
    back.to_modes(sum, mode_gradient.data_ptr<T>() + b * back.size());
  }
  if (weight.numel() > 0) g.bias = mode_gradient.select(1, s.slow / 2).select(1, 0).select(1, 0).sum(0);
  const torch::Tensor input_gradient =
      by_sample(mixing_gradients<T>(s, turned, real, imaginary, mode_gradient, g), s.slow);
  for (int64_t b = 0; b < s.batch; ++b)
    there.to_points(input_gradient.data_ptr<T>() + b * there.size(), weight.numel() > 0 ? T{1} : T{0},
                    g.x.data_ptr<T>() + b * there.values());
  return g;
}

// What the graph remembers beside tensors.
struct Products : torch::CustomClassHolder {
  explicit Products(std::shared_ptr<const SpectralProducts> p) : products(std::move(p)) {}
  std::shared_ptr<const SpectralProducts> products;
};

class SpectralBlock : public torch::autograd::Function<SpectralBlock> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& values,
                               const torch::Tensor& real, const torch::Tensor& imaginary, const torch::Tensor& weight,
                               const torch::Tensor& bias, bool gelu, const c10::intrusive_ptr<Products>& products) {
    const torch::Tensor x = values.contiguous();
    const Shape s(x, real, *products->products);
    torch::Tensor turned, slope, y;
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "spectral_block", [&] {
      forward_samples<scalar_t>(s, *products->products, x, real, imaginary, weight, bias, gelu, turned, slope, y);
    });
    context->save_for_backward({x, turned, real, imaginary, weight, slope});
    context->saved_data["products"] = c10::IValue::make_capsule(products);
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto capsule = context->saved_data["products"].toCapsule();
    const SpectralProducts& products = *static_cast<const Products*>(capsule.get())->products;
    const torch::autograd::variable_list saved = context->get_saved_variables();
    const torch::Tensor &x = saved[0], &real = saved[2], gradient = gradients[0].contiguous();
    const Shape s(x, real, products);
    Gradients g;
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "spectral_block", [&] {
      g = backward_samples<scalar_t>(s, products, x, saved[1], real, saved[3], saved[4], saved[5], gradient);
    });
    return {g.x, g.real, g.imaginary, g.weight, g.bias, torch::Tensor(), torch::Tensor()};
  }
};

// Rows in pairs (real, imaginary) to all real rows before all imaginary ones.
torch::Tensor parts_apart(const torch::Tensor& rows) {
  return rows.reshape({rows.size(0) / 2, 2, rows.size(1)}).transpose(0, 1).reshape(rows.sizes()).contiguous();
}

}  // namespace

SpectralProducts::SpectralProducts(std::vector<int64_t> grid, std::vector<int64_t> kept, torch::ScalarType type)
    : points(std::move(grid)), modes(std::move(kept)) {
  analysis = parts_apart(line_analysis(points.back(), modes.back(), type));
  synthesis = parts_apart(line_synthesis(points.back(), modes.back(), type).t());
  if (points.size() == 1) return;
  slow_analysis = complex_analysis(points[0], modes[0], type);
  slow_synthesis = complex_synthesis(points[0], modes[0], type).t().contiguous();
}

torch::Tensor spectral_block(const torch::Tensor& x, const torch::Tensor& real, const torch::Tensor& imaginary,
                             const torch::Tensor& weight, const torch::Tensor& bias, bool gelu,
                             const std::shared_ptr<const SpectralProducts>& products) {
  require(real.is_contiguous() && imaginary.is_contiguous(), "the weights of a spectral layer are contiguous");
  // A function of libtorch takes no undefined tensor.
  const torch::Tensor none = torch::empty({0}, x.options());
  if (!weight.defined())
    return SpectralBlock::apply(x, real, imaginary, none, none, gelu, c10::make_intrusive<Products>(products));
  return SpectralBlock::apply(x, real, imaginary, weight, bias, gelu, c10::make_intrusive<Products>(products));
}

}  // namespace semiflow
