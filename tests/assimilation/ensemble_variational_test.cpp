#include <catch2/catch.hpp>
#include <semiflow/assimilation/ensemble_variational.hpp>
#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/assimilation/localization.hpp>
#include <semiflow/assimilation/nonlinear_observations.hpp>
#include <semiflow/assimilation/smoothers/enks.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/linear_advection.hpp>
#include <semiflow/pde/lorenz.hpp>

#include "example.hpp"

using namespace semiflow;

namespace {

using Events = std::vector<ObservationEvent<PointObservations>>;

Eigen::MatrixXd noise(Index rows, Index cols, std::uint64_t item) {
  return standard_normal(rows * cols, {37, 1000, item}).reshaped(rows, cols);
}

constexpr Index points = 12;
const std::vector<double> times{0, 1, 3, 3, 7};

Events some_events() {
  Events events;
  for (const double time : times)
    events.push_back({.observe = PointObservations({0, 5, 6}),
                      .measurement = noisy_measurement(noise(3, 1, events.size()), Eigen::Vector3d(0.2, 0.3, 0.5),
                                                       events.size() + 1, time, 41)});
  return events;
}

// Correlations with a half-width of a sixth of the line.
Eigen::MatrixXd correlations() {
  const Grid line({{points, 1.0}});
  Eigen::MatrixXd result(points, points);
  for (Index i = 0; i < points; ++i)
    for (Index j = 0; j < points; ++j)
      result(i, j) =
          taper_weight(GaspariCohn{1. / 6}, periodic_distance(line, point_position(line, i), point_position(line, j)));
  return result;
}

}  // namespace

TEST_CASE("4D-EnVar has the mean of the ensemble Kalman smoother", "[ensemble_variational]") {
  const InnerSolver solver = GENERATE(InnerSolver::dense, InnerSolver::conjugate_gradients);
  const EnsembleVariationalOptions options{.minimisation = {.solver = solver, .inner_tolerance = 1e-13}};
  Events events = some_events();
  const Ensemble members = noise(points, 8, 20);
  Ensemble rows = members;
  std::vector<Ensemble> past{members};
  double now = 0;
  EnsembleVariationalAnalysis analysis;
  SECTION("of a linear model, one measurement after the other") {
    LinearAdvection model({.points = points, .shift = 1, .damping = 0.9});
    analysis = four_d_envar(members, model, 0, events, options);
    for (const auto& [observe, measurement] : events) {
      model.advance(rows, {now, measurement.time});
      now = measurement.time;
      Enks().analyse(rows, past, observe(rows), measurement);
      past.push_back(rows);
    }
  }
  SECTION("of Lorenz-96, all measurements at once") {
    RungeKutta4 model(Lorenz96{.points = points}, 0.05);
    const Index sensors = 3 * std::ssize(events);
    Eigen::MatrixXd predicted(sensors, 8);
    Measurement all{.values = Eigen::VectorXd(sensors), .error_variance = Eigen::VectorXd(sensors)};
    Index first = 0;
    for (auto& [observe, measurement] : events) {
      measurement.time *= 0.05;
      model.advance(rows, {now, measurement.time});
      now = measurement.time;
      past.push_back(rows);
      predicted.middleRows(first, 3) = observe(rows);
      all.values.segment(first, 3) = measurement.values;
      all.error_variance.segment(first, 3) = measurement.error_variance;
      first += 3;
    }
    analysis = four_d_envar(members, model, 0, events, options);
    for (Ensemble& then : past) Etkf().analyse(then, predicted, all);
  }
  CHECK(analysis.converged);
  CHECK(largest(analysis.state - past.front().rowwise().mean()) < 1e-10);
  for (Index k = 0; k < std::ssize(events); ++k)
    CHECK(largest(analysis.states.col(k) - past[static_cast<std::size_t>(k + 1)].rowwise().mean()) < 1e-10);
}

TEST_CASE("localised and hybrid 4D-EnVar is the Kalman update of all times", "[ensemble_variational]") {
  const InnerSolver solver = GENERATE(InnerSolver::dense, InnerSolver::conjugate_gradients);
  LinearAdvection model({.points = points, .shift = 1, .damping = 0.9});
  const Events events = some_events();
  const Ensemble members = noise(points, 5, 21);
  const Eigen::MatrixXd C = correlations(), L = 0.3 * noise(points, 4, 22);
  const double weight = 0.7;

  // The states at the beginning and at all events in one column.
  const Index count = points * (std::ssize(events) + 1), sensors = 3 * std::ssize(events);
  Ensemble all(count, 5), x = members;
  all.topRows(points) = x;
  Eigen::MatrixXd H = Eigen::MatrixXd::Zero(sensors, count);
  Measurement measurement{.values = Eigen::VectorXd(sensors), .error_variance = Eigen::VectorXd(sensors)};
  double now = 0;
  for (Index k = 0; k < std::ssize(events); ++k) {
    const auto& [observe, at] = events[static_cast<std::size_t>(k)];
    model.advance(x, {now, at.time});
    now = at.time;
    all.middleRows((k + 1) * points, points) = x;
    H.block(3 * k, (k + 1) * points, 3, points) = observe(Ensemble::Identity(points, points));
    measurement.values.segment(3 * k, 3) = at.values;
    measurement.error_variance.segment(3 * k, 3) = at.error_variance;
  }
  Gaussian prior = sample_moments(all);
  const Index blocks = count / points;
  prior.covariance = weight * prior.covariance.cwiseProduct(C.replicate(blocks, blocks)) +
                     (L * L.transpose()).replicate(blocks, blocks);
  const Gaussian expected = kalman_update(prior, H, measurement);

  const EnsembleVariationalAnalysis analysis =
      four_d_envar(members, model, 0, events,
                   {.localization = CovarianceRoot(covariance_root(C)),
                    .static_root = CovarianceRoot(L),
                    .ensemble_weight = weight,
                    .minimisation = {.solver = solver, .inner_tolerance = 1e-13}});
  CHECK(analysis.converged);
  CHECK(largest(analysis.state - expected.mean.head(points)) < 1e-10);
  CHECK(largest(analysis.states.reshaped() - expected.mean.tail(count - points)) < 1e-10);
}

TEST_CASE("4D-EnVar linearises operators as 4D-Var does", "[ensemble_variational]") {
  LinearAdvection model({.points = points, .shift = 1, .damping = 0.9});
  const Ensemble members = 1 + 0.3 * noise(points, 6, 23).array();
  const NonlinearObservations observe(PointObservations({0, 5, 6}), cube);
  std::vector<ObservationEvent<NonlinearObservations<PointObservations>>> events;
  for (const double time : {0., 2., 5.})
    events.push_back(
        {.observe = observe,
         .measurement = {
             .time = time, .values = Eigen::Vector3d(1.5, 0.7, 1), .error_variance = Eigen::Vector3d::Constant(0.1)}});
  const VariationalOptions exact{.outer_iterations = 50, .outer_tolerance = 1e-11};
  const Eigen::VectorXd mean = members.rowwise().mean();
  const VariationalAnalysis expected =
      four_d_var({.mean = mean, .root = (members.colwise() - mean) / std::sqrt(5.0)}, model, 0, events, exact);
  const EnsembleVariationalAnalysis analysis = four_d_envar(members, model, 0, events, {.minimisation = exact});
  CHECK(std::ssize(analysis.costs) > 3);
  CHECK(largest(analysis.state - expected.state) < 1e-9);
  CHECK(analysis.costs.back() == Approx(expected.costs.back()).epsilon(1e-12));
}

TEST_CASE("4D-EnVar refuses bad input", "[ensemble_variational]") {
  LinearAdvection model({.points = points});
  const Events events = some_events();
  const Ensemble members = noise(points, 4, 24);
  const auto refused = [&](const std::string& message, const Ensemble& x, const EnsembleVariationalOptions& options) {
    CHECK_THROWS_WITH(four_d_envar(x, model, 0, events, options), Catch::Contains(message));
  };
  refused("state of the model", members.topRows(11), {});
  refused("two members", members.leftCols(1), {});
  refused("not finite", members * NAN, {});
  refused("weight", members, {.ensemble_weight = -1});
  refused("size of the state", members, {.localization = CovarianceRoot(Eigen::VectorXd::Ones(11))});
  refused("size of the state", members, {.static_root = CovarianceRoot(Eigen::VectorXd::Ones(13))});
  CHECK_THROWS_WITH(four_d_envar(members, model, 1, events), Catch::Contains("in the order"));
  CHECK(largest(four_d_envar(members, model, 0, Events{}).state - members.rowwise().mean()) == 0);
}
