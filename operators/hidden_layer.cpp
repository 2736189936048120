#include "private/hidden_layer.hpp"

#include <algorithm>

#include "private/gelu.hpp"
#include "private/row_products.hpp"

namespace semiflow {

namespace {

constexpr int64_t tile = 512;  // rows: with 128 hidden channels, 256 KiB

struct Layer {
  int64_t rows, in, hidden, out;
};

template <class T>
void forward_rows(const Layer& l, const T* x, const T* first, const T* bias, const T* second, T* value, T* slope,
                  T* y) {
  for (int64_t begin = 0; begin < l.rows; begin += tile) {
    const int64_t count = std::min(tile, l.rows - begin), at = begin * l.hidden;
    multiply_by_transpose(to_size(count), to_size(l.hidden), to_size(l.in), x + begin * l.in, first, T{0}, value + at);
    gelu_with_slope(value + at, count * l.hidden, bias, l.hidden, value + at, slope + at);
    multiply_by_transpose(to_size(count), to_size(l.out), to_size(l.hidden), value + at, second, T{0},
                          y + begin * l.out);
  }
}

template <class T>
void backward_rows(const Layer& l, const T* x, const T* first, const T* second, const T* value, const T* slope,
                   const T* gradient, T* inner, T* x_gradient, T* first_gradient, T* bias_gradient,
                   T* second_gradient) {
  for (int64_t begin = 0; begin < l.rows; begin += tile) {
    const int64_t count = std::min(tile, l.rows - begin), at = begin * l.hidden;
    const Size m = to_size(count), in = to_size(l.in), hidden = to_size(l.hidden), out = to_size(l.out);
    multiply(true, out, hidden, m, gradient + begin * l.out, value + at, T{1}, second_gradient);
    multiply(false, m, hidden, out, gradient + begin * l.out, second, T{0}, inner);
    multiply_elements(inner, slope + at, count * l.hidden, inner);
    multiply(true, hidden, in, m, inner, x + begin * l.in, T{1}, first_gradient);
    multiply(false, m, in, hidden, inner, first, T{0}, x_gradient + begin * l.in);
    for (int64_t i = 0; i < count; ++i)
      for (int64_t j = 0; j < l.hidden; ++j) bias_gradient[j] += inner[i * l.hidden + j];
  }
}

Layer layer_of(const torch::Tensor& x, const torch::Tensor& first, const torch::Tensor& second) {
  return {x.numel() / x.size(-1), x.size(-1), first.size(0), second.size(0)};
}

class HiddenLayer : public torch::autograd::Function<HiddenLayer> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& values,
                               const torch::Tensor& first, const torch::Tensor& bias, const torch::Tensor& second) {
    const torch::Tensor x = values.contiguous();
    const Layer l = layer_of(x, first, second);
    const torch::Tensor value = torch::empty({l.rows, l.hidden}, x.options()), slope = torch::empty_like(value);
    std::vector<int64_t> shape = x.sizes().vec();
    shape.back() = l.out;
    torch::Tensor y = torch::empty(shape, x.options());
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "hidden_layer", [&] {
      forward_rows<scalar_t>(l, x.data_ptr<scalar_t>(), first.data_ptr<scalar_t>(), bias.data_ptr<scalar_t>(),
                             second.data_ptr<scalar_t>(), value.data_ptr<scalar_t>(), slope.data_ptr<scalar_t>(),
                             y.data_ptr<scalar_t>());
    });
    context->save_for_backward({x, first, second, value, slope});
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const torch::autograd::variable_list s = context->get_saved_variables();
    const torch::Tensor &x = s[0], &first = s[1], &second = s[2], gradient = gradients[0].contiguous();
    const Layer l = layer_of(x, first, second);
    const torch::Tensor inner = torch::empty({tile, l.hidden}, x.options()), x_gradient = torch::empty_like(x);
    const torch::Tensor first_gradient = torch::zeros_like(first), second_gradient = torch::zeros_like(second);
    const torch::Tensor bias_gradient = torch::zeros({l.hidden}, x.options());
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "hidden_layer", [&] {
      backward_rows<scalar_t>(l, x.data_ptr<scalar_t>(), first.data_ptr<scalar_t>(), second.data_ptr<scalar_t>(),
                              s[3].data_ptr<scalar_t>(), s[4].data_ptr<scalar_t>(), gradient.data_ptr<scalar_t>(),
                              inner.data_ptr<scalar_t>(), x_gradient.data_ptr<scalar_t>(),
                              first_gradient.data_ptr<scalar_t>(), bias_gradient.data_ptr<scalar_t>(),
                              second_gradient.data_ptr<scalar_t>());
    });
    return {x_gradient, first_gradient, bias_gradient, second_gradient};
  }
};

}  // namespace

torch::Tensor hidden_layer(const torch::Tensor& x, const torch::Tensor& first, const torch::Tensor& bias,
                           const torch::Tensor& second) {
  return HiddenLayer::apply(x, first, bias, second);
}

}  // namespace semiflow
