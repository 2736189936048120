#pragma once
#include <torch/torch.h>

#include <memory>
#include <semiflow/pde/spectral_model.hpp>

namespace semiflow {

/// States [batch, points..., field] carried by a solver through the window (0, dt), differentiable: backwards, the exact
/// adjoint of the solver's steps. In double precision within.
torch::Tensor solver_step(const std::shared_ptr<SpectralModel>& solver, const Grid& grid, const torch::Tensor& states,
                          double dt);

}  // namespace semiflow
