#include <catch2/catch.hpp>
#include <cmath>

#include "equations.hpp"

using namespace semiflow;

namespace {

const RungeKutta methods[] = {RungeKutta::etdrk4, RungeKutta::etdrk2, RungeKutta::ifrk4, RungeKutta::rk4};

// Noise on all modes, those that no product touches included.
Ensemble noise(Index rows, Index count, std::uint64_t item) {
  Ensemble columns(rows, count);
  for (Index j = 0; j < count; ++j)
    columns.col(j) = standard_normal(rows, {.seed = 7, .purpose = 1, .item = item + static_cast<std::uint64_t>(j)});
  return columns;
}

}  // namespace

TEST_CASE("the adjoint is the transpose of the tangent linear model", "[derivative]") {
  for (const Case& test : every_equation()) {
    for (const RungeKutta method : methods) {
      CAPTURE(test.name, static_cast<int>(method));
      // rk4 is not stable for stiff terms: it takes small steps.
      const double dt = method == RungeKutta::rk4 ? test.dt / 50 : test.dt;
      SpectralModel model(test.equation, dt, method);
      const Eigen::VectorXd u = random_states(test.equation, 1, 1);
      const Interval window{0, 7 * dt};
      Ensemble v = noise(u.size(), 2, 0), w = noise(u.size(), 2, 10), Mv = v, Mtw = w;
      Eigen::VectorXd moved = u;
      model.advance_tangent(moved, Mv, window);
      model.adjoint(u, Mtw, window);
      const Eigen::MatrixXd forward = w.transpose() * Mv, backward = Mtw.transpose() * v;
      CHECK((forward - backward).cwiseAbs().maxCoeff() <= 1e-13 * w.norm() * Mv.norm());

      // The state goes where the model goes.
      Ensemble alone = u;
      model.advance(alone, window);
      CHECK((moved - alone).norm() <= 1e-14 * alone.norm());
    }
  }
}

TEST_CASE("the tangent linear model is the derivative of the model", "[derivative]") {
  for (const Case& test : every_equation()) {
    for (const RungeKutta method : methods) {
      CAPTURE(test.name, static_cast<int>(method));
      const double dt = method == RungeKutta::rk4 ? test.dt / 50 : test.dt;
      SpectralModel model(test.equation, dt, method);
      const Interval window{0, 5 * dt};
      const Eigen::VectorXd u = random_states(test.equation, 1, 2), v = random_states(test.equation, 1, 3);
      Eigen::VectorXd Mu = u;
      Ensemble Mv = v;
      model.advance_tangent(Mu, Mv, window);
      const auto remainder = [&](double size) {
        Ensemble moved = u + size * v;
        model.advance(moved, window);
        return (moved - Mu - size * Mv).norm();
      };
      // Quadratic, over two decades.
      const double slope = std::log10(remainder(1e-2) / remainder(1e-4)) / 2;
      CHECK(slope == Approx(2).margin(0.02));
    }
  }
}

TEST_CASE("products conserve what the equation conserves", "[derivative]") {
  // d/dt of the integral of w^2 and of -psi w by the advection of vorticity, relative to the size of its terms.
  for (const Grid& grid : {plane(24, 20), plane(15, 21)}) {
    const Semilinear equation = navier_stokes(grid);
    const Eigen::VectorXd w = random_states(equation, 1, 4);
    Nonlinearity N(equation);
    Spectrum modes(grid.modes(), 1);
    Fft fft(grid);
    fft.forward(w, modes);
    const Eigen::VectorXcd u = N.modes().pick<Eigen::VectorXcd>(modes.col(0));
    Eigen::VectorXcd rate(N.packed_size());
    N.evaluate(u.data(), rate.data());
    const Eigen::ArrayXd weight = N.modes().pick<Eigen::ArrayXd>(grid.multiplicity());
    const Eigen::ArrayXd k2 = N.modes().pick<Eigen::ArrayXd>(grid.wavenumber(0).square() + grid.wavenumber(1).square());
    const auto inner = [&](const Eigen::ArrayXcd& a) { return (weight * (a * rate.array().conjugate()).real()).sum(); };
    const auto size = [&](const Eigen::ArrayXcd& a) {
      return std::sqrt((weight * a.abs2()).sum() * (weight * rate.array().abs2()).sum());
    };
    const Eigen::ArrayXcd psi = (k2 > 0).select(u.array() / k2.cast<std::complex<double>>(), 0);
    CHECK(std::abs(inner(u)) <= 1e-15 * size(u));
    CHECK(std::abs(inner(psi)) <= 1e-15 * size(psi));
    CHECK(N.modes().modes().front() == 1);  // the mean does not change
  }
}
