#include <catch2/catch.hpp>
#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/assimilation/with_parameters.hpp>
#include <semiflow/core/conformance.hpp>
#include <semiflow/pde/lorenz.hpp>

#include "example.hpp"
#include "twin_experiment.hpp"

using namespace semiflow;

namespace {

using L96 = RungeKutta4<Lorenz96>;

// x' = a rotation of x + rate.
struct Drift {
  double rate;

  static Index state_size() { return 2; }
  void advance(EnsembleRef members, Interval window) const {
    const double time = window.end - window.begin;
    Eigen::Matrix2d turn;
    turn << std::cos(time), -std::sin(time), std::sin(time), std::cos(time);
    members = (turn * members).array() + rate * time;
  }
};

WithParameters<L96> lorenz96() {
  return {Eigen::VectorXd::Constant(1, 8),
          [](const Eigen::VectorXd& p) { return L96(Lorenz96{.forcing = p(0)}, 0.05); }};
}

}  // namespace

TEST_CASE("every member is advanced with its own parameters", "[parameters]") {
  WithParameters<L96> model = lorenz96();
  CHECK(model.state_size() == 41);
  const Ensemble states = 3 * standard_normal(40 * 5, {1, 1000, 0}).reshaped(40, 5).array() + 2;
  const Ensemble members =
      with_parameters(states, 0, Eigen::VectorXd::Constant(1, 8), Eigen::VectorXd::Constant(1, 0.5), 4);
  Ensemble advanced = members;
  model.advance(advanced, {1, 1.2});
  for (Index j = 0; j < 5; ++j) {
    Ensemble alone = states.col(j);
    L96(Lorenz96{.forcing = members(40, j)}, 0.05).advance(alone, {1, 1.2});
    CHECK(advanced.col(j).head(40) == alone.col(0));
  }
  CHECK(advanced.row(40) == members.row(40));
  CHECK(check_forecast_model(model, members, {0, 0.4}, 0.2) == std::vector<std::string>{});
}

TEST_CASE("a filter of state and parameters is the Kalman filter of both", "[parameters]") {
  WithParameters<Drift> model(Eigen::VectorXd::Zero(1), [](const Eigen::VectorXd& p) { return Drift{p(0)}; });
  const double rate = 0.7;
  Drift nature{rate};
  const Index members = 9, cycles = 40;
  const ModelNoise walk = parameter_walk(2, Eigen::VectorXd::Constant(1, 0.05), {.zero_mean = true});
  Ensemble E = with_parameters(standard_normal(2 * members, {2, 1000, 0}).reshaped(2, members), 0,
                               Eigen::VectorXd::Zero(1), Eigen::VectorXd::Ones(1), 2);
  Gaussian kalman = sample_moments(E);
  Eigen::Matrix3d M = Eigen::Matrix3d::Identity();
  M.topLeftCorner<2, 2>() << std::cos(0.5), -std::sin(0.5), std::sin(0.5), std::cos(0.5);
  M.topRightCorner<2, 1>().setConstant(0.5);
  const PointObservations observe({1});
  Ensemble truth = Eigen::Vector2d(1, -1);
  for (std::uint64_t k = 1; k <= cycles; ++k) {
    nature.advance(truth, {0, 0.5});
    model.advance(E, {0, 0.5});
    kalman.mean = M * kalman.mean;
    kalman.covariance = M * kalman.covariance * M.transpose();
    const Measurement measurement =
        noisy_measurement(observe(truth).col(0), Eigen::VectorXd::Constant(1, 0.1), k, 0, 2);
    Etkf().analyse(E, observe(E), measurement);
    kalman = kalman_update(kalman, observe(Eigen::MatrixXd::Identity(3, 3)), measurement);
    CHECK(largest(sample_moments(E).mean - kalman.mean) < 1e-11);
    CHECK(largest(sample_moments(E).covariance - kalman.covariance) < 1e-11);

    // What the walk adds to the sample covariance is known, too.
    const Eigen::VectorXd before = E.row(2);
    walk.add(E, 0, members, k);
    CHECK(E.row(2).mean() == Approx(before.mean()).epsilon(1e-12));
    kalman.covariance = sample_moments(E).covariance;
  }
  CHECK(kalman.mean(2) == Approx(rate).margin(3 * std::sqrt(kalman.covariance(2, 2))));
  CHECK(kalman.covariance(2, 2) < 0.02);
}

TEST_CASE("parameters are keyed by member and walk alone", "[parameters]") {
  const Ensemble none(3, 6);
  const Eigen::Vector2d mean(1, -2), deviation(0.5, 0);
  const Ensemble all = with_parameters(Ensemble::Zero(3, 6), 0, mean, deviation, 9);
  CHECK(with_parameters(Ensemble::Zero(3, 2), 3, mean, deviation, 9) == all.middleCols(3, 2));
  CHECK((all.row(4).array() == -2).all());
  CHECK(all.row(3).maxCoeff() > all.row(3).minCoeff());

  Ensemble walked = all;
  parameter_walk(3, Eigen::Vector2d(0, 0.1), {}).add(walked, 0, 6, 1);
  CHECK(walked.topRows(4) == all.topRows(4));
  CHECK((walked.row(4).array() != -2).all());
}

TEST_CASE("parameters of which no model can be made are an error of the run", "[parameters]") {
  WithParameters<L96> model = lorenz96();
  Ensemble members = Ensemble::Ones(41, 2);
  members(40, 1) = NAN;
  CHECK_THROWS_WITH(model.advance(members, {0, 0.05}), Catch::Contains("parameters nan"));
  CHECK_THROWS_AS(model.advance(members.topRows(40), {0, 0.05}), Error);
  CHECK_THROWS_AS(parameter_walk(3, Eigen::VectorXd::Constant(1, -1), {}), Error);
  CHECK_THROWS_AS(with_parameters(members, 0, Eigen::VectorXd::Zero(2), Eigen::VectorXd::Zero(1), 0), Error);
}

// specs/assimilation.md, E2: DataAssimilationBenchmarks.jl, 3500 cycles of which 500 are dropped. The deviations of the
// forcing, 10 % at first and 0.1 % of a step, and its error are relative. The forcing is not inflated. As there, the members
// start around the truth: with 21 of them a first mean that errs by 1 everywhere is not always found back from.
TEST_CASE("published: state and forcing of Lorenz-96", "[parameters][.slow]") {
  std::vector<double> of_state, of_forcing;
  for (std::uint64_t seed : {1, 2, 3}) {
    Ensemble start = Eigen::VectorXd::Constant(40, 8) + Eigen::VectorXd::Unit(40, 0);
    L96(Lorenz96{}, 0.05).advance(start, {0, 25});
    const TwinExperiment<L96> twin(
        {.start = start, .start_variance = 0, .interval = 0.05, .error_variance = 1, .cycles = 3500, .burn_in = 25},
        L96(Lorenz96{}, 0.05), seed);
    WithParameters<L96> model = lorenz96();
    const ModelNoise walk = parameter_walk(40, Eigen::VectorXd::Constant(1, 0.008), {.seed = seed});
    const Etkf filter({.inflation = {.posterior_std = 1.02}});
    Ensemble members =
        with_parameters(twin.members(21), 0, Eigen::VectorXd::Constant(1, 8), Eigen::VectorXd::Constant(1, 0.8), seed);
    Ensemble means = twin.truth;
    double error = 0;
    for (Index k = 0; k < means.cols(); ++k) {
      const Measurement& measurement = twin.measurements[static_cast<std::size_t>(k)];
      model.advance(members, {0, 0.05});
      const Ensemble predicted = members.topRows(40);
      filter.analyse(members.topRows(40), predicted, measurement);
      Etkf().analyse(members.bottomRows(1), predicted, measurement);
      means.col(k) = members.topRows(40).rowwise().mean();
      if (k >= 500) error += std::abs(members.row(40).mean() / 8 - 1) / 3000;
      walk.add(members, 0, 21, measurement.event);
    }
    of_state.push_back(twin.rmse(means));
    of_forcing.push_back(error);
  }
  CHECK(median(of_state) < 0.20);
  CHECK(median(of_forcing) < 0.01);
}
