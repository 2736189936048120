#include <cmath>
#include <optional>
#include <semiflow/core/collective_error.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/backwards.hpp>
#include <semiflow/pde/spectral_model.hpp>
#include <string>
#include <utility>

namespace semiflow {

namespace {

ModeSet others(const Semilinear& equation, const ModeSet& modes, const ModeLayout& layout) {
  Eigen::ArrayXd mask = equation.kept_modes();
  for (const Index mode : modes.modes()) mask(mode) = 0;
  return {layout, mask};
}

using Stepper = std::variant<ExponentialRungeKutta, Multistep>;

constexpr const char* no_tangent = "a multistep method has no tangent linear model";

Stepper make_stepper(const Semilinear& equation, const Stepping& method, double dt, const Execution& execution) {
  const auto make = [&]() -> Stepper {
    if (const auto* one_step = std::get_if<RungeKutta>(&method))
      return ExponentialRungeKutta(equation, *one_step, dt, execution);
    return Multistep(equation, std::get<LinearMultistep>(method), dt, execution);
  };
  if (!execution.ranks) return make();
  // A coefficient may overflow on the rank alone that owns the mode.
  std::optional<Stepper> stepper;
  run_together(*execution.ranks, [&] { stepper.emplace(make()); });
  return std::move(*stepper);
}

}  // namespace

SpectralModel::SpectralModel(Semilinear equation, double dt, Stepping method, const Execution& execution)
    : equation_(std::move(equation)),
      domain_(equation_.grid, execution.ranks),
      dt_(dt),
      stepper_(make_stepper(equation_, method, dt, execution)),
      fft_(domain_, execution.planning, equation_.grid.modes()),
      kept_(
          fft_.layout().arrange<Eigen::ArrayXd>(equation_.kept_modes() / static_cast<double>(equation_.grid.points()))),
      stepped_(nonlinearity().modes().on(fft_.layout())),
      alone_(others(equation_, nonlinearity().modes(), fft_.layout())),
      symbol_(equation_.fields * alone_.size()),
      modes_(equation_.fields * fft_.modes()),
      packed_(nonlinearity().packed_size()),
      values_(fft_.points()) {
  const Eigen::ArrayXcd symbol = equation_.linear_symbol();
  for (Index field = 0; field < equation_.fields; ++field)
    symbol_.segment(field * alone_.size(), alone_.size()) =
        alone_.pick<Eigen::ArrayXcd>(symbol.segment(field * equation_.grid.modes(), equation_.grid.modes()));
  filter_ = alone_.pick<Eigen::ArrayXd>(equation_.step_filter());
  if (domain_.any(!(dt * symbol_).exp().isFinite().all()))
    throw Error(Fault::input, {}, "the linear part grows too fast for this time step",
                "take a smaller dt, or a cutoff below the wavenumbers that grow");
}

const Nonlinearity& SpectralModel::nonlinearity() const {
  return std::visit([](const auto& stepper) -> const Nonlinearity& { return stepper.nonlinearity(); }, stepper_);
}

ExponentialRungeKutta& SpectralModel::one_step(const char* lack) {
  auto* const stepper = std::get_if<ExponentialRungeKutta>(&stepper_);
  if (stepper == nullptr) throw Error(Fault::input, {}, lack, "choose a one-step method");
  return *stepper;
}

SpectralProfile SpectralModel::profile() const {
  return std::visit([](const auto& stepper) { return stepper.profile(); }, stepper_);
}

// A state in physical space, through an aligned array: the caller's memory may lie anywhere.
void SpectralModel::load(const double* state) {
  const Index n = fft_.points(), k = fft_.modes();
  for (Index field = 0; field < equation_.fields; ++field) {
    values_ = Eigen::Map<const Eigen::VectorXd>(state + field * n, n);
    fft_.forward(values_.data(), modes_.data() + field * k);
    modes_.segment(field * k, k).array() *= kept_;
  }
}

void SpectralModel::store(double* state) {
  const Index n = fft_.points(), k = fft_.modes();
  for (Index field = 0; field < equation_.fields; ++field) {
    fft_.inverse(modes_.data() + field * k, values_.data());
    Eigen::Map<Eigen::VectorXd>(state + field * n, n) = values_;
  }
}

void SpectralModel::take(Eigen::Ref<Eigen::VectorXcd> packed) const {
  for (Index field = 0; field < equation_.fields; ++field)
    stepped_.take(modes_.data() + field * fft_.modes(), packed.data() + field * stepped_.size());
}

void SpectralModel::put(const Eigen::Ref<const Eigen::VectorXcd>& packed) {
  for (Index field = 0; field < equation_.fields; ++field)
    stepped_.put(packed.data() + field * stepped_.size(), modes_.data() + field * fft_.modes());
}

// The modes that no product touches: exactly, in one step. A filter calls with the same window for every member and
// cycle, so the exponentials are kept.
void SpectralModel::move_alone(Index steps, bool transposed) {
  if (steps != factor_steps_) {
    const auto count = static_cast<double>(steps);
    factor_ = (count * dt_ * symbol_).exp() * filter_.pow(count).replicate(equation_.fields, 1);
    factor_steps_ = steps;
  }
  for (Index field = 0; field < equation_.fields; ++field) {
    for (const ModeSet::Run& run : alone_.runs()) {
      auto part = modes_.segment(field * fft_.modes() + run.place, run.length).array();
      const auto factor = factor_.segment(field * alone_.size() + run.packed, run.length);
      // A mode that is zero stays zero, even where the exponential overflows.
      for (Index i = 0; i < run.length; ++i)
        if (part(i) != 0.0) part(i) *= transposed ? std::conj(factor(i)) : factor(i);
    }
  }
}

Spectrum SpectralModel::packed(EnsembleView columns) {
  Spectrum result(packed_.size(), columns.cols());
  for (Index j = 0; j < columns.cols(); ++j) {
    load(columns.col(j).data());
    take(result.col(j));
  }
  return result;
}

void SpectralModel::unpack(const Spectrum& moved, Index steps, bool transposed, EnsembleRef columns) {
  for (Index j = 0; j < columns.cols(); ++j) {
    load(columns.col(j).data());  // for the modes that stand alone
    put(moved.col(j));
    move_alone(steps, transposed);
    store(columns.col(j).data());
  }
}

void SpectralModel::check(const EnsembleRef& columns) const {
  require(columns.rows() == state_size(), "the members do not have the state of the model");
}

template <class Move>
void SpectralModel::move(EnsembleRef members, Index steps, Move move_packed) {
  check(members);
  if (steps == 0) return;
  for (Index member = 0; member < members.cols(); ++member) {
    load(members.col(member).data());
    take(packed_);
    move_packed(packed_.data(), member);
    put(packed_);
    move_alone(steps, false);
    store(members.col(member).data());
  }
}

void SpectralModel::advance(EnsembleRef members, Interval window) {
  const Index steps = whole_steps(window, dt());
  move(members, steps, [&](std::complex<double>* packed, Index) {
    std::visit([&](auto& stepper) { stepper.advance(packed, steps); }, stepper_);
  });
}

void SpectralModel::advance(EnsembleRef members, Interval window, const AfterStep& after) {
  ExponentialRungeKutta& stepper = one_step("a multistep method cannot be changed between its steps");
  const Index steps = whole_steps(window, dt());
  move(members, steps, [&](std::complex<double>* packed, Index member) {
    for (Index step = 0; step < steps; ++step) {
      stepper.advance(packed, 1);
      after(packed, member, step);
    }
  });
}

void SpectralModel::advance_tangent(Eigen::Ref<Eigen::VectorXd> state, EnsembleRef perturbations, Interval window) {
  ExponentialRungeKutta& stepper = one_step(no_tangent);
  require(state.size() == state_size(), "the state does not have the size of the model");
  check(perturbations);
  const Index steps = whole_steps(window, dt());
  Spectrum v = packed(perturbations);
  load(state.data());
  take(packed_);
  for (Index s = 0; s < steps; ++s) stepper.advance_tangent(packed_.data(), v);
  put(packed_);
  move_alone(steps, false);
  store(state.data());
  unpack(v, steps, false, perturbations);
}

void SpectralModel::adjoint(const Eigen::Ref<const Eigen::VectorXd>& state, EnsembleRef sensitivities,
                            Interval window) {
  ExponentialRungeKutta& stepper = one_step(no_tangent);
  require(state.size() == state_size(), "the state does not have the size of the model");
  check(sensitivities);
  const Index steps = whole_steps(window, dt());
  Spectrum w = packed(sensitivities);
  load(state.data());
  take(packed_);
  detail::visit_backwards(
      packed_, steps, [&](Eigen::VectorXcd& u, Index, Index count) { stepper.advance(u.data(), count); },
      [&](const Eigen::VectorXcd& u, Index) { stepper.adjoint(u.data(), w); });
  unpack(w, steps, true, sensitivities);
}

Index whole_steps(Interval window, double dt) {
  const double steps = (window.end - window.begin) / dt;
  const double whole = std::round(steps);
  if (!(steps >= 0 && steps < 0x1p53 && std::abs(steps - whole) <= 1e-6))
    throw Error(Fault::input, {},
                "the window from " + std::to_string(window.begin) + " to " + std::to_string(window.end) +
                    " is not a whole number of steps of " + std::to_string(dt),
                "choose times that are multiples of the step");
  return static_cast<Index>(whole);
}

}  // namespace semiflow
