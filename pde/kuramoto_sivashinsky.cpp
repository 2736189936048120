#include <semiflow/core/error.hpp>
#include <semiflow/pde/kuramoto_sivashinsky.hpp>

namespace semiflow {

Semilinear kuramoto_sivashinsky(const Grid& grid, const KuramotoSivashinskyCoefficients& coefficients) {
  require(grid.dimensions() == 1, "the Kuramoto-Sivashinsky equation lives on a line");
  return {
      .grid = grid,
      .terms = {monomial(grid, 1, 1, -coefficients.advection), monomial(grid, 0, 2, -coefficients.antidiffusion),
                monomial(grid, 0, 3, -coefficients.dispersion), monomial(grid, 0, 4, -coefficients.hyperdiffusion)}};
}

}  // namespace semiflow
