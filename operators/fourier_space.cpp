#include "private/fourier_space.hpp"

#include <numbers>

namespace semiflow {

std::vector<int64_t> point_shape(const Grid& grid) {
  std::vector<int64_t> shape;
  for (Index d = 0; d < grid.dimensions(); ++d) shape.push_back(grid.axis(d).points);
  return shape;
}

std::vector<int64_t> mode_shape(const Grid& grid) {
  std::vector<int64_t> shape = point_shape(grid);
  shape.back() = shape.back() / 2 + 1;
  return shape;
}

std::vector<int64_t> field_axes(const Grid& grid) {
  std::vector<int64_t> axes;
  for (Index d = 0; d < grid.dimensions(); ++d) axes.push_back(d + 1);
  return axes;
}

torch::Tensor to_modes(const torch::Tensor& values, const std::vector<int64_t>& axes) {
  return torch::fft::rfftn(values, torch::nullopt, axes, "forward");
}

torch::Tensor to_points(const torch::Tensor& modes, const std::vector<int64_t>& axes,
                        const std::vector<int64_t>& points) {
  return torch::fft::irfftn(modes, points, axes, "forward");
}

torch::Tensor derivatives(const Grid& grid) {
  std::vector<torch::Tensor> parts;
  for (Index d = 0; d < grid.dimensions(); ++d) {
    Eigen::ArrayXd k = grid.wavenumber(d);
    k = (2 * grid.harmonic(d).abs() == static_cast<double>(grid.axis(d).points)).select(0, k);
    parts.push_back(torch::from_blob(k.data(), mode_shape(grid), torch::kDouble).to(torch::kFloat));
  }
  const torch::Tensor k = torch::stack(parts, -1).unsqueeze(-2);
  return torch::complex(torch::zeros_like(k), k);
}

torch::Tensor from_columns(const Eigen::Ref<const Eigen::MatrixXd>& columns, const Grid& grid) {
  const Eigen::MatrixXf single = columns.cast<float>();
  std::vector<int64_t> shape = point_shape(grid);
  shape.insert(shape.begin(), {single.cols(), single.rows() / grid.points()});
  return torch::from_blob(const_cast<float*>(single.data()), shape)
      .movedim(1, -1)
      .clone(torch::MemoryFormat::Contiguous);
}

Eigen::MatrixXd to_columns(const torch::Tensor& values) {
  const torch::Tensor fields = values.detach().movedim(-1, 1).contiguous();
  return Eigen::Map<const Eigen::MatrixXf>(fields.data_ptr<float>(), fields.numel() / fields.size(0), fields.size(0))
      .cast<double>();
}

}  // namespace semiflow
