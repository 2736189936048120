#include <semiflow/core/error.hpp>
#include <semiflow/pde/line_equations.hpp>
#include <semiflow/pde/multipliers.hpp>

namespace semiflow {

Semilinear burgers(const Grid& line, double viscosity) {
  require(line.dimensions() == 1, "Burgers' equation lives on a line");
  return {.grid = line, .terms = {monomial(line, 1, 1, -1), monomial(line, 0, 2, viscosity)}};
}

Semilinear korteweg_de_vries(const Grid& line, double dispersion) {
  require(line.dimensions() == 1, "the Korteweg-de Vries equation lives on a line");
  return {.grid = line, .terms = {monomial(line, 1, 1, -1), monomial(line, 0, 3, -dispersion)}};
}

Semilinear allen_cahn(const Grid& grid, double diffusion) {
  return {.grid = grid,
          .terms = {{.name = "lap u", .coefficient = diffusion, .factors = {{.multiplier = laplacian(grid)}}},
                    {.name = "u", .coefficient = 1, .factors = {{}}},
                    {.name = "u^3", .coefficient = -1, .factors = {{}, {}, {}}}}};
}

}  // namespace semiflow
