#include <algorithm>
#include <cmath>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/budget.hpp>
#include <semiflow/pde/multipliers.hpp>

namespace semiflow {

namespace {

// A product that depends on the state, a topography's among them.
bool is_product(const Term& term) { return !term.is_linear() && !std::ranges::all_of(term.factors, &Factor::is_given); }

Eigen::ArrayXd inverse_or_zero(const Eigen::ArrayXd& values) { return (values != 0).select(values.inverse(), 0); }

}  // namespace

QuadraticInvariant half_mean_square(const Grid& grid, Index fields, std::string name) {
  QuadraticInvariant invariant{.name = std::move(name),
                               .weight = std::vector<Eigen::ArrayXd>(static_cast<std::size_t>(fields * fields))};
  for (Index i = 0; i < fields; ++i)
    invariant.weight[static_cast<std::size_t>(i * fields + i)] = Eigen::ArrayXd::Ones(grid.modes());
  return invariant;
}

QuadraticInvariant flow_energy(const Grid& plane, double inverse_radius) {
  return {.name = "energy", .weight = {inverse_or_zero(square_wavenumber(plane) + inverse_radius * inverse_radius)}};
}

QuadraticInvariant two_layer_energy(const Grid& plane, const TwoLayerCoefficients& c) {
  // -sum_i h_i <psi_i q_i> / 2 with psi = A^-1 q, as two_layer() inverts it; h_1 F1 = h_2 F2 makes it symmetric.
  const double F1 = 1 / (c.radius * c.radius * (1 + c.ratio)), F2 = c.ratio * F1;
  const double h1 = c.ratio / (1 + c.ratio), h2 = 1 / (1 + c.ratio);
  const Eigen::ArrayXd k2 = square_wavenumber(plane), inverse = inverse_or_zero(k2 * (k2 + (F1 + F2)));
  return {.name = "energy",
          .weight = {h1 * (k2 + F2) * inverse, h1 * F1 * inverse, h2 * F2 * inverse, h2 * (k2 + F1) * inverse}};
}

Budget::Budget(const Semilinear& equation, std::vector<QuadraticInvariant> invariants, Products products)
    : grid_(equation.grid),
      fields_(equation.fields),
      invariants_(std::move(invariants)),
      fft_(equation.grid),
      state_(equation.fields * equation.grid.modes(), 1),
      tendency_(equation.fields * equation.grid.modes()) {
  validate(equation);
  for (const QuadraticInvariant& invariant : invariants_) {
    require(std::ssize(invariant.weight) == fields_ * fields_, "an invariant has a weight for every pair of fields");
    for (const Eigen::ArrayXd& weight : invariant.weight)
      require(weight.size() == 0 || weight.size() == grid_.modes(), "a weight was made for a grid of another shape");
  }
  const auto add = [&](const std::string& name, std::vector<Term> terms) {
    Semilinear part = equation;
    part.terms = std::move(terms);
    names_.push_back(name);
    terms_.emplace_back(part, Split::everything);
  };
  std::vector<Term> together;
  if (products == Products::together)
    std::ranges::copy_if(equation.terms, std::back_inserter(together),
                         [](const Term& term) { return is_product(term) && term.coefficient != 0; });
  if (!together.empty()) {
    nonlinear_ = 0;
    add("nonlinear", together);
  }
  for (const Term& term : equation.terms)
    if (term.coefficient != 0 && (products == Products::apart || !is_product(term))) add(term.name, {term});

  first_wavenumber_ = smallest_wavenumber(grid_);
  const Eigen::ArrayXd wavenumber = square_wavenumber(grid_).sqrt();
  for (const double k : wavenumber) shell_.push_back(std::lround(k / first_wavenumber_));
}

Eigen::VectorXd Budget::wavenumbers() const {
  const auto last = static_cast<double>(std::ranges::max(shell_));
  return first_wavenumber_ * Eigen::VectorXd::LinSpaced(static_cast<Index>(last) + 1, 0, last);
}

void Budget::load(const Eigen::Ref<const Eigen::VectorXd>& state) {
  require(state.size() == fields_ * grid_.points(), "a state has a value of every field at every point");
  fft_.forward(state, state_);
  state_ /= static_cast<double>(grid_.points());
}

// Of every mode, Re sum conj(u_i) W_ij f_j, with the modes that the half spectrum leaves out.
Eigen::ArrayXd Budget::density(const QuadraticInvariant& invariant, const Eigen::VectorXcd& other) const {
  const Index modes = grid_.modes();
  Eigen::ArrayXd sum = Eigen::ArrayXd::Zero(modes);
  for (Index i = 0; i < fields_; ++i) {
    for (Index j = 0; j < fields_; ++j) {
      const Eigen::ArrayXd& weight = invariant.weight[static_cast<std::size_t>(i * fields_ + j)];
      if (weight.size() == 0) continue;
      const auto u = state_.col(0).segment(i * modes, modes).array();
      sum += weight * (u.conjugate() * other.segment(j * modes, modes).array()).real();
    }
  }
  return sum * grid_.multiplicity();
}

const Eigen::VectorXcd& Budget::evaluate(std::size_t term) {
  Nonlinearity& nonlinearity = terms_[term];
  const ModeSet& modes = nonlinearity.modes();
  AlignedVector<std::complex<double>> u(static_cast<std::size_t>(nonlinearity.packed_size())), out(u.size());
  for (Index field = 0; field < fields_; ++field)
    modes.gather(state_.data() + field * grid_.modes(), u.data() + field * modes.size());
  nonlinearity.evaluate(u.data(), out.data());
  tendency_.setZero();
  for (Index field = 0; field < fields_; ++field)
    modes.scatter(out.data() + field * modes.size(), tendency_.data() + field * grid_.modes());
  return tendency_;
}

Eigen::VectorXd Budget::values(const Eigen::Ref<const Eigen::VectorXd>& state) {
  load(state);
  Eigen::VectorXd values(std::ssize(invariants_));
  for (Index i = 0; i < values.size(); ++i)
    values(i) = 0.5 * density(invariants_[static_cast<std::size_t>(i)], state_.col(0)).sum();
  return values;
}

Eigen::MatrixXd Budget::rates(const Eigen::Ref<const Eigen::VectorXd>& state) {
  load(state);
  Eigen::MatrixXd rates(std::ssize(terms_), std::ssize(invariants_));
  for (Index t = 0; t < rates.rows(); ++t) {
    const Eigen::VectorXcd& f = evaluate(static_cast<std::size_t>(t));
    for (Index i = 0; i < rates.cols(); ++i) rates(t, i) = density(invariants_[static_cast<std::size_t>(i)], f).sum();
  }
  return rates;
}

std::vector<Eigen::MatrixXd> Budget::transfer(const Eigen::Ref<const Eigen::VectorXd>& state) {
  load(state);
  std::vector<Eigen::MatrixXd> result(invariants_.size(),
                                      Eigen::MatrixXd::Zero(wavenumbers().size(), std::ssize(terms_)));
  for (std::size_t t = 0; t < terms_.size(); ++t) {
    const Eigen::VectorXcd& f = evaluate(t);
    for (std::size_t i = 0; i < invariants_.size(); ++i) {
      const Eigen::ArrayXd values = density(invariants_[i], f);
      for (Index k = 0; k < values.size(); ++k)
        result[i](shell_[static_cast<std::size_t>(k)], static_cast<Index>(t)) += values(k);
    }
  }
  return result;
}

Eigen::VectorXd spectral_flux(const Eigen::Ref<const Eigen::VectorXd>& transfer) {
  Eigen::VectorXd flux(transfer.size());
  double sum = 0;
  for (Index k = 0; k < flux.size(); ++k) flux(k) = -(sum += transfer(k));
  return flux;
}

}  // namespace semiflow
