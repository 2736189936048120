#pragma once
#include <array>
#include <filesystem>
#include <semiflow/core/grid.hpp>
#include <semiflow/pde/spectral_model.hpp>
#include <string_view>
#include <vector>

namespace semiflow {

/// What a learned operator makes of a state z to reach the state dt later; W is a Fourier neural operator of what stands in
/// brackets, B a DeepONet (Lu et al. 2021), D a derivative if the operator is conservative and 1 if not.
enum class SurrogateKind {
  direct,             ///< W(z): Li et al. (2021)
  residual,           ///< z + W(z): the prediction of NODA (Singh et al. 2024)
  semilinear,         ///< e^{L dt} z + dt phi_1(L dt) D W(z, e^{L dt} z): the mild form of z_t = L z + G(z)
  corrected_solver,   ///< S(z) + D W(z, S(z)), S being steps of a solver, coarser than the truth's
  deeponet,           ///< B(z): its sensors are the points of one grid
  residual_deeponet,  ///< z + B(z)
  torchscript         ///< a scripted module of a file, which is not trained here
};

/// What files call the kinds, in the order of SurrogateKind.
inline constexpr std::array<std::string_view, 7> surrogate_kinds{
    "fno", "residual-fno", "semilinear", "corrected-solver", "deeponet", "residual-deeponet", "torchscript"};

inline bool is_deeponet(SurrogateKind kind) {
  return kind == SurrogateKind::deeponet || kind == SurrogateKind::residual_deeponet;
}

struct SurrogateOptions {
  SurrogateKind kind = SurrogateKind::semilinear;
  std::vector<Index> modes{16};  ///< of W, of every axis, slowest first; of B, harmonics that its trunk sees
  Index width = 32;              ///< channels of W, or units of every hidden layer of B
  Index layers = 4;
  Index head = 64;        ///< units of the last hidden layer of W, or products of branch and trunk in B
  bool position = false;  ///< W sees where it is; without, it commutes with translations. B always does
  /// Of the semilinear operator: 2 evaluates W again at the first-order result (ETD2RK, Cox & Matthews 2002, Eq. 22).
  Index order = 1;
  Index substeps = 1;           ///< of equal length, of the semilinear operator
  bool conservative = false;    ///< W is a flux, so that the mean of every field never changes
  bool learned_symbol = false;  ///< L is a parameter too, and the given one where training begins
  double time_step = 1;         ///< that it is trained for; others are refused unless any_time_step
  /// Trained with several time steps up to time_step, dt is an input of W: semilinear only.
  bool any_time_step = false;
  std::uint64_t seed = 0;  ///< of the first weights
  /// Of kind torchscript, what torch.jit.save wrote: forward(z) gives the state time_step later, z and the result in single
  /// precision, in the units of the equation, [batch, points..., field]. What it needs of scales, it holds itself.
  std::filesystem::path script{};
};

/// Its weights mean nothing on another number of points: those of a corrected solver, a DeepONet, a learned symbol.
inline bool belongs_to_grid(const SurrogateOptions& o) {
  return o.kind == SurrogateKind::corrected_solver || is_deeponet(o.kind) || o.learned_symbol;
}

}  // namespace semiflow
