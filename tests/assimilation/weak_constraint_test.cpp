#include <catch2/catch.hpp>
#include <semiflow/assimilation/weak_constraint.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/linear_advection.hpp>
#include <semiflow/pde/lorenz.hpp>

#include "example.hpp"

using namespace semiflow;

namespace {

using Events = std::vector<ObservationEvent<PointObservations>>;

Eigen::MatrixXd noise(Index rows, Index cols, std::uint64_t item) {
  return standard_normal(rows * cols, {43, 1000, item}).reshaped(rows, cols);
}

Events events_at(const std::vector<double>& times, const Eigen::VectorXd& around) {
  Events events;
  for (const double time : times)
    events.push_back({.observe = PointObservations({0, 5, 6}),
                      .measurement = noisy_measurement(around({0, 5, 6}), Eigen::Vector3d(0.2, 0.3, 0.5),
                                                       events.size() + 1, time, 47)});
  return events;
}

struct Lorenz {
  RungeKutta4<Lorenz96> model{Lorenz96{.points = 12}, 0.05};
  Background background{.mean = 3 + noise(12, 1, 1).array(), .root = 0.3 * noise(12, 12, 2)};
  Events events = events_at({0, 0.1, 0.25, 0.25, 0.5}, background.mean);
};

}  // namespace

TEST_CASE("weak-constraint 4D-Var of a linear model is the Kalman smoother", "[weak_constraint]") {
  const InnerSolver solver = GENERATE(InnerSolver::dense, InnerSolver::conjugate_gradients);
  const Index n = 12;
  LinearAdvection model({.points = n, .shift = 1, .damping = 0.9});
  const Eigen::MatrixXd root = 0.4 * noise(n, n, 1), error_root = 0.3 * noise(n, 5, 2);
  const Background background{.mean = noise(n, 1, 3), .root = root};
  const Events events = events_at({0, 1, 3, 3, 7}, noise(n, 1, 4));

  // All states in one column: G takes the one at the beginning and the errors before each event to them.
  const Index count = std::ssize(events), size = n * (1 + count), sensors = 3 * count;
  Eigen::MatrixXd G = Eigen::MatrixXd::Zero(size, size), D = G, H = Eigen::MatrixXd::Zero(sensors, size);
  Measurement all{.values = Eigen::VectorXd(sensors), .error_variance = Eigen::VectorXd(sensors)};
  G.topLeftCorner(n, n).setIdentity();
  D.topLeftCorner(n, n) = root * root.transpose();
  double now = 0;
  for (Index k = 0; k < count; ++k) {
    const auto& [observe, measurement] = events[static_cast<std::size_t>(k)];
    const Index row = (1 + k) * n;
    Ensemble moved = G.middleRows(k * n, n);
    model.advance(moved, {now, measurement.time});
    G.middleRows(row, n) = moved;
    G.block(row, row, n, n).setIdentity();
    D.block(row, row, n, n) = (measurement.time - now) * error_root * error_root.transpose();
    now = measurement.time;
    H.block(3 * k, row, 3, n) = observe(Ensemble::Identity(n, n));
    all.values.segment(3 * k, 3) = measurement.values;
    all.error_variance.segment(3 * k, 3) = measurement.error_variance;
  }
  const Gaussian expected =
      kalman_update({.mean = G.leftCols(n) * background.mean, .covariance = G * D * G.transpose()}, H, all);

  const WeakConstraintAnalysis analysis =
      weak_four_d_var(background, error_root, model, 0, events, {.solver = solver, .inner_tolerance = 1e-13});
  CHECK(analysis.converged);
  CHECK(analysis.control.size() == n + 5 * count);
  CHECK(largest(analysis.state - expected.mean.head(n)) < 1e-10);
  CHECK(largest(analysis.states.reshaped() - expected.mean.tail(n * count)) < 1e-10);
  CHECK(largest(analysis.errors.col(0)) == 0);  // no time to err
  CHECK(largest(analysis.errors.col(3)) == 0);
  CHECK(largest(analysis.errors.col(4)) > 0.01);

  // The Kalman filter ends where the smoother does.
  Gaussian state{.mean = background.mean, .covariance = root * root.transpose()};
  now = 0;
  for (const auto& [observe, measurement] : events) {
    Ensemble M = Ensemble::Identity(n, n);
    model.advance(M, {now, measurement.time});
    state.mean = M * state.mean;
    state.covariance =
        M * state.covariance * M.transpose() + (measurement.time - now) * error_root * error_root.transpose();
    now = measurement.time;
    state = kalman_update(state, observe(Ensemble::Identity(n, n)), measurement);
  }
  CHECK(largest(analysis.states.rightCols<1>() - state.mean) < 1e-10);
}

TEST_CASE("the gradient of weak-constraint 4D-Var is the derivative of its cost", "[weak_constraint]") {
  Lorenz twin;
  const Eigen::MatrixXd error_root = 0.5 * noise(12, 4, 5);
  const auto cost = [&](const Eigen::VectorXd& v) {
    return weak_four_d_var_cost(twin.background, error_root, twin.model, 0, twin.events, v);
  };
  const Eigen::VectorXd v = 0.3 * noise(12 + 4 * 5, 1, 6);
  const Eigen::VectorXd gradient = cost(v).gradient;
  for (std::uint64_t k = 0; k < 4; ++k) {
    const Eigen::VectorXd along = noise(v.size(), 1, 10 + k).normalized();
    // Richardson's extrapolation, so that the step can be large enough for rounding.
    const auto quotient = [&](double h) { return (cost(v + h * along).value - cost(v - h * along).value) / (2 * h); };
    const double exact = (4 * quotient(5e-3) - quotient(1e-2)) / 3;
    CHECK(std::abs(gradient.dot(along) - exact) < 1e-8 * gradient.norm());
  }
}

TEST_CASE("weak-constraint 4D-Var finds the minimum with either solver", "[weak_constraint]") {
  Lorenz twin;
  const Eigen::MatrixXd error_root = 0.5 * noise(12, 4, 5);
  const auto analysed = [&](InnerSolver solver) {
    return weak_four_d_var(twin.background, error_root, twin.model, 0, twin.events,
                           {.outer_iterations = 60, .outer_tolerance = 1e-10, .solver = solver});
  };
  const auto dense = analysed(InnerSolver::dense), gradients = analysed(InnerSolver::conjugate_gradients);
  CHECK(dense.converged);
  CHECK(gradients.converged);
  CHECK(largest(dense.states - gradients.states) < 1e-7);
  const auto cost = [&](const Eigen::VectorXd& v) {
    return weak_four_d_var_cost(twin.background, error_root, twin.model, 0, twin.events, v);
  };
  CHECK(cost(dense.control).gradient.norm() < 1e-8 * cost(Eigen::VectorXd::Zero(32)).gradient.norm());
  CHECK(cost(dense.control).value == dense.costs.back());
}

TEST_CASE("without model error weak-constraint 4D-Var is the strong one", "[weak_constraint]") {
  Lorenz twin;
  const VariationalOptions options{.outer_iterations = 60, .outer_tolerance = 1e-10};
  const VariationalAnalysis strong = four_d_var(twin.background, twin.model, 0, twin.events, options);
  REQUIRE(strong.converged);
  const auto difference = [&](double size) {
    const WeakConstraintAnalysis weak =
        weak_four_d_var(twin.background, size * Eigen::MatrixXd::Identity(12, 12), twin.model, 0, twin.events, options);
    CHECK(weak.converged);
    return largest(weak.state - strong.state);
  };
  // After as many iterations, because the convergence counts controls.
  const VariationalOptions three{.outer_iterations = 3, .outer_tolerance = 1e-15};
  const Eigen::VectorXd expected = four_d_var(twin.background, twin.model, 0, twin.events, three).state;
  for (const Eigen::MatrixXd& no_error : {Eigen::MatrixXd(12, 0), Eigen::MatrixXd(Eigen::MatrixXd::Zero(12, 12))}) {
    const Eigen::VectorXd found = weak_four_d_var(twin.background, no_error, twin.model, 0, twin.events, three).state;
    CHECK(largest(found - expected) < 1e-12);
  }
  // It goes to zero with Q.
  CHECK(difference(1e-2) / difference(1e-3) == Approx(100).epsilon(0.02));
  // The model erring does not raise the cost.
  const Eigen::MatrixXd error_root = Eigen::MatrixXd::Identity(12, 12);
  CHECK(weak_four_d_var(twin.background, error_root, twin.model, 0, twin.events, options).costs.back() <
        strong.costs.back());
}

TEST_CASE("weak-constraint 4D-Var refuses bad input", "[weak_constraint]") {
  Lorenz twin;
  const auto refused = [&](const std::string& message, const Background& background, const CovarianceRoot& root) {
    CHECK_THROWS_WITH(weak_four_d_var(background, root, twin.model, 0, twin.events), Catch::Contains(message));
  };
  const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(12, 12);
  refused("same size", twin.background, Eigen::MatrixXd::Identity(11, 11));
  refused("same size", {twin.background.mean, Eigen::MatrixXd::Identity(11, 11)}, identity);
  refused("state of the model", {Eigen::VectorXd::Zero(11), identity}, identity);
  twin.events[1].measurement.time = 0.4;
  refused("in the order of their times", twin.background, identity);
  // No error at all, and no event: the background.
  CHECK(weak_four_d_var(twin.background, Eigen::MatrixXd(12, 0), twin.model, 0, Events{}).state ==
        twin.background.mean);
}
