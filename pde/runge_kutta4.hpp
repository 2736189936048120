#pragma once
#include <array>
#include <semiflow/core/differentiable.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/backwards.hpp>
#include <semiflow/pde/ode_scalars.hpp>
#include <semiflow/pde/spectral_model.hpp>
#include <utility>

namespace semiflow {

/// An ordinary differential equation dx/dt = f(t, x), written once for every scalar of ode_scalars.hpp:
///
///     struct VanDerPol {
///       double mu;
///       Index size() const { return 2; }
///       void tendency(double t, const auto* x, auto* dx) const {
///         dx[0] = x[1];
///         dx[1] = mu * (1 - x[0] * x[0]) * x[1] - x[0];
///       }
///     };
///
/// x and dx are [size()] and do not overlap; every entry of dx is set. A free function validate(equation), where there
/// is one, throws Error for parameters out of range.
template <class F>
concept OrdinaryEquation = requires(const F& f, double t, const Lanes* x, Lanes* dx, const Dual* v, Dual* dv,
                                    const Recorded* r, Recorded* dr) {
  { f.size() } -> std::convertible_to<Index>;
  f.tendency(t, x, dx);
  f.tendency(t, v, dv);
  f.tendency(t, r, dr);
};

namespace detail {

// Steps of the classical method; work holds x, [size], and room for three times as much.
template <OrdinaryEquation F, class S>
inline void runge_kutta4(const F& f, S* work, double begin, double dt, Index steps) {
  const Index n = f.size();
  S* const x = work;
  S *const stage = work + n, *const k = work + 2 * n, *const sum = work + 3 * n;
  for (Index s = 0; s < steps; ++s) {
    const double t = begin + static_cast<double>(s) * dt;
    f.tendency(t, x, k);
    for (Index i = 0; i < n; ++i) {
      sum[i] = k[i];
      stage[i] = x[i] + (dt / 2) * k[i];
    }
    f.tendency(t + dt / 2, stage, k);
    for (Index i = 0; i < n; ++i) {
      sum[i] = sum[i] + 2 * k[i];
      stage[i] = x[i] + (dt / 2) * k[i];
    }
    f.tendency(t + dt / 2, stage, k);
    for (Index i = 0; i < n; ++i) {
      sum[i] = sum[i] + 2 * k[i];
      stage[i] = x[i] + dt * k[i];
    }
    f.tendency(t + dt, stage, k);
    for (Index i = 0; i < n; ++i) x[i] = x[i] + (dt / 6) * (sum[i] + k[i]);
  }
}

// The same; an equation of ours has specialisations that are compiled for several processors.
template <OrdinaryEquation F, class S>
void runge_kutta4_steps(const F& f, S* work, double begin, double dt, Index steps) {
  runge_kutta4(f, work, begin, dt, steps);
}

}  // namespace detail

/// Solves an ordinary differential equation by the classical fourth-order Runge-Kutta method with a fixed step: a
/// ForecastModel with its exact tangent linear and adjoint, which are derived from the tendency by differentiating its
/// operations. Step s of a window happens at window.begin + s dt, without accumulated rounding.
///
/// Eight members are advanced side by side, so that the loops vectorise; a member has the same bits in any company. A
/// state that becomes infinite stays so: it is for the caller to look. Not for two threads at a time; copies are
/// independent.
template <OrdinaryEquation F>
class RungeKutta4 {
 public:
  /// Throws Error if dt is not positive, the equation has no entry, or validate(equation) does.
  RungeKutta4(F equation, double dt) : equation_(std::move(equation)), dt_(dt) {
    if constexpr (requires { validate(equation_); }) validate(equation_);
    require(std::isfinite(dt) && dt > 0, "the time step is positive");
    require(equation_.size() > 0, "the equation has at least one entry");
  }

  const F& equation() const { return equation_; }
  double dt() const { return dt_; }
  Index state_size() const { return equation_.size(); }

  /// members: [state x member], changed in place. Throws Error if the window is not a whole number of steps or the
  /// members have another number of rows.
  void advance(EnsembleRef members, Interval window) {
    const Index steps = check(members, window);
    if (steps == 0) return;
    for (Index first = 0; first < members.cols(); first += Lanes::width) {
      load(members, first, lanes());
      detail::runge_kutta4_steps(equation_, lanes(), window.begin, dt_, steps);
      store(lanes(), first, members);
    }
  }

  /// As DifferentiableModel says. Throws Error as advance().
  void advance_tangent(Eigen::Ref<Eigen::VectorXd> state, EnsembleRef perturbations, Interval window) {
    const Index steps = check(perturbations, window), n = state_size();
    check(state);
    Dual* const x = room_for(duals_);
    Lanes* const slopes = lanes();
    Index first = 0;
    do {
      if (first < perturbations.cols()) load(perturbations, first, slopes);
      for (Index i = 0; i < n; ++i) x[i] = Dual(state(i), slopes[i]);
      detail::runge_kutta4_steps(equation_, x, window.begin, dt_, steps);
      for (Index i = 0; i < n; ++i) slopes[i] = x[i].slope;
      store(slopes, first, perturbations);
      first += Lanes::width;
    } while (first < perturbations.cols());
    for (Index i = 0; i < n; ++i) state(i) = x[i].value;
  }

  /// As DifferentiableModel says. Keeps about 2 sqrt(steps) states. Throws Error as advance().
  void adjoint(const Eigen::Ref<const Eigen::VectorXd>& state, EnsembleRef sensitivities, Interval window) {
    const Index steps = check(sensitivities, window);
    check(state);
    const auto time = [&](Index step) { return window.begin + static_cast<double>(step) * dt_; };
    const auto forward = [&](Eigen::VectorXd& x, Index first, Index count) {
      load(x, 0, lanes());
      detail::runge_kutta4_steps(equation_, lanes(), time(first), dt_, count);
      store(lanes(), 0, x);
    };
    detail::visit_backwards(Eigen::VectorXd(state), steps, forward, [&](const Eigen::VectorXd& x, Index step) {
      record(x, time(step));
      for (Index first = 0; first < sensitivities.cols(); first += Lanes::width) {
        load(sensitivities, first, lanes());
        pull(lanes());
        store(lanes(), first, sensitivities);
      }
    });
  }

 private:
  static constexpr std::array<double, 3> ahead = {0.5, 0.5, 1};  // of the next stage, in steps
  static constexpr std::array<double, 4> weights = {1. / 6, 1. / 3, 1. / 3, 1. / 6};

  // The state and the three work arrays of a step.
  template <class Array>
  auto* room_for(Array& array) const {
    array.resize(static_cast<std::size_t>(4 * state_size()));
    return array.data();
  }
  Lanes* lanes() { return room_for(lanes_); }
  void check(const Eigen::Ref<const Eigen::VectorXd>& state) const {
    require(state.size() == state_size(), "the state does not have the size of the model");
  }
  Index check(const EnsembleRef& columns, Interval window) const {
    require(columns.rows() == state_size(), "the members do not have the state of the model");
    return whole_steps(window, dt_);
  }

  // Lanes without a column hold the last one once more.
  static void load(EnsembleView columns, Index first, Lanes* tile) {
    for (Index lane = 0; lane < Lanes::width; ++lane) {
      const double* const column = columns.col(std::min(first + lane, columns.cols() - 1)).data();
      for (Index i = 0; i < columns.rows(); ++i) tile[i][lane] = column[i];
    }
  }
  static void store(const Lanes* tile, Index first, EnsembleRef columns) {
    for (Index lane = 0; lane < std::min(Lanes::width, columns.cols() - first); ++lane) {
      double* const column = columns.col(first + lane).data();
      for (Index i = 0; i < columns.rows(); ++i) column[i] = tile[i][lane];
    }
  }

  // One step from x at time t: its four tendencies with what they were computed from.
  void record(const Eigen::VectorXd& x, double t) {
    const Index n = state_size();
    Eigen::VectorXd stage = x;
    Recorded* const inputs = room_for(inputs_);
    for (std::size_t i = 0; i < 4; ++i) {
      Recorded* const k = room_for(tendencies_[i]);
      tapes_[i].start(stage, n, inputs);
      equation_.tendency(i == 0 ? t : t + ahead[i - 1] * dt_, inputs, k);
      for (Index j = 0; i < 3 && j < n; ++j) stage(j) = x(j) + ahead[i] * dt_ * k[j].value;
    }
  }

  // w becomes the transpose of the step's derivative times w. Its stages from the last to the first: z = J'(b dt w + a
  // dt z of the next), added to w at the end.
  void pull(Lanes* w) {
    const Index n = state_size();
    Lanes *const seed = w + n, *const z = w + 2 * n, *const sum = w + 3 * n;
    for (std::size_t i = 4; i-- > 0;) {
      for (Index j = 0; j < n; ++j) {
        seed[j] = (weights[i] * dt_) * w[j];
        if (i < 3) seed[j] += (ahead[i] * dt_) * z[j];
      }
      tapes_[i].pull(tendencies_[i].data(), seed, n, z);
      for (Index j = 0; j < n; ++j) sum[j] = i == 3 ? z[j] : sum[j] + z[j];
    }
    for (Index j = 0; j < n; ++j) w[j] += sum[j];
  }

  F equation_;
  double dt_;
  AlignedVector<Lanes> lanes_;
  AlignedVector<Dual> duals_;
  std::vector<Recorded> inputs_;
  std::array<std::vector<Recorded>, 4> tendencies_;
  std::array<Tape, 4> tapes_;
};

}  // namespace semiflow
