#include <algorithm>
#include <cmath>
#include <numbers>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/multipliers.hpp>
#include <sstream>
#include <utility>

namespace semiflow {

namespace {

// All digits, so that different numbers have different names.
std::string text(double number) {
  std::ostringstream out;
  out.precision(17);
  out << number;
  return out.str();
}

}  // namespace

Eigen::ArrayXd square_wavenumber(const Grid& grid) {
  Eigen::ArrayXd square = Eigen::ArrayXd::Zero(grid.modes());
  for (Index d = 0; d < grid.dimensions(); ++d) square += grid.wavenumber(d).square();
  return square;
}

double smallest_wavenumber(const Grid& grid) {
  double longest = 0;
  for (Index d = 0; d < grid.dimensions(); ++d) longest = std::max(longest, grid.axis(d).length);
  return 2 * std::numbers::pi / longest;
}

Multiplier named(std::string name, Symbol symbol) {
  require(!name.empty(), "a multiplier other than the identity needs a name");
  return {.name = std::move(name), .symbol = std::move(symbol)};
}

Multiplier laplacian(const Grid& grid) {
  const auto rule = [grid]() -> Symbol::Values { return (-square_wavenumber(grid)).cast<std::complex<double>>(); };
  return named("lap", {grid.modes(), rule});
}

Multiplier inverse_laplacian(const Grid& grid, double inverse_radius) {
  require(std::isfinite(inverse_radius) && inverse_radius >= 0, "an inverse radius is not negative");
  const auto rule = [grid, inverse_radius]() -> Symbol::Values {
    const Eigen::ArrayXd operand = square_wavenumber(grid) + inverse_radius * inverse_radius;
    return (operand > 0).select(-operand.inverse(), 0.0).cast<std::complex<double>>();
  };
  return named("inv(lap-" + text(inverse_radius) + "^2)", {grid.modes(), rule});
}

Multiplier wavenumber_power(const Grid& grid, double power) {
  const auto rule = [grid, power]() -> Symbol::Values {
    const Eigen::ArrayXd k = square_wavenumber(grid).sqrt();
    return (k > 0).select(k.pow(power), power == 0 ? 1.0 : 0.0).cast<std::complex<double>>();
  };
  return named("|k|^" + text(power), {grid.modes(), rule});
}

Multiplier operator*(const Multiplier& a, const Multiplier& b) {
  if (a.symbol.size() == 0) return b;
  if (b.symbol.size() == 0) return a;
  return named(a.name + " " + b.name, a.symbol * b.symbol);
}

Multiplier operator*(double factor, const Multiplier& multiplier) {
  require(multiplier.symbol.size() > 0, "scale the coefficient of a term instead of the identity");
  return named(text(factor) + " " + multiplier.name, factor * multiplier.symbol);
}

}  // namespace semiflow
