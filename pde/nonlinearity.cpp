#include <algorithm>
#include <chrono>
#include <iterator>
#include <semiflow/pde/nonlinearity.hpp>
#include <utility>

#include "kernels.hpp"

namespace semiflow {

namespace {

using Clock = std::chrono::steady_clock;

// Harmonics that a product of so many factors may keep without aliases, of an axis of n points.
Index alias_free(Index n, Index factors) { return (n + factors) / (factors + 1); }  // |harmonic| < n / (factors + 1)

// 1 for the modes that a product of so many factors keeps, 0 for the others.
Eigen::ArrayXd product_modes(const Semilinear& equation, Index factors) {
  Eigen::ArrayXd mask = equation.kept_modes();
  if (equation.dealiasing == Dealiasing::none || factors < 2) return mask;
  for (Index d = 0; d < equation.grid.dimensions(); ++d) {
    const auto limit = static_cast<double>(alias_free(equation.grid.axis(d).points, factors));
    mask *= (equation.grid.harmonic(d).abs() < limit).cast<double>();
  }
  return mask;
}

// The symbol up to its last mode that is not zero.
AlignedVector<std::complex<double>> trimmed(const Eigen::ArrayXcd& symbol) {
  Index kept = symbol.size();
  while (kept > 0 && symbol(kept - 1) == 0.0) --kept;
  return {symbol.data(), symbol.data() + kept};
}

}  // namespace

Nonlinearity::Nonlinearity(const Semilinear& equation, bool every_term, FftPlanning planning)
    : fft_(equation.grid, planning),
      fields_(equation.fields),
      product_(static_cast<std::size_t>(fft_.points())),
      spectrum_(static_cast<std::size_t>(fft_.modes())) {
  validate(equation);
  const double scale = 1 / static_cast<double>(fft_.points());
  for (const Term& term : equation.terms) {
    if ((term.is_diagonal() && !every_term) || term.coefficient == 0) continue;
    const auto count = static_cast<Index>(term.factors.size());
    const std::string name = term.outer.name + "|" + std::to_string(count);
    auto output =
        std::ranges::find_if(outputs_, [&](const Output& o) { return o.target == term.target && o.name == name; });
    if (output == outputs_.end()) {
      Eigen::ArrayXcd symbol = scale * product_modes(equation, count).cast<std::complex<double>>();
      if (term.outer.symbol.size() > 0) symbol *= term.outer.symbol;
      outputs_.push_back({.target = term.target,
                          .name = name,
                          .symbol = trimmed(symbol),
                          .imaginary = (symbol.real() == 0).all(),
                          .products = {}});
      output = outputs_.end() - 1;
    }
    Product product{.coefficient = term.coefficient, .inputs = {}};
    for (const Factor& factor : term.factors) product.inputs.push_back(input(factor, count, equation));
    output->products.push_back(std::move(product));
  }
  for (Output& output : outputs_) prepare(output);
  for (const Input& input : inputs_) support_ = std::max(support_, input.kept);
  for (const Output& output : outputs_) support_ = std::max(support_, std::ssize(output.symbol));
}

std::size_t Nonlinearity::input(const Factor& factor, Index factors, const Semilinear& equation) {
  const std::string name = factor.multiplier.name + "|" + std::to_string(factors);
  const auto known =
      std::ranges::find_if(inputs_, [&](const Input& i) { return i.field == factor.field && i.name == name; });
  if (known != inputs_.end()) return static_cast<std::size_t>(known - inputs_.begin());

  const Eigen::ArrayXd mask = product_modes(equation, factors);
  Eigen::ArrayXcd symbol = mask.cast<std::complex<double>>();
  if (factor.multiplier.symbol.size() > 0) symbol *= factor.multiplier.symbol;
  AlignedVector<std::complex<double>> kept = trimmed(symbol);
  const Index count = std::ssize(kept);
  // The identity on the first modes of a line is a copy.
  if (std::ranges::all_of(kept, [](std::complex<double> s) { return s == 1.0; })) kept.clear();
  inputs_.push_back({.field = factor.field,
                     .name = name,
                     .symbol = std::move(kept),
                     .kept = count,
                     .values = AlignedVector<double>(product_.size())});
  return inputs_.size() - 1;
}

void Nonlinearity::prepare(Output& output) {
  if (output.products.size() == 1) {
    Product& product = output.products.front();
    for (std::complex<double>& s : output.symbol) s *= product.coefficient;
    product.coefficient = 1;
    const std::size_t first = product.inputs.front();
    Index uses = 0;
    for (const Output& other : outputs_)
      for (const Product& p : other.products) uses += std::ranges::count(p.inputs, first) > 0;
    output.in_place = product.inputs.size() == 2 && uses == 1;
  }
  if (output.imaginary)
    for (std::complex<double>& s : output.symbol) s.real(-s.imag());
}

void Nonlinearity::to_physical(Input& input, const std::complex<double>* u) {
  u += input.field * fft_.modes();
  const auto kept = static_cast<std::size_t>(input.kept);
  if (input.symbol.empty()) {
    std::copy_n(u, kept, spectrum_.data());
  } else {
    kernels::multiply(input.symbol.data(), u, spectrum_.data(), kept);
  }
  // As doubles, which becomes memset.
  std::fill(reinterpret_cast<double*>(spectrum_.data() + kept),
            reinterpret_cast<double*>(spectrum_.data() + spectrum_.size()), 0.0);
  fft_.inverse_unchecked(spectrum_.data(), input.values.data());
}

double* Nonlinearity::multiply(const Output& output) {
  const std::size_t n = product_.size();
  const auto values = [this](std::size_t i) { return inputs_[i].values.data(); };
  if (output.in_place) {
    const auto& factors = output.products.front().inputs;
    kernels::multiply_in_place(values(factors[0]), values(factors[1]), n);
    return values(factors[0]);
  }
  double* const sum = product_.data();
  bool first = true;
  for (const Product& product : output.products) {
    const auto& factors = product.inputs;
    if (factors.size() == 1) {
      (first ? kernels::scale : kernels::scale_add)(product.coefficient, values(factors[0]), sum, n);
    } else if (factors.size() == 2) {
      (first ? kernels::product : kernels::product_add)(product.coefficient, values(factors[0]), values(factors[1]),
                                                        sum, n);
    } else {
      const auto array = [&](double* p) { return Eigen::Map<Eigen::ArrayXd>(p, std::ssize(product_)); };
      auto total = array(sum);
      Eigen::ArrayXd many = product.coefficient * array(values(factors[0]));
      for (std::size_t f = 1; f < factors.size(); ++f) many *= array(values(factors[f]));
      if (first) {
        total = many;
      } else {
        total += many;
      }
    }
    first = false;
  }
  return sum;
}

void Nonlinearity::evaluate(const std::complex<double>* u, std::complex<double>* out) {
  const auto add_fft = [this](Clock::time_point since) {
    fft_seconds_ += std::chrono::duration<double>(Clock::now() - since).count();
  };

  for (Input& input : inputs_) {
    const Clock::time_point before = timed_ ? Clock::now() : Clock::time_point{};
    to_physical(input, u);
    if (timed_) add_fft(before);
  }
  const Index modes = fft_.modes();
  for (Index field = 0; field < fields_; ++field) {
    std::complex<double>* const target = out + field * modes;
    bool filled = false;
    for (const Output& output : outputs_) {
      if (output.target != field) continue;
      double* const product = multiply(output);
      const Clock::time_point before = timed_ ? Clock::now() : Clock::time_point{};
      fft_.forward_unchecked(product, spectrum_.data());
      if (timed_) add_fft(before);
      const std::size_t kept = output.symbol.size();
      if (!filled) {
        (output.imaginary ? kernels::multiply_imaginary : kernels::multiply)(output.symbol.data(), spectrum_.data(),
                                                                             target, kept);
        std::fill(target + kept, target + support_, 0.0);
        filled = true;
      } else {
        (output.imaginary ? kernels::multiply_imaginary_add : kernels::multiply_add)(output.symbol.data(),
                                                                                     spectrum_.data(), target, kept);
      }
    }
    if (!filled) std::fill(target, target + support_, 0.0);
  }
}

}  // namespace semiflow
