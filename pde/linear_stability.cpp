#include <Eigen/Eigenvalues>
#include <algorithm>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/linear_stability.hpp>

namespace semiflow {

namespace {

// The linear terms of every mode: [modes x fields * fields], the target running fastest.
using Operators = Eigen::ArrayXXcd;

void refuse_varying_coefficients(const Semilinear& equation) {
  for (const Term& term : equation.terms) {
    const auto unknowns = std::ranges::count_if(term.factors, [](const Factor& f) { return !f.is_given(); });
    if (unknowns == 1 && term.factors.size() > 1 && term.coefficient != 0)
      throw Error(Fault::input, "term '" + term.name + "'", "its coefficient varies in space, so it couples modes",
                  "leave it out, or take the eigenvalues of the tangent linear model");
  }
}

Operators operators(const Semilinear& equation) {
  validate(equation);
  refuse_varying_coefficients(equation);
  const Index modes = equation.grid.modes();
  Operators all = Operators::Zero(modes, equation.fields * equation.fields);
  for (const Term& term : equation.terms) {
    if (!term.is_linear() || term.coefficient == 0) continue;
    Eigen::ArrayXcd outer = Eigen::ArrayXcd::Constant(modes, term.coefficient);
    if (term.outer.symbol.size() > 0) outer *= term.outer.symbol.values();
    const auto add = [&](const Factor& part) {
      auto to = all.col(term.target + equation.fields * part.field);
      if (part.multiplier.symbol.size() == 0) {
        to += outer;
      } else {
        to += outer * part.multiplier.symbol.values();
      }
    };
    add(term.factors[0]);
    for (const Factor& part : term.factors[0].plus) add(part);
  }
  return all;
}

Eigen::MatrixXcd operator_at(const Operators& all, Index mode, Index fields) {
  return all.row(mode).reshaped(fields, fields);
}

Eigen::VectorXcd eigenvalues(const Eigen::MatrixXcd& A) {
  Eigen::VectorXcd values = Eigen::ComplexEigenSolver<Eigen::MatrixXcd>(A, false).eigenvalues();
  std::ranges::stable_sort(values, [](auto a, auto b) { return a.real() > b.real(); });
  return values;
}

}  // namespace

Eigen::MatrixXcd linear_operator(const Semilinear& equation, const std::vector<Index>& harmonics) {
  const Operators all = operators(equation);
  const Grid& grid = equation.grid;
  require(std::ssize(harmonics) == grid.dimensions(), "a mode has a wavenumber for every axis");
  Eigen::ArrayXd distance = Eigen::ArrayXd::Zero(grid.modes());
  for (Index d = 0; d < grid.dimensions(); ++d)
    distance += (grid.harmonic(d) - static_cast<double>(harmonics[static_cast<std::size_t>(d)])).abs();
  Index mode = 0;
  require(distance.minCoeff(&mode) == 0, "the grid has no such mode; the last wavenumber is never negative");
  return operator_at(all, mode, equation.fields);
}

Eigen::VectorXcd normal_modes(const Semilinear& equation, const std::vector<Index>& harmonics) {
  return eigenvalues(linear_operator(equation, harmonics));
}

Eigen::ArrayXd growth_rates(const Semilinear& equation) {
  const Operators all = operators(equation);
  Eigen::ArrayXd rates(all.rows());
  for (Index mode = 0; mode < rates.size(); ++mode)
    rates(mode) = eigenvalues(operator_at(all, mode, equation.fields))(0).real();
  return rates;
}

}  // namespace semiflow
