#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <array>
#include <catch2/catch.hpp>
#include <semiflow/assimilation/desroziers.hpp>
#include <semiflow/core/error.hpp>

#include "example.hpp"

using namespace semiflow;

namespace {

// Two members with this mean and this unbiased variance.
Ensemble two_members(const Eigen::VectorXd& mean, const Eigen::VectorXd& variance) {
  Ensemble members(mean.size(), 2);
  members << mean - (variance / 2).cwiseSqrt(), mean + (variance / 2).cwiseSqrt();
  return members;
}

// A damped rotation with noise, of which two sums are measured: x' = M x + q, y = H x + r.
struct LinearSystem {
  Eigen::Matrix3d model, noise;
  Eigen::MatrixXd observation;
  Eigen::VectorXd error_variance;

  LinearSystem() : observation(2, 3), error_variance(2) {
    model << 0.8, 0.4, 0, -0.4, 0.7, 0.2, 0, 0.1, 0.9;
    noise << 1, 0.3, 0, 0.3, 0.5, 0, 0, 0, 0.4;
    observation << 1, 0, 0.5, 0, 1, -1;
    error_variance << 0.7, 2;
  }

  // The covariance that the Kalman filter's forecasts have after many cycles.
  Eigen::MatrixXd forecast_covariance() const {
    Eigen::MatrixXd B = noise;
    for (int k = 0; k < 500; ++k)
      B = model * (B - kalman_gain(B, observation, error_variance) * observation * B) * model.transpose() + noise;
    return B;
  }
};

Eigen::VectorXd draw(const Eigen::MatrixXd& covariance, std::uint64_t item, std::uint64_t step) {
  return covariance.llt().matrixL() * standard_normal(covariance.rows(), {5, 1000, item, step});
}

// x' = 0.9 x + q with var q = 1, measured with variance 0.5. What the formula makes of another variance that the filter
// takes the errors for, in the mean: the gain K of that filter gives its forecasts the error variance p.
double expected_variance(double assumed) {
  double variance = 1, K = 0;
  for (int k = 0; k < 500; ++k) {
    K = variance / (variance + assumed);
    variance = 0.81 * (1 - K) * variance + 1;
  }
  const double p = (0.81 * K * K * 0.5 + 1) / (1 - 0.81 * (1 - K) * (1 - K));
  return (1 - K) * (p + 0.5);
}

// And in a run.
double found_variance(double assumed, std::uint64_t seed) {
  const Index cycles = 60000;
  DesroziersDiagnostics diagnostics;
  double truth = 0, state = 0, variance = 1;
  const Eigen::VectorXd noise = standard_normal(2 * cycles, {seed, 1000, 0});
  for (Index k = 0; k < cycles; ++k) {
    truth = 0.9 * truth + noise(2 * k);
    state = 0.9 * state;
    variance = 0.81 * variance + 1;
    const Measurement measurement{.values = Eigen::VectorXd::Constant(1, truth + std::sqrt(0.5) * noise(2 * k + 1)),
                                  .error_variance = Eigen::VectorXd::Constant(1, assumed)};
    const Gaussian forecast{Eigen::VectorXd::Constant(1, state), Eigen::MatrixXd::Constant(1, 1, variance)};
    const Gaussian analysis = kalman_update(forecast, Eigen::MatrixXd::Ones(1, 1), measurement);
    if (k >= 50)
      diagnostics.add(two_members(forecast.mean, forecast.covariance.diagonal()),
                      two_members(analysis.mean, analysis.covariance.diagonal()), measurement);
    state = analysis.mean(0);
    variance = analysis.covariance(0, 0);
  }
  return diagnostics.estimate().estimated.observation;
}

}  // namespace

TEST_CASE("the departures of a Kalman filter tell its variances", "[desroziers]") {
  const LinearSystem system;
  const Eigen::MatrixXd B = system.forecast_covariance();
  const Eigen::MatrixXd S =
      system.observation * B * system.observation.transpose() + Eigen::MatrixXd(system.error_variance.asDiagonal());
  const Index cycles = 40000;
  DesroziersDiagnostics by_sensor(2), together;
  // In the fixed point from the start: the error of the first forecast is a draw of its covariance.
  Eigen::VectorXd truth = Eigen::VectorXd::Zero(3);
  Gaussian forecast{draw(B, 0, 0), B};
  for (Index k = 0; k < cycles; ++k) {
    const auto step = static_cast<std::uint64_t>(k);
    const Measurement measurement{
        .values = system.observation * truth + draw(Eigen::MatrixXd(system.error_variance.asDiagonal()), 1, step),
        .error_variance = system.error_variance};
    const Gaussian analysis = kalman_update(forecast, system.observation, measurement);
    const auto predicted = [&](const Gaussian& state) {
      return two_members(system.observation * state.mean,
                         (system.observation * state.covariance * system.observation.transpose()).diagonal());
    };
    by_sensor.add(predicted(forecast), predicted(analysis), measurement);
    together.add(predicted(forecast), predicted(analysis), measurement);
    truth = system.model * truth + draw(system.noise, 2, step);
    forecast = {system.model * analysis.mean, B};
  }

  // Departures of different times are independent in the fixed point, and d_a = R S^-1 d_b. So a mean of products u v has
  // the variance (<uu><vv> + <uv>^2) / cycles.
  const Eigen::MatrixXd A = B - kalman_gain(B, system.observation, system.error_variance) * system.observation * B;
  const Eigen::MatrixXd R = system.error_variance.asDiagonal(), T = R * S.inverse() * R;
  for (Index j = 0; j < 2; ++j) {
    const DesroziersEstimate found = by_sensor.estimate(j);
    const double s = S(j, j), r = R(j, j), t = T(j, j), b = s - r, a = r - t, increment = s - 2 * r + t;
    const auto check = [&](double estimate, double expected, double uu, double vv) {
      CHECK(std::abs(estimate - expected) < 3 * std::sqrt((uu * vv + expected * expected) / cycles));
    };
    CHECK(found.departures == cycles);
    CHECK(found.innovation_variance == found.estimated.observation + found.estimated.forecast);
    check(found.innovation_variance, s, s, s);
    check(found.estimated.observation, r, t, s);
    check(found.estimated.forecast, b, increment, s);
    check(found.estimated.analysis, a, increment, t);
    CHECK(found.assumed.observation == Approx(r).epsilon(1e-10));
    CHECK(found.assumed.forecast ==
          Approx((system.observation * B * system.observation.transpose())(j, j)).epsilon(1e-10));
    CHECK(found.assumed.analysis ==
          Approx((system.observation * A * system.observation.transpose())(j, j)).epsilon(1e-10));
    CHECK(a == Approx((system.observation * A * system.observation.transpose())(j, j)).epsilon(1e-10));
  }

  const DesroziersEstimate one = by_sensor.estimate(0), other = by_sensor.estimate(1), all = together.estimate();
  CHECK(all.departures == 2 * cycles);
  CHECK(all.estimated.observation ==
        Approx((one.estimated.observation + other.estimated.observation) / 2).epsilon(1e-10));
  CHECK(all.assumed.forecast == Approx((one.assumed.forecast + other.assumed.forecast) / 2).epsilon(1e-10));
}

TEST_CASE("a wrong R becomes right after some runs", "[desroziers]") {
  double expected = GENERATE(0.1, 2.5), found = expected;
  // The sampling error of a run is sqrt(2 / 60000) = 0.6 % or, with a wrong gain, a little more.
  CHECK(found_variance(expected, 0) == Approx(expected_variance(expected)).epsilon(0.025));
  for (std::uint64_t run = 1; run <= 12; ++run) {
    found = found_variance(found, run);
    expected = expected_variance(expected);
  }
  CHECK(expected == Approx(0.5).epsilon(0.01));
  CHECK(found == Approx(0.5).epsilon(0.03));
}

TEST_CASE("Desroziers diagnostics go on from their state and know any groups", "[desroziers]") {
  const Example example = random_example(12, 5, 6);
  const Ensemble forecast = example.predicted(), analysis = 0.5 * forecast;
  DesroziersDiagnostics whole(3), first(3);
  const std::array<Index, 6> group{2, 0, 2, 2, 0, 2};
  first.add(forecast, analysis, example.measurement, group);
  DesroziersDiagnostics second(first.state());
  for (int k = 0; k < 2; ++k) whole.add(forecast, analysis, example.measurement, group);
  second.add(forecast, analysis, example.measurement, group);
  CHECK(second.state() == whole.state());
  CHECK(whole.estimate(0).departures == 4);
  CHECK(whole.estimate(1).departures == 0);
  CHECK(std::isnan(whole.estimate(1).estimated.observation));

  const double d = example.measurement.values(1) - forecast.row(1).mean();
  const double e = example.measurement.values(4) - forecast.row(4).mean();
  CHECK(whole.estimate(0).innovation_variance == Approx((d * d + e * e) / 2).epsilon(1e-12));
}

TEST_CASE("Desroziers diagnostics refuse what does not fit", "[desroziers]") {
  const Example example = random_example(12, 5, 6);
  const Ensemble predicted = example.predicted();
  DesroziersDiagnostics diagnostics(2);
  CHECK_THROWS_AS(diagnostics.add(predicted, predicted, example.measurement), Error);
  CHECK_THROWS_AS(diagnostics.add(predicted, predicted, example.measurement, std::array<Index, 6>{0, 0, 0, 0, 0, 2}),
                  Error);
  CHECK(diagnostics.state() == DesroziersDiagnostics(2).state());
  CHECK_THROWS_AS(diagnostics.add(predicted, predicted.topRows(5), example.measurement), Error);
  CHECK_THROWS_AS(diagnostics.estimate(2), Error);
  CHECK_THROWS_AS(DesroziersDiagnostics(0), Error);
  CHECK_THROWS_AS(DesroziersDiagnostics(Eigen::MatrixXd(Eigen::MatrixXd::Zero(3, 1))), Error);
}
