#include <algorithm>
#include <cmath>
#include <functional>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/multipliers.hpp>
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
    if (term.coefficient == 0) continue;
    Eigen::ArrayXcd added = Eigen::ArrayXcd::Constant(modes, term.coefficient);
    if (term.factors[0].multiplier.symbol.size() > 0) added *= term.factors[0].multiplier.symbol.values();
    if (term.outer.symbol.size() > 0) added *= term.outer.symbol.values();
    part += added;
  }
  return symbol;
}

double Semilinear::coefficient(std::string_view name) const {
  for (const Term& term : terms)
    if (term.name == name) return term.coefficient;
  return 0;
}

Eigen::ArrayXd Semilinear::kept_modes() const { return (square_wavenumber(grid).sqrt() <= cutoff).cast<double>(); }

Eigen::ArrayXd Semilinear::step_filter() const {
  Eigen::ArrayXd square = Eigen::ArrayXd::Zero(grid.modes());
  for (Index d = 0; d < grid.dimensions(); ++d) {
    const Axis& axis = grid.axis(d);
    square += (grid.wavenumber(d) * (axis.length / static_cast<double>(axis.points))).square();
  }
  const Eigen::ArrayXd beyond = (square.sqrt() - filter.cutoff).max(0);
  return (-filter.strength * beyond.square().square()).exp();
}

void validate(const Semilinear& equation) {
  for (Index d = 0; d < equation.grid.dimensions(); ++d)
    require(equation.grid.axis(d).points >= 4, "an equation in Fourier space needs at least 4 points along each axis");
  require(!std::isnan(equation.cutoff), "the cutoff is not a number");
  require(equation.filter.strength >= 0 && equation.filter.cutoff >= 0, "a filter has no negative strength or cutoff");
  require(equation.fields > 0, "an equation has at least one field");
  for (const Term& term : equation.terms) {
    const auto check = [&](bool holds, const char* clause) {
      if (!holds) throw Error(Fault::input, "term '" + term.name + "'", clause);
    };
    const auto check_multiplier = [&](const Multiplier& m) {
      check(m.symbol.size() == 0 || m.symbol.size() == equation.grid.modes(),
            "it was made for a grid of another shape");
    };
    const std::function<void(const Factor&)> check_factor = [&](const Factor& factor) {
      check(factor.field >= 0 && factor.field < equation.fields, "a factor is no field of the equation");
      check_multiplier(factor.multiplier);
      if (factor.is_given()) {
        check(factor.given.size() == equation.grid.points(), "a given field has another number of points");
        check(factor.given.allFinite(), "a given field has values that are not finite");
        check(!factor.multiplier.name.empty(), "a given field needs a name");
        check(factor.multiplier.symbol.size() == 0 && factor.plus.empty(), "a given field is taken as it is");
      }
      for (const Factor& part : factor.plus) {
        check(!part.is_given(), "a given field cannot be a part of a factor");
        check_factor(part);
      }
    };
    check(term.target >= 0 && term.target < equation.fields, "its target is no field of the equation");
    check(!term.factors.empty(), "it has no factors");
    check(std::isfinite(term.coefficient), "its coefficient is not finite");
    check_multiplier(term.outer);
    for (const Factor& factor : term.factors) check_factor(factor);
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
