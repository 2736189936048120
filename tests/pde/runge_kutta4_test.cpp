#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <semiflow/core/conformance.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/pde/lorenz.hpp>

#include "equations.hpp"

using namespace semiflow;

namespace {

// An equation of a user's own, with the whole of its derivatives.
struct VanDerPol {
  double mu = 1;
  static Index size() { return 2; }
  void tendency(double, const auto* x, auto* dx) const {
    dx[0] = x[1];
    dx[1] = mu * (1 - x[0] * x[0]) * x[1] - x[0];
  }
};

// Two rods of length and mass 1: angles and angular velocities.
struct DoublePendulum {
  static Index size() { return 4; }
  void tendency(double, const auto* x, auto* dx) const {
    const double g = 9.81;
    const auto c = cos(x[0] - x[1]), s = sin(x[0] - x[1]), lack = 2 - c * c;
    dx[0] = x[2];
    dx[1] = x[3];
    dx[2] = (g * (sin(x[1]) * c - 2 * sin(x[0])) - s * (x[2] * x[2] * c + x[3] * x[3])) / lack;
    dx[3] = (2 * g * (sin(x[0]) * c - sin(x[1])) + s * (2 * x[2] * x[2] + x[3] * x[3] * c)) / lack;
  }
};

// Depends on time and uses every function and every operation with a number.
struct Everything {
  static Index size() { return 3; }
  template <OdeScalar S>
  void tendency(double t, const S* x, S* dx) const {
    S sum = 0.0;
    for (int i = 0; i < 3; ++i) sum += x[i];
    sum -= 0.5;
    sum *= std::cos(t);
    sum *= x[2];
    dx[0] = exp(-x[1] * x[1]) - x[0] / (2 + x[2] * x[2]) + (t - tanh(sum)) / 3;
    dx[1] = log(3 + x[0] * x[0]) - 2 / (1 + x[1] * x[1]) - (-x[2]) - x[1] * pow(x[1] * x[1] + 1, 1.5) * 0.1;
    dx[2] = sqrt(x[0] * x[0] + 1) * (1 - x[2]) + 0.0 * S(2.0) - 1;
  }
};

// Constant entries, and one that nothing depends on.
struct Straight {
  static Index size() { return 2; }
  template <OdeScalar S>
  void tendency(double, const S*, S* dx) const {
    dx[0] = 1.0;
    dx[1] = S(2.0) * S(3.0) - 1.0;
  }
};

struct Clock {
  static Index size() { return 1; }
  template <OdeScalar S>
  void tendency(double t, const S*, S* dx) const {
    dx[0] = 4 * t * t * t;
  }
};

Ensemble noise(Index rows, Index count, std::uint64_t item) {
  return standard_normal(rows * count, {3, 1000, item}).reshaped(rows, count);
}

template <OrdinaryEquation F>
double order(const F& f, const Eigen::VectorXd& start, double end, double dt) {
  const auto at_end = [&](double step) {
    Ensemble x = start;
    RungeKutta4(f, step).advance(x, {0, end});
    return x;
  };
  const Ensemble exact = at_end(dt / 16);
  return std::log2((at_end(dt) - exact).norm() / (at_end(dt / 2) - exact).norm());
}

using Clauses = std::vector<std::string>;
const Clauses none;

template <DifferentiableModel M>
void check_all(M& model, const Ensemble& states, Interval window, double middle) {
  CHECK(check_forecast_model(model, states, window, middle) == none);
  CHECK(check_differentiable_model(model, states.col(0), noise(states.rows(), 10, 9), window) == none);
}

}  // namespace

TEST_CASE("the classical Runge-Kutta method has order four", "[rk4]") {
  CHECK(order(VanDerPol{}, Eigen::Vector2d(2, 0), 4, 0.02) == Approx(4).margin(0.1));
  CHECK(order(DoublePendulum{}, Eigen::Vector4d(0.5, 1, 0, 0), 1, 0.01) == Approx(4).margin(0.1));
  CHECK(order(Everything{}, Eigen::Vector3d(0.5, 1, -0.3), 4, 0.02) == Approx(4).margin(0.1));
  CHECK(order(Lorenz63{}, Eigen::Vector3d(1.5, -1.5, 25), 1, 0.001) == Approx(4).margin(0.1));
  CHECK(order(Lorenz96{}, noise(40, 1, 0).array() + 2, 1, 0.02) == Approx(4).margin(0.1));
  CHECK(order(TwoScaleLorenz{}, noise(264, 1, 1), 0.05, 0.001) == Approx(4).margin(0.1));
}

TEST_CASE("a user's equation is a model with its derivatives", "[rk4]") {
  RungeKutta4 oscillator(VanDerPol{.mu = 3}, 0.01);
  check_all(oscillator, noise(2, 11, 1), {1, 1.3}, 1.1);
  RungeKutta4 pendulum(DoublePendulum{}, 0.01);
  check_all(pendulum, noise(4, 3, 2), {0, 0.2}, 0.05);
  RungeKutta4 everything(Everything{}, 0.01);
  check_all(everything, noise(3, 17, 3), {-1, 2}, 0.37);
  RungeKutta4 straight(Straight{}, 0.5);
  check_all(straight, noise(2, 2, 4), {0, 2}, 1);
}

TEST_CASE("the models of data assimilation have their derivatives", "[rk4][lorenz]") {
  RungeKutta4 lorenz63(Lorenz63{}, 0.01);
  check_all(lorenz63, (10 * noise(3, 9, 1)).eval(), {0, 0.25}, 0.1);
  const Index points = GENERATE(4, 5, 40);
  RungeKutta4 lorenz96(Lorenz96{.points = points}, 0.05);
  check_all(lorenz96, (noise(points, 8, 1) * 2).eval(), {2, 2.3}, 2.05);
  const Index per_sector = GENERATE(1, 2, 10);
  RungeKutta4 two_scale(TwoScaleLorenz{.sectors = points, .per_sector = per_sector}, 0.002);
  check_all(two_scale, noise(points * (1 + per_sector), 3, 1), {0, 0.01}, 0.004);
}

TEST_CASE("the solver of fields is a differentiable model", "[rk4][derivative]") {
  static_assert(DifferentiableModel<SpectralModel>);
  for (const Case& test : every_equation()) {
    CAPTURE(test.name);
    SpectralModel model(test.equation, test.dt);
    const Ensemble states = random_states(test.equation, 3, 2);
    CHECK(check_differentiable_model(model, states.col(0), states.rightCols(2), {0, 3 * test.dt}) == none);
  }
}

TEST_CASE("the conformance check finds what is wrong with a derivative", "[rk4]") {
  struct Wrong {
    RungeKutta4<Lorenz63> model{Lorenz63{}, 0.01};
    double tangent = 1, adjoint_factor = 1;
    static Index state_size() { return 3; }
    void advance(EnsembleRef members, Interval window) { model.advance(members, window); }
    void advance_tangent(Eigen::Ref<Eigen::VectorXd> state, EnsembleRef v, Interval window) {
      model.advance_tangent(state, v, window);
      v *= tangent;
    }
    void adjoint(const Eigen::Ref<const Eigen::VectorXd>& state, EnsembleRef w, Interval window) {
      model.adjoint(state, w, window);
      w *= adjoint_factor;
    }
  };
  const auto broken = [&](double tangent, double adjoint) {
    Wrong model{.tangent = tangent, .adjoint_factor = adjoint};
    return check_differentiable_model(model, Eigen::Vector3d(1, 2, 20), noise(3, 2, 9), {0, 0.1});
  };
  CHECK(broken(1, 1).empty());
  CHECK(broken(1.001, 1.001) == Clauses{"the tangent is the limit of differences: the Taylor remainder is quadratic"});
  CHECK(broken(1, 1 + 1e-11) == Clauses{"the adjoint is the transpose of the tangent: <w, Mv> = <M'w, v>"});
}

TEST_CASE("the time of a step does not gather rounding", "[rk4]") {
  // The quadrature of t^3 is Simpson's: exact but for rounding.
  Ensemble x = Ensemble::Zero(1, 1);
  RungeKutta4(Clock{}, 0.1).advance(x, {0, 1000});
  CHECK(x(0) == Approx(1e12).epsilon(1e-13));
}

TEST_CASE("Runge-Kutta models refuse bad input", "[rk4]") {
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK_THROWS_AS(RungeKutta4(Lorenz63{}, 0), Error);
  CHECK_THROWS_AS(RungeKutta4(Lorenz63{}, infinity), Error);
  CHECK_THROWS_AS(RungeKutta4(Lorenz63{.rho = NAN}, 0.1), Error);
  CHECK_THROWS_AS(RungeKutta4(Lorenz96{.points = 3}, 0.1), Error);
  CHECK_THROWS_AS(RungeKutta4(TwoScaleLorenz{.sectors = 3}, 0.1), Error);
  CHECK_THROWS_AS(RungeKutta4(TwoScaleLorenz{.per_sector = 0}, 0.1), Error);
  CHECK_THROWS_AS(RungeKutta4(TwoScaleLorenz{.space_ratio = 0}, 0.1), Error);
  RungeKutta4 model(Lorenz63{}, 0.01);
  Ensemble members = Ensemble::Ones(3, 2), wrong = Ensemble::Ones(4, 2);
  Eigen::VectorXd state = Eigen::Vector3d::Ones(), wrong_state = Eigen::Vector4d::Ones();
  CHECK_THROWS_WITH(model.advance(members, {0, 0.015}), Catch::Contains("not a whole number of steps"));
  CHECK_THROWS_AS(model.advance(wrong, {0, 1}), Error);
  CHECK_THROWS_AS(model.advance_tangent(state, wrong, {0, 1}), Error);
  CHECK_THROWS_AS(model.advance_tangent(wrong_state, members, {0, 1}), Error);
  CHECK_THROWS_AS(model.adjoint(state, wrong, {0, 1}), Error);
  CHECK_THROWS_AS(model.adjoint(wrong_state, members, {0, 1}), Error);
}
