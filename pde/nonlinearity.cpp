#include <algorithm>
#include <chrono>
#include <semiflow/pde/nonlinearity.hpp>

#include "kernels.hpp"

namespace semiflow {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

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

Index last_nonzero(const Eigen::ArrayXcd& symbol) {
  Index kept = symbol.size();
  while (kept > 0 && symbol(kept - 1) == 0.0) --kept;
  return kept;
}

}  // namespace

Nonlinearity::Nonlinearity(const Semilinear& equation, bool every_term, FftPlanning planning)
    : fft_(equation.grid, planning), fields_(equation.fields), product_(fft_.points()), spectrum_(fft_.modes()) {
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
                          .symbol = symbol,
                          .imaginary = (symbol.real() == 0).all(),
                          .kept = last_nonzero(symbol),
                          .products = {}});
      output = outputs_.end() - 1;
    }
    Product product{.coefficient = term.coefficient, .inputs = {}};
    for (const Factor& factor : term.factors) product.inputs.push_back(input(factor, count, equation));
    output->products.push_back(std::move(product));
  }
  for (const Input& input : inputs_) support_ = std::max(support_, input.kept);
  for (const Output& output : outputs_) support_ = std::max(support_, output.kept);
}

std::size_t Nonlinearity::input(const Factor& factor, Index factors, const Semilinear& equation) {
  const std::string name = factor.multiplier.name + "|" + std::to_string(factors);
  const auto known =
      std::ranges::find_if(inputs_, [&](const Input& i) { return i.field == factor.field && i.name == name; });
  if (known != inputs_.end()) return static_cast<std::size_t>(known - inputs_.begin());

  const Eigen::ArrayXd mask = product_modes(equation, factors);
  Eigen::ArrayXcd symbol = mask.cast<std::complex<double>>();
  if (factor.multiplier.symbol.size() > 0) symbol *= factor.multiplier.symbol;
  const Index kept = last_nonzero(symbol);
  // The identity on the first modes of a line is a copy.
  if ((symbol.head(kept) == 1.0).all()) symbol.resize(0);
  inputs_.push_back({.field = factor.field,
                     .name = name,
                     .symbol = std::move(symbol),
                     .kept = kept,
                     .values = Eigen::VectorXd(fft_.points())});
  return inputs_.size() - 1;
}

void Nonlinearity::to_physical(Input& input, const std::complex<double>* u) {
  u += input.field * fft_.modes();
  const auto kept = static_cast<std::size_t>(input.kept);
  if (input.symbol.size() == 0) {
    std::copy_n(u, kept, spectrum_.data());
  } else {
    kernels::multiply(input.symbol.data(), u, spectrum_.data(), kept);
  }
  std::fill(spectrum_.data() + kept, spectrum_.data() + spectrum_.size(), 0.0);
  fft_.inverse_unchecked(spectrum_.data(), input.values.data());
}

void Nonlinearity::multiply(const Output& output) {
  const auto n = static_cast<std::size_t>(product_.size());
  const auto values = [this](std::size_t i) { return inputs_[i].values.data(); };
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
      Eigen::Map<Eigen::ArrayXd> total(sum, product_.size());
      Eigen::ArrayXd many = product.coefficient * inputs_[factors[0]].values.array();
      for (std::size_t f = 1; f < factors.size(); ++f) many *= inputs_[factors[f]].values.array();
      if (first) {
        total = many;
      } else {
        total += many;
      }
    }
    first = false;
  }
}

void Nonlinearity::evaluate(const std::complex<double>* u, std::complex<double>* out) {
  const Clock::time_point start = timed_ ? Clock::now() : Clock::time_point{};
  const auto add_fft = [this](Clock::time_point since) { profile_.fft += seconds_since(since); };

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
      multiply(output);
      const Clock::time_point before = timed_ ? Clock::now() : Clock::time_point{};
      fft_.forward_unchecked(product_.data(), spectrum_.data());
      if (timed_) add_fft(before);
      const auto kept = static_cast<std::size_t>(output.kept);
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
  if (timed_) profile_.evaluation += seconds_since(start);
}

}  // namespace semiflow
