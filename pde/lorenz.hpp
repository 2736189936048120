#pragma once
#include <semiflow/pde/runge_kutta4.hpp>

/// The low-order models that data assimilation is calibrated on. RungeKutta4 model(Lorenz96{}, 0.05) is a
/// DifferentiableModel.
namespace semiflow {

/// Convection in three numbers (Lorenz 1963): dx/dt = sigma (y - x), dy/dt = rho x - y - x z, dz/dt = x y - beta z.
struct Lorenz63 {
  double sigma = 10;
  double rho = 28;
  double beta = 8. / 3;

  static Index size() { return 3; }

  template <OdeScalar S>
  void tendency(double, const S* x, S* dx) const {
    dx[0] = sigma * (x[1] - x[0]);
    dx[1] = (rho - x[2]) * x[0] - x[1];
    dx[2] = x[0] * x[1] - beta * x[2];
  }
};

/// An atmospheric quantity on a circle of latitude (Lorenz 1996): dx_i/dt = (x_i+1 - x_i-2) x_i-1 - x_i + F, with
/// cyclic indices.
struct Lorenz96 {
  Index points = 40;  ///< at least 4
  double forcing = 8;

  Index size() const { return points; }

  template <OdeScalar S>
  void tendency(double, const S* x, S* dx) const {
    const Index n = points;
    const auto set = [&](Index i, Index ahead, Index back, Index back2) {
      dx[i] = (x[ahead] - x[back2]) * x[back] - x[i] + forcing;
    };
    set(0, 1, n - 1, n - 2);
    set(1, 2, 0, n - 1);
    for (Index i = 2; i < n - 1; ++i) set(i, i + 1, i - 1, i - 2);
    set(n - 1, 0, n - 2, n - 3);
  }
};

/// Large slow and small fast quantities on the same circle (Lorenz 1996; Wilks 2005, Eqs. 1 and 2; DAPPER LorenzUV):
///
///     dX_k/dt = (X_k+1 - X_k-2) X_k-1 - X_k + F - (h c / b) (sum of the Y_j of sector k)
///     dY_j/dt = c b (Y_j-1 - Y_j+2) Y_j+1 - c Y_j + (h c / b) X_k(j)
///
/// The state is [X_0, ..., X_K-1, Y_0, ..., Y_KJ-1]; sector k has the J numbers Y_kJ, ..., Y_kJ+J-1. Wilks' settings.
struct TwoScaleLorenz {
  Index sectors = 8;        ///< K, at least 4
  Index per_sector = 32;    ///< J, at least 1
  double forcing = 20;      ///< F
  double coupling = 1;      ///< h
  double space_ratio = 10;  ///< b
  double time_ratio = 10;   ///< c

  Index size() const { return sectors * (1 + per_sector); }

  template <OdeScalar S>
  void tendency(double t, const S* x, S* dx) const {
    Lorenz96{.points = sectors, .forcing = forcing}.tendency(t, x, dx);
    const S* const y = x + sectors;
    S* const dy = dx + sectors;
    const double exchange = coupling * time_ratio / space_ratio, c = time_ratio, cb = time_ratio * space_ratio;
    const Index n = sectors * per_sector;
    for (Index k = 0; k < sectors; ++k) {
      const S forced = exchange * x[k];
      S sum = 0.0;
      for (Index j = k * per_sector; j < (k + 1) * per_sector; ++j) {
        sum += y[j];
        dy[j] = forced - c * y[j];
      }
      dx[k] -= exchange * sum;
    }
    const auto carry = [&](Index j, Index back, Index ahead, Index ahead2) {
      dy[j] += cb * (y[back] - y[ahead2]) * y[ahead];
    };
    carry(0, n - 1, 1, 2);
    for (Index j = 1; j < n - 2; ++j) carry(j, j - 1, j + 1, j + 2);
    carry(n - 2, n - 3, n - 1, 0);
    carry(n - 1, n - 2, 0, 1);
  }
};

/// Throws Error for fewer points than the method reads, and for parameters that are not finite.
void validate(const Lorenz63& equation);
void validate(const Lorenz96& equation);
void validate(const TwoScaleLorenz& equation);

namespace detail {

template <>
void runge_kutta4_steps(const Lorenz63& f, Lanes* work, double begin, double dt, Index steps);
template <>
void runge_kutta4_steps(const Lorenz63& f, Dual* work, double begin, double dt, Index steps);
template <>
void runge_kutta4_steps(const Lorenz96& f, Lanes* work, double begin, double dt, Index steps);
template <>
void runge_kutta4_steps(const Lorenz96& f, Dual* work, double begin, double dt, Index steps);
template <>
void runge_kutta4_steps(const TwoScaleLorenz& f, Lanes* work, double begin, double dt, Index steps);
template <>
void runge_kutta4_steps(const TwoScaleLorenz& f, Dual* work, double begin, double dt, Index steps);

}  // namespace detail

extern template class RungeKutta4<Lorenz63>;
extern template class RungeKutta4<Lorenz96>;
extern template class RungeKutta4<TwoScaleLorenz>;

}  // namespace semiflow
