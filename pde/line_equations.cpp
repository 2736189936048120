#include <semiflow/core/error.hpp>
#include <semiflow/pde/line_equations.hpp>
#include <semiflow/pde/multipliers.hpp>
#include <utility>
#include <vector>

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

Semilinear nonlinear_schroedinger(const Grid& line, double dispersion, double focusing) {
  require(line.dimensions() == 1, "the nonlinear Schroedinger equation lives on a line");
  const Factor a{.field = 0}, b{.field = 1};
  const Multiplier xx = derivative(line, 0, 2);
  // a_t = -dispersion b_xx - focusing (a^2 + b^2) b,  b_t = dispersion a_xx + focusing (a^2 + b^2) a
  Semilinear equation{.grid = line, .fields = 2};
  const auto add = [&](const char* name, double coefficient, std::vector<Factor> factors, Index target) {
    equation.terms.push_back(
        {.name = name, .coefficient = coefficient, .factors = std::move(factors), .target = target});
  };
  add("b_xx", -dispersion, {{.field = 1, .multiplier = xx}}, 0);
  add("a^2 b", -focusing, {a, a, b}, 0);
  add("b^3", -focusing, {b, b, b}, 0);
  add("a_xx", dispersion, {{.field = 0, .multiplier = xx}}, 1);
  add("a^3", focusing, {a, a, a}, 1);
  add("b^2 a", focusing, {b, b, a}, 1);
  return equation;
}

}  // namespace semiflow
