#include <array>
#include <chrono>
#include <cmath>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/etdrk4.hpp>
#include <semiflow/pde/phi.hpp>
#include <utility>

#include "kernels.hpp"

namespace semiflow {

namespace {

constexpr std::size_t coefficient_count = 6;

std::vector<Eigen::ArrayXcd> etdrk4_coefficients(const Eigen::ArrayXcd& symbol, double dt) {
  const auto whole = phi(dt * symbol);
  const auto half = phi(dt / 2 * symbol);
  return {whole[0],
          half[0],
          dt / 2 * half[1],
          dt * (whole[1] - 3 * whole[2] + 4 * whole[3]),
          dt * (2 * whole[2] - 4 * whole[3]),
          dt * (4 * whole[3] - whole[2])};
}

template <class Array>
auto pointers(const std::vector<Array>& coefficients) {
  std::array<typename Array::value_type const*, coefficient_count> result{};
  for (std::size_t i = 0; i < coefficients.size(); ++i) result[i] = coefficients[i].data();
  return result;
}

}  // namespace

Etdrk4::Etdrk4(Semilinear equation, double dt, FftPlanning planning)
    : equation_(std::move(equation)), dt_(dt), nonlinearity_(equation_, false, planning) {
  require(std::isfinite(dt) && dt > 0, "the time step must be positive");
  Eigen::ArrayXcd symbol = equation_.linear_symbol();
  const Eigen::ArrayXd kept = equation_.kept_modes();
  for (Index field = 0; field < equation_.fields; ++field) {
    auto part = symbol.segment(field * kept.size(), kept.size());
    part = (kept != 0).select(part, 0);  // a removed mode is zero and stays zero
  }
  std::vector<Eigen::ArrayXcd> coefficients = etdrk4_coefficients(symbol, dt);
  for (const Eigen::ArrayXcd& c : coefficients)
    if (!c.isFinite().all())
      throw Error(Fault::input, {}, "the linear part grows too fast for this time step",
                  "take a smaller dt, or a cutoff below the wavenumbers that grow");

  const bool real = (symbol.imag() == 0).all();
  for (const Eigen::ArrayXcd& c : coefficients) {
    if (real) {
      auto& twice = real_coefficients_.emplace_back();
      for (const std::complex<double>& value : c) twice.insert(twice.end(), 2, value.real());
    } else {
      complex_coefficients_.emplace_back(c.begin(), c.end());
    }
  }
  for (auto& stage : stages_) stage.resize(static_cast<std::size_t>(symbol.size()));
}

template <class Coefficient>
void Etdrk4::step(std::complex<double>* u_modes, const Coefficient* const* coefficients) {
  constexpr std::size_t per_mode = sizeof(std::complex<double>) / sizeof(Coefficient);
  const auto N = [this](const std::complex<double>* from, std::complex<double>* to) {
    nonlinearity_.evaluate(from, to);
  };
  std::complex<double>*const a = stages_[0].data(), *const b = stages_[1].data(), *const Nu = stages_[2].data();
  std::complex<double>*const Na = stages_[3].data(), *const Nb = stages_[4].data();
  std::complex<double>*const c = a, *const Nc = b;  // the last stage needs no arrays of its own

  // N neither reads nor writes the modes beyond its support: no stage is needed there.
  const auto modes = static_cast<std::size_t>(equation_.grid.modes());
  const auto kept = static_cast<std::size_t>(nonlinearity_.support());
  const auto fields = static_cast<std::size_t>(equation_.fields);
  const auto of_each_field = [&](auto&& operation) {
    for (std::size_t field = 0; field < fields; ++field) operation(field * modes);
  };
  const auto f = [&](int j, std::size_t first) { return coefficients[j] + per_mode * first; };
  const auto at = [&](std::complex<double>* stage, std::size_t first) {
    return reinterpret_cast<Coefficient*>(stage + first);
  };
  const std::size_t n = per_mode * kept;

  N(u_modes, Nu);
  of_each_field([&](std::size_t i) { kernels::combine(f(1, i), at(u_modes, i), f(2, i), at(Nu, i), at(a, i), n); });
  N(a, Na);
  of_each_field([&](std::size_t i) { kernels::combine(f(1, i), at(u_modes, i), f(2, i), at(Na, i), at(b, i), n); });
  N(b, Nb);
  of_each_field(
      [&](std::size_t i) { kernels::combine(f(1, i), at(a, i), f(2, i), at(Nb, i), at(Nu, i), at(c, i), n); });
  N(c, Nc);
  of_each_field([&](std::size_t i) {
    kernels::finish(f(0, i), f(3, i), f(4, i), f(5, i), at(Nu, i), at(Na, i), at(Nb, i), at(Nc, i), at(u_modes, i), n);
    kernels::decay(f(0, i + kept), at(u_modes, i + kept), per_mode * (modes - kept));
  });
}

void Etdrk4::advance(std::complex<double>* u, Index steps) {
  using Clock = std::chrono::steady_clock;
  const auto real = pointers(real_coefficients_);
  const auto complex = pointers(complex_coefficients_);
  const bool is_real = !real_coefficients_.empty();
  for (Index s = 0; s < steps; ++s) {
    const bool timed = count_++ % sampling_period == 0;
    nonlinearity_.set_timed(timed);
    const Clock::time_point start = timed ? Clock::now() : Clock::time_point{};
    if (is_real) {
      step(u, real.data());
    } else {
      step(u, complex.data());
    }
    if (timed) sampled_seconds_ += std::chrono::duration<double>(Clock::now() - start).count();
  }
}

SpectralProfile Etdrk4::profile() const {
  const Index samples = (count_ + sampling_period - 1) / sampling_period;
  if (samples == 0) return {};
  const double scale = static_cast<double>(count_) / static_cast<double>(samples);
  return {.fft = scale * nonlinearity_.fft_seconds(), .step = scale * sampled_seconds_};
}

}  // namespace semiflow
