#include <algorithm>
#include <cmath>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/multistep.hpp>
#include <utility>

#include "diagonal.hpp"
#include "kernels.hpp"

namespace semiflow {

namespace {

bool is_adams_bashforth(LinearMultistep method) {
  return method == LinearMultistep::ab3 || method == LinearMultistep::ab3_euler;
}

}  // namespace

Multistep::Multistep(const Semilinear& equation, LinearMultistep method, double dt, const Execution& execution)
    : dt_(dt),
      nonlinearity_(equation, is_adams_bashforth(method) ? Split::everything : Split::semilinear, execution),
      size_(static_cast<std::size_t>(nonlinearity_.packed_size())),
      starts_with_runge_kutta_(method == LinearMultistep::ab3),
      needs_state_(method == LinearMultistep::sbdf2) {
  require(std::isfinite(dt) && dt > 0, "the time step must be positive");
  const Eigen::ArrayXcd z = dt * diagonal::packed_symbol(equation, nonlinearity_.modes());
  const Eigen::ArrayXcd filter = diagonal::packed_filter(equation, nonlinearity_.modes()).cast<std::complex<double>>();
  real_ = is_adams_bashforth(method) || (z.imag() == 0).all();
  const auto coefficient = [&](const Eigen::ArrayXcd& values) { return diagonal::coefficient(filter * values, real_); };
  const Eigen::ArrayXcd one = Eigen::ArrayXcd::Ones(z.size());
  switch (method) {
    case LinearMultistep::ab3:
    case LinearMultistep::ab3_euler: {
      const Array e = coefficient(one), h = coefficient(dt * one);
      formulas_ = {{.e = e, .c = h},
                   {.e = e, .c = h, .s = 1.5, .t = -0.5},
                   {.e = e, .c = h, .s = 23.0 / 12, .t = -16.0 / 12, .d = h, .p = 5.0 / 12}};
      break;
    }
    case LinearMultistep::cn_euler:
    case LinearMultistep::cnab2: {
      const Array e = coefficient((1 + z / 2) / (1 - z / 2)), c = coefficient(dt / (1 - z / 2));
      formulas_ = {{.e = e, .c = c}};
      if (method == LinearMultistep::cnab2) formulas_.push_back({.e = e, .c = c, .s = 1.5, .t = -0.5});
      break;
    }
    case LinearMultistep::sbdf2:
      formulas_ = {{.e = coefficient(1 / (1 - z)), .c = coefficient(dt / (1 - z))},
                   {.e = coefficient(2 / (1.5 - z)),
                    .c = coefficient(dt / (1.5 - z)),
                    .s = 2,
                    .t = -1,
                    .d = coefficient(1 / (1.5 - z)),
                    .p = -0.5}};
      break;
  }
  for (Array& tendency : tendencies_) tendency.resize(size_);
  if (needs_state_ || starts_with_runge_kutta_)
    for (Array& state : before_) state.resize(size_);
}

void Multistep::step(Complex* u, Index level) {
  std::swap(tendencies_[2], tendencies_[1]);
  std::swap(tendencies_[1], tendencies_[0]);
  nonlinearity_.evaluate(u, tendencies_[0].data());
  if (starts_with_runge_kutta_ && level < 2) return runge_kutta(u);
  if (needs_state_) {
    std::swap(before_[1], before_[0]);
    std::copy_n(u, size_, before_[0].begin());
  }
  const Formula& f = formulas_[static_cast<std::size_t>(std::min(level, std::ssize(formulas_) - 1))];
  const Array& last = needs_state_ ? before_[1] : tendencies_[2];
  const auto run = [&]<class Coefficient>(Coefficient*) {
    const auto as = [](const Array& a) { return reinterpret_cast<const Coefficient*>(a.data()); };
    const std::size_t n = size_ * (sizeof(Complex) / sizeof(Coefficient));
    auto* const to = reinterpret_cast<Coefficient*>(u);
    kernels::combine(
        as(f.e), to,
        kernels::Weighted<Coefficient>{
            .c = as(f.c), .s = f.s, .a = as(tendencies_[0]), .t = f.t, .b = f.t == 0 ? nullptr : as(tendencies_[1])},
        to, n);
    if (f.p != 0)
      kernels::accumulate(kernels::Weighted<Coefficient>{.c = as(f.d), .s = f.p, .a = as(last), .t = 0, .b = nullptr},
                          to, n);
  };
  if (real_) {
    run(static_cast<double*>(nullptr));
  } else {
    run(static_cast<Complex*>(nullptr));
  }
}

// The classical step from N(u), which is kept; formulas_[0].e is the filter.
void Multistep::runge_kutta(Complex* u) {
  const auto array = [this](Complex* p) { return Eigen::Map<Eigen::ArrayXcd>(p, static_cast<Index>(size_)); };
  Array k = tendencies_[0];
  auto& [stage, sum] = before_;
  array(sum.data()) = array(u) + dt_ / 6 * array(k.data());
  for (const auto& [to_stage, weight] : {std::pair{0.5, 1.0 / 3}, {0.5, 1.0 / 3}, {1.0, 1.0 / 6}}) {
    array(stage.data()) = array(u) + to_stage * dt_ * array(k.data());
    nonlinearity_.evaluate(stage.data(), k.data());
    array(sum.data()) += weight * dt_ * array(k.data());
  }
  for (std::size_t i = 0; i < size_; ++i) u[i] = formulas_[0].e[i].real() * sum[i];
}

void Multistep::advance(Complex* u, Index steps) {
  for (Index s = 0; s < steps; ++s) {
    sampled_.run([&](bool timed) {
      nonlinearity_.set_timed(timed);
      step(u, s);
    });
  }
}

SpectralProfile Multistep::profile() const { return sampled_.profile(nonlinearity_.fft_seconds()); }

}  // namespace semiflow
