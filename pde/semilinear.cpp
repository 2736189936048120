#include <algorithm>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/semilinear.hpp>
#include <utility>

namespace semiflow {

namespace {

auto find(std::vector<Term>& terms, std::string_view name) {
  return std::ranges::find(terms, name, [](const Term& term) { return std::string_view(term.name); });
}

}  // namespace

Eigen::ArrayXcd Semilinear::linear_symbol() const {
  const Index modes = grid.modes();
  Eigen::ArrayXcd symbol = Eigen::ArrayXcd::Zero(fields * modes);
  for (const Term& term : terms) {
    if (!term.is_diagonal()) continue;
    auto part = symbol.segment(term.target * modes, modes);
    const Eigen::ArrayXcd one = Eigen::ArrayXcd::Ones(modes);
    const auto& inner = term.factors[0].multiplier.symbol;
    part += term.coefficient * (inner.size() ? inner : one) * (term.outer.symbol.size() ? term.outer.symbol : one);
  }
  return symbol;
}

double Semilinear::coefficient(std::string_view name) const {
  for (const Term& term : terms)
    if (term.name == name) return term.coefficient;
  return 0;
}

Eigen::ArrayXd Semilinear::kept_modes() const {
  Eigen::ArrayXd square = Eigen::ArrayXd::Zero(grid.modes());
  for (Index d = 0; d < grid.dimensions(); ++d) square += grid.wavenumber(d).square();
  return (square.sqrt() <= cutoff).cast<double>();
}

Semilinear operator+(Semilinear equation, const Term& term) {
  require(term.target >= 0 && term.target < equation.fields, "a term belongs to a field of the equation");
  require(!term.factors.empty(), "a term needs at least one factor");
  const auto same = find(equation.terms, term.name);
  if (same == equation.terms.end()) {
    equation.terms.push_back(term);
  } else {
    same->coefficient += term.coefficient;
  }
  return equation;
}

Semilinear operator+(Semilinear equation, const std::vector<Term>& terms) {
  for (const Term& term : terms) equation = std::move(equation) + term;
  return equation;
}

Semilinear with_coefficient(Semilinear equation, std::string_view name, double coefficient) {
  const auto term = find(equation.terms, name);
  if (term == equation.terms.end())
    throw Error(Fault::input, {}, "the equation has no term '" + std::string(name) + "'", "add the term instead");
  term->coefficient = coefficient;
  return equation;
}

}  // namespace semiflow
