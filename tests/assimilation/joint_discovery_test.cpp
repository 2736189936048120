#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <catch2/catch.hpp>
#include <cmath>
#include <semiflow/assimilation/discovery/noisy_pairs.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/pde/kuramoto_sivashinsky.hpp>

using namespace semiflow;
using Catch::Matchers::Contains;

namespace {

Eigen::MatrixXd normal_matrix(Index rows, Index columns, std::uint64_t item) {
  return standard_normal(rows * columns, {.seed = 4, .purpose = 0, .item = item}).reshaped(rows, columns);
}

LinearisedForecast some_forecast() {
  return {.background_departure = normal_matrix(4, 1, 0),
          .departure = normal_matrix(7, 1, 1),
          .state_sensitivity = normal_matrix(7, 4, 2),
          .term_sensitivity = normal_matrix(7, 3, 3)};
}

// y_b = x + e, y_a = (1 + c) x + e': the classic regression with errors in both variables.
JointProblem scalar_problem(const Eigen::VectorXd& before, const Eigen::VectorXd& after, double noise) {
  auto c = std::make_shared<double>(0);
  return {.windows = before.size(),
          .terms = 1,
          .set_coefficients = [c](const Eigen::VectorXd& value) { *c = value(0); },
          .linearise =
              [=](Index i, const Eigen::VectorXd& state) {
                const double x = before(i) + noise * state(0);
                return LinearisedForecast{.background_departure = -state,
                                          .departure = Eigen::VectorXd::Constant(1, (after(i) - (1 + *c) * x) / noise),
                                          .state_sensitivity = Eigen::MatrixXd::Constant(1, 1, 1 + *c),
                                          .term_sensitivity = Eigen::MatrixXd::Constant(1, 1, x / noise)};
              },
          .unknowns = [](Index) { return Index{1}; }};
}

// Kuramoto-Sivashinsky: noisy pairs on 256 points.
PairStates noisy_chaos(const Grid& grid, Index count, double noise) {
  SpectralModel solver(kuramoto_sivashinsky(grid), 0.02);
  const Eigen::ArrayXd x = grid.coordinate(0);
  Ensemble u = ((x / 16).cos() * (1 + (x / 16).sin())).matrix();
  solver.advance(u, {0, 100});
  PairStates pairs{.before = Eigen::MatrixXd(grid.points(), count),
                   .after = Eigen::MatrixXd(grid.points(), count),
                   .duration = 0.1,
                   .noise_std = noise};
  for (Index i = 0; i < count; ++i) {
    solver.advance(u, {0, 10});
    const auto item = static_cast<std::uint64_t>(2 * i);
    pairs.before.col(i) = u + noise * standard_normal(grid.points(), {.seed = 6, .purpose = 3, .item = item});
    solver.advance(u, {0, 0.1});
    pairs.after.col(i) = u + noise * standard_normal(grid.points(), {.seed = 6, .purpose = 3, .item = item + 1});
  }
  return pairs;
}

}  // namespace

TEST_CASE("integrating the state out is least squares for state and coefficients together", "[discovery][joint]") {
  const LinearisedForecast f = some_forecast();
  Eigen::MatrixXd design = Eigen::MatrixXd::Zero(11, 7);
  design.topLeftCorner(4, 4).setIdentity();
  design.bottomLeftCorner(7, 4) = f.state_sensitivity;
  design.bottomRightCorner(7, 3) = f.term_sensitivity;
  Eigen::VectorXd data(11);
  data << f.background_departure, f.departure;
  const Eigen::MatrixXd hessian = design.transpose() * design;
  const Eigen::VectorXd together = hessian.ldlt().solve((design.transpose() * data).eval());

  const WhitenedRows rows = whitened_rows(f);
  const Eigen::MatrixXd information = rows.library.transpose() * rows.library;
  const Eigen::VectorXd alone = information.ldlt().solve((rows.library.transpose() * rows.target).eval());
  CHECK((alone - together.tail(3)).norm() < 1e-12);
  CHECK((state_correction(f, alone) - together.head(4)).norm() < 1e-12);
  // The covariance of the coefficients, and the misfit.
  CHECK((information.inverse() - hessian.inverse().bottomRightCorner(3, 3)).norm() < 1e-12);
  CHECK((rows.target - rows.library * alone).squaredNorm() == Approx((data - design * together).squaredNorm()));
}

TEST_CASE("the first rows are those of the first observations alone", "[discovery][joint]") {
  const LinearisedForecast f = some_forecast();
  LinearisedForecast part = f;
  part.departure = f.departure.head(3);
  part.state_sensitivity = f.state_sensitivity.topRows(3);
  part.term_sensitivity = f.term_sensitivity.topRows(3);
  CHECK((whitened_rows(part).library - whitened_rows(f).library.topRows(3)).norm() < 1e-13);
  CHECK((whitened_rows(part).target - whitened_rows(f).target.head(3)).norm() < 1e-13);
  part.state_sensitivity = f.state_sensitivity;
  CHECK_THROWS_AS(whitened_rows(part), Error);
  CHECK_THROWS_AS(state_correction(f, Eigen::VectorXd::Zero(2)), Error);
}

TEST_CASE("noise in the states does not attenuate a coefficient", "[discovery][joint]") {
  const Index n = 4000;
  const double c = 0.5, noise = 0.7;
  const Eigen::VectorXd x = normal_matrix(n, 1, 7);
  const Eigen::VectorXd before = x + noise * normal_matrix(n, 1, 8),
                        after = (1 + c) * x + noise * normal_matrix(n, 1, 9);
  const JointDiscovery joint = discover_jointly(Communicator::self(), scalar_problem(before, after, noise),
                                                {.max_iterations = 100, .tolerance = 1e-6});
  REQUIRE(joint.converged);
  // Orthogonal regression (Deming) in closed form.
  const double bb = before.squaredNorm(), aa = after.squaredNorm(), ab = before.dot(after);
  const double slope = (aa - bb + std::sqrt((aa - bb) * (aa - bb) + 4 * ab * ab)) / (2 * ab);
  CHECK(joint.found.coefficients(0) == Approx(slope - 1).epsilon(1e-6));
  CHECK(joint.found.coefficients(0) == Approx(c).margin(4 * joint.found.standard_deviation(0)));
  CHECK(joint.misfit == Approx(1).margin(0.1));
  // Plain regression is a third off.
  CHECK(std::abs(ab / bb - 1 - c) > 10 * joint.found.standard_deviation(0));
}

TEST_CASE("a model that lacks nothing, forecasts that fail", "[discovery][joint]") {
  const Eigen::VectorXd x = normal_matrix(50, 1, 10), before = x + 0.1 * normal_matrix(50, 1, 11),
                        after = x + 0.1 * normal_matrix(50, 1, 12);
  const JointDiscovery none = discover_jointly(Communicator::self(), scalar_problem(before, after, 0.1));
  CHECK(none.converged);
  CHECK(none.found.support.empty());
  CHECK(none.found.coefficients.isZero(0));
  CHECK(none.found.ranking.inclusion_probability(0) < 0.5);

  JointProblem broken = scalar_problem(before, after, 0.1);
  broken.linearise = [](Index, const Eigen::VectorXd&) -> LinearisedForecast {
    throw Error(Fault::run, "model", "blew up");
  };
  CHECK_THROWS_WITH(discover_jointly(Communicator::self(), broken), Contains("not finite"));
  CHECK_THROWS_AS(discover_jointly(Communicator::self(), {}), Error);
}

TEST_CASE("derivatives of the forecast of a pair pass Taylor's test", "[discovery][joint]") {
  const Grid grid({{256, 100.0}});
  const PairStates states = noisy_chaos(grid, 1, 0.03);
  NoisyPairs pairs(grid, states, {.dt = 0.02, .max_wavenumber = 2},
                   [](const Grid& g) { return kuramoto_sivashinsky(g, {.antidiffusion = 0.5}); });
  const JointProblem problem = pairs.problem();
  CHECK(pairs.harmonics() == 31);
  const Index unknowns = problem.unknowns(0);
  CHECK(unknowns == 63);
  const Eigen::VectorXd zero = Eigen::VectorXd::Zero(unknowns), none = Eigen::VectorXd::Zero(problem.terms);
  const Eigen::VectorXd dx = normal_matrix(unknowns, 1, 13);
  Eigen::VectorXd dc = none;
  dc(5) = 0.3;  // u_x
  dc(11) = -0.2;
  problem.set_coefficients(none);
  const LinearisedForecast at = problem.linearise(0, zero);
  CHECK(at.background_departure.isZero(0));
  double previous = 0;
  for (const double size : {1e-1, 1e-2, 1e-3}) {
    problem.set_coefficients(size * dc);
    const LinearisedForecast there = problem.linearise(0, size * dx);
    const Eigen::VectorXd change = at.departure - there.departure;
    const double rest = (change - size * (at.state_sensitivity * dx + at.term_sensitivity * dc)).norm();
    if (previous > 0) CHECK(std::log10(previous / rest) == Approx(2).margin(0.1));
    previous = rest;
  }
}

TEST_CASE("missing terms are found in noisy pairs, the same on any number of ranks", "[discovery][joint][mpi]") {
  const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD), self = Communicator::self();
  const Grid grid({{256, 100.0}});
  const PairStates states = noisy_chaos(grid, 4, 0.013);
  const auto model_on = [](const Grid& g) { return kuramoto_sivashinsky(g, {.antidiffusion = 0}); };
  const NoisyPairOptions options{.dt = 0.02, .library = {.max_power = 1}};
  NoisyPairs ours(grid, states, options, model_on), mine(grid, states, options, model_on);
  const JointDiscovery joint = discover_jointly(world, ours.problem()), alone = discover_jointly(self, mine.problem());
  CHECK(joint.found.coefficients == alone.found.coefficients);
  CHECK(joint.found.standard_deviation == alone.found.standard_deviation);
  CHECK(joint.misfits == alone.misfits);
  REQUIRE(joint.converged);
  REQUIRE(joint.found.support.size() == 1);
  const Index found = joint.found.support[0];
  CHECK(ours.terms()[static_cast<std::size_t>(found)].name == "u_xx");
  CHECK(std::abs(joint.found.coefficients(found) + 1) < 4 * joint.found.standard_deviation(found));
  CHECK(joint.found.standard_deviation(found) < 0.01);
  CHECK(joint.misfit == Approx(1).margin(0.2));
}

TEST_CASE("pairs that cannot be used are refused", "[discovery][joint]") {
  const Grid grid({{32, 10.0}});
  const auto model_on = [](const Grid& g) { return kuramoto_sivashinsky(g); };
  const Eigen::MatrixXd u = normal_matrix(32, 2, 20);
  const PairStates good{.before = u, .after = u, .duration = 0.1, .noise_std = 0.1};
  const NoisyPairOptions options{.dt = 0.05};
  CHECK_NOTHROW(NoisyPairs(grid, good, options, model_on));
  const auto refuse = [&](auto change) {
    PairStates bad = good;
    change(bad);
    CHECK_THROWS_AS(NoisyPairs(grid, bad, options, model_on), Error);
  };
  refuse([](PairStates& p) { p.duration = 0; });
  refuse([](PairStates& p) { p.duration = 0.12; });
  refuse([](PairStates& p) { p.noise_std = 0; });
  refuse([](PairStates& p) { p.after.conservativeResize(32, 1); });
  refuse([](PairStates& p) { p.before(3, 1) = std::nan(""); });
  CHECK_THROWS_AS(NoisyPairs(Grid({{16, 10.0}, {2, 1.0}}), good, options, model_on), Error);
  CHECK_THROWS_AS(NoisyPairs(grid, good, {.dt = 0.05, .max_wavenumber = 0.1}, model_on), Error);
  CHECK_THROWS_AS(NoisyPairs(grid, good, options,
                             [](const Grid&) {
                               return kuramoto_sivashinsky(Grid({{48, 10.0}}));
                             }),
                  Error);
}
