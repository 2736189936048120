#include <algorithm>
#include <cmath>
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
  validate(*this);
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

void validate(const Semilinear& equation) {
  const auto has_field = [&](Index field) { return field >= 0 && field < equation.fields; };
  const auto fits = [&](const Multiplier& m) {
    return m.symbol.size() == 0 || m.symbol.size() == equation.grid.modes();
  };
  require(!std::isnan(equation.cutoff), "the cutoff is not a number");
  for (const Term& term : equation.terms) {
    const auto check = [&](bool holds, const char* clause) {
      if (!holds) throw Error(Fault::input, "term '" + term.name + "'", clause);
    };
    check(has_field(term.target), "its target is no field of the equation");
    check(!term.factors.empty(), "it has no factors");
    check(std::isfinite(term.coefficient), "its coefficient is not finite");
    check(fits(term.outer), "it was made for a grid of another shape");
    for (const Factor& factor : term.factors) {
      check(has_field(factor.field), "a factor is no field of the equation");
      check(fits(factor.multiplier), "it was made for a grid of another shape");
    }
  }
}

Semilinear operator+(Semilinear equation, const Term& term) {
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
