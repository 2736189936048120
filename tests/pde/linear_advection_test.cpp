#include <catch2/catch.hpp>
#include <cmath>
#include <semiflow/core/conformance.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/pde/linear_advection.hpp>

using namespace semiflow;

TEST_CASE("linear advection is exact", "[advection]") {
  const Index shift = GENERATE(1, -1, 3, 0);
  const Ensemble start = standard_normal(30, {1, 1000, 0}).reshaped(10, 3);
  const double dt = 0.5;
  LinearAdvection model({.points = 10, .shift = shift, .damping = 0.98, .dt = dt});
  for (const Index steps : {1, 7, 10, 25}) {
    Ensemble members = start;
    model.advance(members, {3, 3 + static_cast<double>(steps) * dt});
    for (Index i = 0; i < 10; ++i) {
      const Ensemble expected = std::pow(0.98, steps) * start.row(i);
      CHECK((members.row(((i + steps * shift) % 10 + 10) % 10) - expected).norm() <= 1e-15);
    }
  }
  // Without damping it comes round again.
  Ensemble members = start;
  LinearAdvection({.points = 10, .shift = shift}).advance(members, {0, 10});
  CHECK(members == start);
}

TEST_CASE("linear advection is a differentiable model", "[advection]") {
  LinearAdvection model({.points = 10, .shift = -3, .damping = 0.98});
  const Ensemble states = standard_normal(30, {1, 1000, 0}).reshaped(10, 3);
  CHECK(check_forecast_model(model, states, {0, 7}, 3) == std::vector<std::string>{});
  CHECK(check_differentiable_model(model, states.col(0), states.rightCols(2), {0, 7}) == std::vector<std::string>{});
}

TEST_CASE("linear advection refuses bad input", "[advection]") {
  CHECK_THROWS_AS(LinearAdvection({.points = 0}), Error);
  CHECK_THROWS_AS(LinearAdvection({.damping = NAN}), Error);
  CHECK_THROWS_AS(LinearAdvection({.dt = 0}), Error);
  LinearAdvection model({.points = 10});
  Ensemble members = Ensemble::Ones(10, 2), wrong = Ensemble::Ones(9, 2);
  Eigen::VectorXd state = members.col(0), wrong_state = wrong.col(0);
  CHECK_THROWS_AS(model.advance(members, {0, 0.5}), Error);
  CHECK_THROWS_AS(model.advance(wrong, {0, 1}), Error);
  CHECK_THROWS_AS(model.advance_tangent(state, wrong, {0, 1}), Error);
  CHECK_THROWS_AS(model.advance_tangent(wrong_state, members, {0, 1}), Error);
  CHECK_THROWS_AS(model.adjoint(state, wrong, {0, 1}), Error);
  CHECK_THROWS_AS(model.adjoint(wrong_state, members, {0, 1}), Error);
}
