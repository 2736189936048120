#pragma once
#include <torch/torch.h>

#include <semiflow/core/grid.hpp>
#include <vector>

namespace semiflow {

/// Fields as tensors: in physical space [batch, points..., field], in Fourier space [batch, modes..., field] with the modes
/// of Grid, as coefficients of the Fourier series.

std::vector<int64_t> point_shape(const Grid& grid);
std::vector<int64_t> mode_shape(const Grid& grid);
/// 1, 2, ...: the axes of such a tensor that are axes of the grid.
std::vector<int64_t> field_axes(const Grid& grid);

torch::Tensor to_modes(const torch::Tensor& values, const std::vector<int64_t>& axes);
torch::Tensor to_points(const torch::Tensor& modes, const std::vector<int64_t>& axes,
                        const std::vector<int64_t>& points);

/// i k along every axis, [modes..., 1, axis], in single precision; 0 at the Nyquist harmonic of an axis, where a real field
/// has no derivative.
torch::Tensor derivatives(const Grid& grid);

/// Columns of an ensemble [field * points x member] as [member, points..., field] in single precision, and back.
torch::Tensor from_columns(const Eigen::Ref<const Eigen::MatrixXd>& columns, const Grid& grid);
Eigen::MatrixXd to_columns(const torch::Tensor& values);

}  // namespace semiflow
