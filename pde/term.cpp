#include <semiflow/core/error.hpp>
#include <semiflow/pde/term.hpp>

namespace semiflow {

Multiplier derivative(const Grid& grid, Index axis, Index order) {
  require(axis >= 0 && axis < grid.dimensions(), "a derivative is taken along an axis of the grid");
  require(order >= 0, "the order of a derivative cannot be negative");
  if (order == 0) return {};
  static constexpr std::complex<double> powers_of_i[] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
  const char* const axis_names = "xyz";  // the last axis of the grid is x
  const auto rule = [grid, axis, order] {
    const Eigen::ArrayXd k = grid.wavenumber(axis);
    Eigen::ArrayXcd symbol = powers_of_i[order % 4] * k.pow(static_cast<double>(order)).cast<std::complex<double>>();
    if (order % 2 == 1 && grid.axis(axis).points % 2 == 0) {
      const double nyquist = static_cast<double>(grid.axis(axis).points / 2);
      symbol = (grid.harmonic(axis) == nyquist).select(0, symbol);
    }
    return symbol;
  };
  return {.name = std::string(static_cast<std::size_t>(order), axis_names[grid.dimensions() - 1 - axis]),
          .symbol = {grid.modes(), rule}};
}

Term monomial(const Grid& grid, Index power, Index order, double coefficient) {
  require(grid.dimensions() == 1, "a monomial lives on a line");
  require(power >= 0 && order >= 0 && power + order > 0, "a monomial needs a power or a derivative");
  const Multiplier d = derivative(grid, 0, order);
  Term term{.name = power > 1 ? "u^" + std::to_string(power) : power == 1 ? "u" : "", .coefficient = coefficient};
  if (order > 0) term.name += (power > 0 ? " u_" : "u_") + d.name;

  term.factors.assign(static_cast<std::size_t>(power), Factor{});
  if (order == 1 && power > 0) {
    term.factors.emplace_back();
    term.outer = {.name = d.name + "/" + std::to_string(power + 1),
                  .symbol = 1 / static_cast<double>(power + 1) * d.symbol};
  } else if (order > 0) {
    term.factors.push_back({.multiplier = d});
  }
  return term;
}

std::vector<Term> monomials(const Grid& grid, Index max_power, Index max_order) {
  std::vector<Term> library;
  for (Index order = 0; order <= max_order; ++order)
    for (Index power = order == 0 ? 1 : 0; power <= max_power; ++power) library.push_back(monomial(grid, power, order));
  return library;
}

}  // namespace semiflow
