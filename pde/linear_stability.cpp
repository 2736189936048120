#include <Eigen/Eigenvalues>
#include <algorithm>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/linear_stability.hpp>

namespace semiflow {

namespace {

std::complex<double> at(const Multiplier& multiplier, Index mode) {
  return multiplier.symbol.size() > 0 ? multiplier.symbol(mode) : 1.0;
}

void refuse_varying_coefficients(const Semilinear& equation) {
  for (const Term& term : equation.terms) {
    const auto unknowns = std::ranges::count_if(term.factors, [](const Factor& f) { return !f.is_given(); });
    if (unknowns == 1 && term.factors.size() > 1 && term.coefficient != 0)
      throw Error(Fault::input, "term '" + term.name + "'", "its coefficient varies in space, so it couples modes",
                  "leave it out, or take the eigenvalues of the tangent linear model");
  }
}

Eigen::MatrixXcd operator_at(const Semilinear& equation, Index mode) {
  Eigen::MatrixXcd A = Eigen::MatrixXcd::Zero(equation.fields, equation.fields);
  for (const Term& term : equation.terms) {
    if (!term.is_linear()) continue;
    const Factor& factor = term.factors[0];
    const std::complex<double> outer = term.coefficient * at(term.outer, mode);
    A(term.target, factor.field) += outer * at(factor.multiplier, mode);
    for (const Factor& part : factor.plus) A(term.target, part.field) += outer * at(part.multiplier, mode);
  }
  return A;
}

Eigen::VectorXcd eigenvalues(const Eigen::MatrixXcd& A) {
  Eigen::VectorXcd values = Eigen::ComplexEigenSolver<Eigen::MatrixXcd>(A, false).eigenvalues();
  std::ranges::stable_sort(values, [](auto a, auto b) { return a.real() > b.real(); });
  return values;
}

}  // namespace

Eigen::MatrixXcd linear_operator(const Semilinear& equation, const std::vector<Index>& harmonics) {
  validate(equation);
  refuse_varying_coefficients(equation);
  const Grid& grid = equation.grid;
  require(std::ssize(harmonics) == grid.dimensions(), "a mode has a wavenumber for every axis");
  Eigen::ArrayXd distance = Eigen::ArrayXd::Zero(grid.modes());
  for (Index d = 0; d < grid.dimensions(); ++d)
    distance += (grid.harmonic(d) - static_cast<double>(harmonics[static_cast<std::size_t>(d)])).abs();
  Index mode = 0;
  require(distance.minCoeff(&mode) == 0, "the grid has no such mode; the last wavenumber is never negative");
  return operator_at(equation, mode);
}

Eigen::VectorXcd normal_modes(const Semilinear& equation, const std::vector<Index>& harmonics) {
  return eigenvalues(linear_operator(equation, harmonics));
}

Eigen::ArrayXd growth_rates(const Semilinear& equation) {
  validate(equation);
  refuse_varying_coefficients(equation);
  Eigen::ArrayXd rates(equation.grid.modes());
  for (Index mode = 0; mode < rates.size(); ++mode) rates(mode) = eigenvalues(operator_at(equation, mode))(0).real();
  return rates;
}

}  // namespace semiflow
