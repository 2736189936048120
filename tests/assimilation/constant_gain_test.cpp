#include <catch2/catch.hpp>
#include <semiflow/assimilation/constant_gain.hpp>
#include <semiflow/assimilation/extended_kalman.hpp>
#include <semiflow/core/conformance.hpp>
#include <semiflow/pde/linear_advection.hpp>
#include <semiflow/pde/lorenz.hpp>

#include "local_example.hpp"

using namespace semiflow;

TEST_CASE("the gain of 3D-Var makes the Kalman filter's mean of every member", "[constant_gain]") {
  const Example example = random_example(13, 3, 5);
  const Eigen::MatrixXd root = standard_normal(13 * 13, {1, 1000, 0}).reshaped(13, 13);
  const Eigen::MatrixXd B = root * root.transpose();
  const ConstantGain scheme(kalman_gain(B, example.matrix(), example.measurement.error_variance));
  Ensemble members = example.members;
  scheme.analyse(members, 0, example.predicted(), example.measurement);
  for (Index k = 0; k < 3; ++k) {
    const Gaussian expected =
        kalman_update({.mean = example.members.col(k), .covariance = B}, example.matrix(), example.measurement);
    CHECK((members.col(k) - expected.mean).cwiseAbs().maxCoeff() < 1e-12);
  }
  CHECK(check_local_analysis_scheme(scheme, example.members.middleRows(2, 9), 2, example.predicted(),
                                    example.measurement) == std::vector<std::string>{});
}

TEST_CASE("nudging replaces what is measured and interpolates in between", "[constant_gain]") {
  const Grid line({{10, 5.0}});
  const Eigen::MatrixXd everywhere = nudging_gain(line, {3, 1, 2, 0, 9, 8, 7, 6, 5, 4}, 1.0);
  for (const auto& [point, sensor] : {std::pair{3, 0}, {1, 1}, {0, 3}, {9, 4}}) CHECK(everywhere(point, sensor) == 1);
  CHECK(everywhere.sum() == Approx(10));

  // Sensors at 7 and 2: point 9 is two fifths of the way from 7 around the end to 2.
  const Eigen::MatrixXd gain = nudging_gain(line, {7, 2}, 0.5);
  CHECK(gain(9, 0) == Approx(0.5 * 3. / 5));
  CHECK(gain(9, 1) == Approx(0.5 * 2. / 5));
  CHECK((gain.rowwise().sum().array() - 0.5).abs().maxCoeff() < 1e-15);
  CHECK((nudging_gain(line, {4}, 1.5).array() - 1.5).abs().maxCoeff() < 1e-15);

  CHECK_THROWS_WITH(nudging_gain(line, {4, 4}, 1.0), Catch::Contains("same point"));
  CHECK_THROWS_WITH(nudging_gain(line, {10}, 1.0), Catch::Contains("not on the grid"));
  CHECK_THROWS_WITH(nudging_gain(line, {1}, 2.0), Catch::Contains("strength"));
  CHECK_THROWS_WITH(nudging_gain(Grid({{4, 1.0}, {4, 1.0}}), {1}, 1.0), Catch::Contains("on a line"));
}

TEST_CASE("a constant gain refuses other sensors and rows", "[constant_gain]") {
  Example example = random_example(10, 2, 4);
  const ConstantGain scheme(Eigen::MatrixXd::Ones(10, 4));
  CHECK_THROWS_WITH(scheme.analyse(example.members, 1, example.predicted(), example.measurement),
                    Catch::Contains("not among those"));
  example.measurement.values.conservativeResize(3);
  example.measurement.error_variance.conservativeResize(3);
  CHECK_THROWS_WITH(scheme.analyse(example.members, 0, example.predicted().topRows(3), example.measurement),
                    Catch::Contains("as many sensors"));
}

TEST_CASE("the extended Kalman filter carries the covariance by the model's derivative", "[extended_kalman]") {
  SECTION("a linear model: exactly") {
    LinearAdvection model({.points = 9, .shift = 2, .damping = 0.9});
    Gaussian estimate = sample_moments(random_example(9, 20, 3).members);
    const Eigen::VectorXd mean = estimate.mean;
    const Eigen::MatrixXd P = estimate.covariance;
    extended_kalman_forecast(estimate, model, {0, 3});
    const double damping = std::pow(0.9, 3);
    for (Index i = 0; i < 9; ++i) {
      CHECK(estimate.mean((i + 6) % 9) == Approx(damping * mean(i)));
      for (Index j = 0; j < 9; ++j)
        CHECK(estimate.covariance((i + 6) % 9, (j + 6) % 9) == Approx(damping * damping * P(i, j)));
    }
  }
  SECTION("Lorenz-96: what a tiny ensemble shows") {
    RungeKutta4 model(Lorenz96{.points = 8}, 0.05);
    const Eigen::VectorXd start = 3 + standard_normal(8, {1, 1000, 0}).array();
    const Eigen::MatrixXd anomalies = 1e-6 * Eigen::MatrixXd::Identity(8, 8);
    Gaussian estimate{.mean = start, .covariance = anomalies * anomalies.transpose()};
    extended_kalman_forecast(estimate, model, {0, 0.5});
    Ensemble plus = anomalies.colwise() + start, minus = (-anomalies).colwise() + start;
    model.advance(plus, {0, 0.5});
    model.advance(minus, {0, 0.5});
    const Eigen::MatrixXd moved = (plus - minus) / 2;
    CHECK((estimate.covariance - moved * moved.transpose()).cwiseAbs().maxCoeff() <
          1e-7 * estimate.covariance.cwiseAbs().maxCoeff());
    CHECK(estimate.covariance == estimate.covariance.transpose());
  }
}
