#pragma once
#include <semiflow/core/grid.hpp>
#include <semiflow/pde/spectral_model.hpp>
#include <vector>

namespace semiflow {

/// What a learned operator makes of a state z to reach the state dt later; W is a Fourier neural operator of what stands in
/// brackets, D a derivative if it is conservative and 1 if not.
enum class SurrogateKind {
  direct,           ///< W(z): Li et al. (2021)
  residual,         ///< z + W(z): the prediction of NODA (Singh et al. 2024)
  semilinear,       ///< e^{L dt} z + dt phi_1(L dt) D W(z, e^{L dt} z): the mild form of z_t = L z + G(z)
  corrected_solver  ///< S(z) + D W(z, S(z)), S being steps of a solver, coarser than the truth's
};

struct SurrogateOptions {
  SurrogateKind kind = SurrogateKind::semilinear;
  std::vector<Index> modes{16};  ///< of W, of every axis, slowest first
  Index width = 32;              ///< channels of W
  Index layers = 4;
  Index head = 64;
  bool position = false;  ///< W sees where it is; without, it commutes with translations
  /// Of the semilinear operator: 2 evaluates W again at the first-order result (ETD2RK, Cox & Matthews 2002, Eq. 22).
  Index order = 1;
  Index substeps = 1;           ///< of equal length, of the semilinear operator
  bool conservative = false;    ///< W is a flux, so that the mean of every field never changes
  bool learned_symbol = false;  ///< L is a parameter too, and the given one where training begins
  double time_step = 1;         ///< that it is trained for; others are refused unless the operator is semilinear
  bool any_time_step = false;   ///< trained with several time steps, dt is an input of W: semilinear only
  std::uint64_t seed = 0;       ///< of the first weights
};

}  // namespace semiflow
