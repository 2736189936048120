#include <catch2/catch.hpp>
#include <limits>
#include <numbers>
#include <semiflow/core/conformance.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/multipliers.hpp>
#include <semiflow/pde/step_control.hpp>

#include "equations.hpp"

using namespace semiflow;

namespace {

const Semilinear flow = navier_stokes(plane(20, 18), {.viscosity = 0.01});

CourantControl controlled(const CourantLimits& limits, double mean_x = 0) {
  return {flow, vorticity_rate(Domain(flow.grid), inverse_laplacian(flow.grid), mean_x), limits};
}

}  // namespace

TEST_CASE("the rate of a flow is that computed by hand", "[step_control]") {
  // psi = A cos(k x) cos(l y), w = -(k^2 + l^2) psi: |u| = A l |cos(k x) sin(l y)|, |v| = A k |sin(k x) cos(l y)|.
  const Grid grid({{24, 5.0}, {16, 7.0}});
  const double k = 2 * std::numbers::pi / 7 * 2, l = 2 * std::numbers::pi / 5, A = 3, mean_x = 0.4;
  const Eigen::ArrayXd x = grid.coordinate(1), y = grid.coordinate(0);
  const Eigen::VectorXd w = -(k * k + l * l) * A * (k * x).cos() * (l * y).cos();
  const Eigen::ArrayXd u = A * l * (k * x).cos() * (l * y).sin(), v = -A * k * (k * x).sin() * (l * y).cos();
  const double expected = ((u + mean_x).abs() * (16 / 7.0) + v.abs() * (24 / 5.0)).maxCoeff();
  AdvectionRate rate = vorticity_rate(Domain(grid), inverse_laplacian(grid), mean_x);
  CHECK(rate(w.data()) == Approx(expected).epsilon(1e-13));

  const Grid line({{32, 4.0}});
  Eigen::VectorXd a = Eigen::VectorXd::Constant(32, 0.1);
  a(7) = -2;
  CHECK(line_rate(line)(a.data()) == Approx(16).epsilon(1e-15));
  CHECK_THROWS_AS(line_rate(grid), Error);
  CHECK_THROWS_AS(vorticity_rate(Domain(line), inverse_laplacian(line)), Error);
}

TEST_CASE("a model with step control is a forecast model", "[step_control]") {
  CourantControl model = controlled({.dt0 = 0.2, .target = 0.2});
  Ensemble members = random_states(flow, 3, 1);
  members.col(2) *= 8;
  CHECK(model.level(members.col(2)) >= model.level(members.col(0)) + 2);
  CHECK(model.level(members.col(0)) > 0);
  CHECK(check_forecast_model(model, members, {1, 2}, 1.6) == std::vector<std::string>{});

  // A window that is split at a multiple of dt0 is the whole one, to the bit.
  Ensemble whole = members, split = members;
  model.advance(whole, {1, 2});
  model.advance(split, {1, 1.6});
  model.advance(split, {1.6, 2});
  CHECK(whole == split);
  CHECK_THROWS_AS(model.advance(split, {1, 1.1}), Error);
}

TEST_CASE("a slow flow takes the fixed step", "[step_control]") {
  const double dt = 0.1;
  CourantControl model = controlled({.dt0 = dt});
  SpectralModel fixed(flow, dt);
  Ensemble members = 1e-3 * random_states(flow, 2, 4), reference = members;
  model.advance(members, {0, 5 * dt});
  for (int i = 0; i < 5; ++i) fixed.advance(reference, {i * dt, (i + 1) * dt});
  CHECK(members == reference);
}

TEST_CASE("a strong flow takes the step that its Courant number asks for", "[step_control]") {
  // Burgers' equation on 64 points of a line of length 2 pi: rate = U 64 / (2 pi), U = 10, dt0 rate = 10.19.
  const Grid line({{64, 2 * std::numbers::pi}});
  const Semilinear equation = burgers(line, 0.5);
  const Eigen::VectorXd u = 10 * line.coordinate(0).sin();
  const double dt0 = 0.1;
  CourantControl model(equation, line_rate(line), {.dt0 = dt0, .target = 0.4});
  CHECK(model.level(u) == 5);  // 10.19 / 32 = 0.318 <= 0.4 < 10.19 / 16
  CHECK(model.level(u / 128) == 0);
  CHECK(CourantControl(equation, line_rate(line), {.dt0 = dt0, .target = 10.2}).level(u) == 0);
  CHECK(CourantControl(equation, line_rate(line), {.dt0 = dt0, .target = 10.1}).level(u) == 1);

  SpectralModel fixed(equation, dt0 / 32);
  Ensemble state = u, reference = u;
  model.advance(state, {0, dt0});
  fixed.advance(reference, {0, dt0});
  CHECK(state == reference);
}

TEST_CASE("step control says when and why it gives up", "[step_control]") {
  CourantControl model = controlled({.dt0 = 0.5, .target = 0.5, .max_level = 2});
  Ensemble members = 1e-3 * random_states(flow, 2, 4);
  members.col(1) *= 1e5;
  CHECK_THROWS_WITH(model.advance(members, {1.5, 2.5}),
                    Catch::Contains("time 1.5, member 1") && Catch::Contains("max_level"));
  members(3, 0) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(model.advance(members, {1.5, 2}),
                    Catch::Contains("time 1.5, member 0") && Catch::Contains("not finite"));
  CHECK_THROWS_AS(controlled({.dt0 = 0}), Error);
  CHECK_THROWS_AS(controlled({.dt0 = 0.1, .target = 0}), Error);
  CHECK_THROWS_AS(controlled({.dt0 = 0.1, .max_level = -1}), Error);
}

TEST_CASE("ranks that share a field choose the same step", "[domain][step_control]") {
  const auto ranks = std::make_shared<const Communicator>(Communicator::duplicate_of(MPI_COMM_WORLD));
  const Semilinear equation = navier_stokes(plane(40, 56), {.viscosity = 0.01});
  const Multiplier stream = inverse_laplacian(equation.grid);
  const CourantLimits limits{.dt0 = 0.1, .target = 0.3, .max_level = 6};
  CourantControl whole(equation, vorticity_rate(Domain(equation.grid), stream), limits);
  CourantControl dealt(equation, vorticity_rate(Domain(equation.grid, ranks), stream), limits, RungeKutta::etdrk4,
                       ranks);
  Ensemble all = random_states(equation, 2, 7);
  all.col(1) *= 3;
  Ensemble mine = dealt.domain().part(all);
  CHECK(whole.level(all.col(1)) > whole.level(all.col(0)));
  CHECK(dealt.level(mine.col(1)) == whole.level(all.col(1)));
  whole.advance(all, {0, 0.5});
  dealt.advance(mine, {0, 0.5});
  CHECK(all.allFinite());
  CHECK(mine == dealt.domain().part(all));

  if (mine.rows() > 0 && ranks->rank() == ranks->size() - 1) mine(0, 0) = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH(dealt.advance(mine, {0, 0.5}), Catch::Contains("not finite"));
}
