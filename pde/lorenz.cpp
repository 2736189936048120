#include <initializer_list>
#include <semiflow/pde/lorenz.hpp>

#include "clones.hpp"

namespace semiflow {

namespace {

void require_finite(std::initializer_list<double> parameters) {
  for (const double parameter : parameters) require(std::isfinite(parameter), "the parameters of a model are finite");
}

}  // namespace

void validate(const Lorenz63& equation) { require_finite({equation.sigma, equation.rho, equation.beta}); }

void validate(const Lorenz96& equation) {
  require(equation.points >= 4, "the Lorenz-96 model has at least 4 points");
  require_finite({equation.forcing});
}

void validate(const TwoScaleLorenz& equation) {
  require(equation.sectors >= 4, "the two-scale Lorenz model has at least 4 sectors");
  require(equation.per_sector >= 1, "the two-scale Lorenz model has at least one fast quantity a sector");
  require(equation.space_ratio != 0, "the ratio of scales in space is not zero");
  require_finite(
      {equation.forcing, equation.coupling, equation.space_ratio, equation.time_ratio, 1 / equation.space_ratio});
}

namespace detail {

template <>
SEMIFLOW_CLONES void runge_kutta4_steps(const Lorenz63& f, Lanes* work, double begin, double dt, Index steps) {
  runge_kutta4(f, work, begin, dt, steps);
}
template <>
SEMIFLOW_CLONES void runge_kutta4_steps(const Lorenz63& f, Dual* work, double begin, double dt, Index steps) {
  runge_kutta4(f, work, begin, dt, steps);
}
template <>
SEMIFLOW_CLONES void runge_kutta4_steps(const Lorenz96& f, Lanes* work, double begin, double dt, Index steps) {
  runge_kutta4(f, work, begin, dt, steps);
}
template <>
SEMIFLOW_CLONES void runge_kutta4_steps(const Lorenz96& f, Dual* work, double begin, double dt, Index steps) {
  runge_kutta4(f, work, begin, dt, steps);
}
template <>
SEMIFLOW_CLONES void runge_kutta4_steps(const TwoScaleLorenz& f, Lanes* work, double begin, double dt, Index steps) {
  runge_kutta4(f, work, begin, dt, steps);
}
template <>
SEMIFLOW_CLONES void runge_kutta4_steps(const TwoScaleLorenz& f, Dual* work, double begin, double dt, Index steps) {
  runge_kutta4(f, work, begin, dt, steps);
}

}  // namespace detail

template class RungeKutta4<Lorenz63>;
template class RungeKutta4<Lorenz96>;
template class RungeKutta4<TwoScaleLorenz>;

static_assert(DifferentiableModel<RungeKutta4<Lorenz96>>);

}  // namespace semiflow
