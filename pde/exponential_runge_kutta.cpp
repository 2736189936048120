#include <algorithm>
#include <cmath>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/exponential_runge_kutta.hpp>
#include <semiflow/pde/phi.hpp>

#include "diagonal.hpp"
#include "kernels.hpp"

namespace semiflow {

namespace {

using Complex = std::complex<double>;

// Arrays of a stage in one block stay in the first cache while its terms are added.
constexpr std::size_t block = 512;

template <class Coefficient>
const Coefficient* as(const Complex* p) {
  return reinterpret_cast<const Coefficient*>(p);
}

}  // namespace

ExponentialRungeKutta::ExponentialRungeKutta(const Semilinear& equation, RungeKutta method, double dt,
                                             const Execution& execution)
    : dt_(dt),
      nonlinearity_(equation, method == RungeKutta::rk4 ? Split::everything : Split::semilinear, execution),
      size_(static_cast<std::size_t>(nonlinearity_.packed_size())) {
  require(std::isfinite(dt) && dt > 0, "the time step must be positive");
  Eigen::ArrayXcd symbol = diagonal::packed_symbol(equation, nonlinearity_.modes());
  if (method == RungeKutta::rk4) symbol.setZero();
  real_ = (symbol.imag() == 0).all();
  build(method, symbol);
  filter_new_state(diagonal::packed_filter(equation, nonlinearity_.modes()));
  place_stages();
}

std::size_t ExponentialRungeKutta::keep(const Eigen::ArrayXcd& values) {
  coefficients_.push_back(diagonal::coefficient(values, real_));
  return coefficients_.size() - 1;
}

void ExponentialRungeKutta::filter_new_state(const Eigen::ArrayXd& filter) {
  if ((filter == 1).all()) return;
  const auto filtered = [&](std::size_t coefficient) {
    Array values = coefficients_[coefficient];
    for (std::size_t k = 0; k < values.size(); ++k) values[k] *= filter(static_cast<Index>(k));
    coefficients_.push_back(std::move(values));
    return coefficients_.size() - 1;
  };
  Stage& last = table_.back();
  last.e = filtered(last.e);
  for (Pair& pair : last.pairs) pair.coefficient = filtered(pair.coefficient);
}

void ExponentialRungeKutta::build(RungeKutta method, const Eigen::ArrayXcd& symbol) {
  const auto whole = phi(dt_ * symbol), half = phi(dt_ / 2 * symbol);
  const Eigen::ArrayXcd one = Eigen::ArrayXcd::Ones(symbol.size());
  const std::size_t E = keep(whole[0]);
  if (method == RungeKutta::etdrk2) {
    table_ = {{E, 0, {{keep(dt_ * whole[1]), 0}}}, {keep(one), 1, {{keep(dt_ * whole[2]), 1, 1, 0, -1}}}};
    return;
  }
  const std::size_t e = keep(half[0]);
  if (method == RungeKutta::etdrk4) {
    const std::size_t q = keep(dt_ / 2 * half[1]);
    const std::size_t f1 = keep(dt_ * (whole[1] - 3 * whole[2] + 4 * whole[3]));
    const std::size_t f2 = keep(dt_ * (2 * whole[2] - 4 * whole[3]));
    const std::size_t f3 = keep(dt_ * (4 * whole[3] - whole[2]));
    table_ = {
        {e, 0, {{q, 0}}}, {e, 0, {{q, 1}}}, {e, 1, {{q, 2, 2, 0, -1}}}, {E, 0, {{f1, 0}, {f2, 1, 1, 2, 1}, {f3, 3}}}};
  } else {
    const std::size_t he = keep(dt_ * half[0]), h = keep(dt_ * one), hE = keep(dt_ * whole[0]);
    table_ = {{e, 0, {{he, 0, 0.5}}},
              {e, 0, {{h, 1, 0.5}}},
              {E, 0, {{he, 2}}},
              {E, 0, {{hE, 0, 1.0 / 6}, {he, 1, 1.0 / 3, 2, 1.0 / 3}, {h, 3, 1.0 / 6}}}};
  }
}

void ExponentialRungeKutta::combine(const Stage& stage, const Complex* base, const Complex* const* N,
                                    Complex* out) const {
  const auto run = [&]<class Coefficient>(Coefficient*) {
    constexpr std::size_t per_mode = sizeof(Complex) / sizeof(Coefficient);
    for (std::size_t first = 0; first < size_; first += block) {
      const std::size_t n = per_mode * std::min(block, size_ - first);
      const auto weighted = [&](const Pair& p) {
        const auto tendency = [&](int i) { return as<Coefficient>(N[i] + first); };
        return kernels::Weighted<Coefficient>{.c = as<Coefficient>(coefficients_[p.coefficient].data() + first),
                                              .s = p.s,
                                              .a = tendency(p.j),
                                              .t = p.t,
                                              .b = p.k < 0 ? nullptr : tendency(p.k)};
      };
      auto* const to = reinterpret_cast<Coefficient*>(out + first);
      const auto* const e = as<Coefficient>(coefficients_[stage.e].data() + first);
      const auto* const u = as<Coefficient>(base + first);
      const auto& pairs = stage.pairs;
      if (pairs.size() == 3 && pairs[0].k < 0 && pairs[1].k >= 0 && pairs[2].k < 0) {
        kernels::combine_three(e, u, weighted(pairs[0]), weighted(pairs[1]), weighted(pairs[2]), to, n);
        continue;
      }
      kernels::combine(e, u, weighted(pairs[0]), to, n);
      for (std::size_t p = 1; p < pairs.size(); ++p) kernels::accumulate(weighted(pairs[p]), to, n);
    }
  };
  if (real_) {
    run(static_cast<double*>(nullptr));
  } else {
    run(static_cast<Complex*>(nullptr));
  }
}

// A stage lies in the array of its base if that is not needed again: few arrays stay in the cache.
void ExponentialRungeKutta::place_stages() {
  const std::size_t stages = table_.size();
  for (std::size_t i = 0; i + 1 < stages; ++i) {
    const int base = table_[i].base;
    const auto needs_base = [base](const Stage& s) { return s.base == base; };
    const bool reuse =
        base > 0 && std::none_of(table_.begin() + static_cast<std::ptrdiff_t>(i) + 1, table_.end(), needs_base);
    place_.push_back(reuse ? place_[static_cast<std::size_t>(base) - 1] : stages + i % 2);
  }
  work_.assign(stages + 2, Array(size_));
}

void ExponentialRungeKutta::step(Complex* u) {
  std::array<const Complex*, most_stages> N{};
  const auto U = [&](std::size_t stage) { return stage == 0 ? u : work_[place_[stage - 1]].data(); };
  for (std::size_t i = 0; i < table_.size(); ++i) {
    nonlinearity_.evaluate(U(i), work_[i].data());
    N[i] = work_[i].data();
    const bool last = i + 1 == table_.size();
    combine(table_[i], U(static_cast<std::size_t>(table_[i].base)), N.data(), last ? u : U(i + 1));
  }
}

void ExponentialRungeKutta::advance(Complex* u, Index steps) {
  for (Index s = 0; s < steps; ++s) {
    sampled_.run([&](bool timed) {
      nonlinearity_.set_timed(timed);
      step(u);
    });
  }
}

SpectralProfile ExponentialRungeKutta::profile() const { return sampled_.profile(nonlinearity_.fft_seconds()); }

}  // namespace semiflow
