#include <Eigen/LU>
#include <catch2/catch.hpp>
#include <semiflow/assimilation/correlated_errors.hpp>
#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/assimilation/variational.hpp>
#include <semiflow/core/conformance.hpp>

#include "example.hpp"

using namespace semiflow;

namespace {

Eigen::MatrixXd correlated(Index sensors) {
  Eigen::MatrixXd R(sensors, sensors);
  for (Index i = 0; i < sensors; ++i)
    for (Index j = 0; j < sensors; ++j) R(i, j) = (0.3 + 0.1 * double(std::min(i, j))) * std::pow(0.6, std::abs(i - j));
  return (R + R.transpose()) / 2;
}

}  // namespace

TEST_CASE("an ETKF of whitened sensors is the Kalman filter with a dense R", "[correlated_errors]") {
  const Example example = random_example(9, 30, 5);
  const Eigen::MatrixXd R = correlated(5), H = example.matrix();
  const ErrorCovariance errors(R);
  const WhitenedObservations observe(example.observe, errors);
  Ensemble members = example.members;
  Etkf().analyse(members, observe(members), errors.whiten(example.measurement));

  const Gaussian before = sample_moments(example.members), after = sample_moments(members);
  const Eigen::MatrixXd K = before.covariance * H.transpose() * (H * before.covariance * H.transpose() + R).inverse();
  const Eigen::VectorXd mean = before.mean + K * (example.measurement.values - H * before.mean);
  CHECK((after.mean - mean).cwiseAbs().maxCoeff() < 1e-12);
  CHECK((after.covariance - (before.covariance - K * H * before.covariance)).cwiseAbs().maxCoeff() < 1e-12);

  // 3D-Var takes the same operator.
  const Background background{.mean = before.mean, .root = covariance_root(before.covariance)};
  const VariationalAnalysis analysis = three_d_var(background, observe, errors.whiten(example.measurement));
  CHECK((analysis.state - mean).cwiseAbs().maxCoeff() < 1e-9);
}

TEST_CASE("whitened sensors keep the contract of DifferentiableObservation", "[correlated_errors]") {
  const Example example = random_example(9, 4, 5);
  const WhitenedObservations observe(example.observe, ErrorCovariance(correlated(5)));
  CHECK(check_differentiable_observation(observe, Eigen::VectorXd(example.members.col(0)), example.members) ==
        std::vector<std::string>{});
  CHECK(check_observation_operator(observe, example.members) == std::vector<std::string>{});
}

TEST_CASE("noise has the covariance that it is asked for", "[correlated_errors]") {
  const Eigen::MatrixXd R = correlated(4);
  const ErrorCovariance errors(R);
  const Eigen::VectorXd exact = Eigen::VectorXd::LinSpaced(4, 1, 4);
  const Index events = 40000;
  Ensemble noise(4, events);
  for (Index k = 0; k < events; ++k)
    noise.col(k) = errors.noisy_measurement(exact, static_cast<std::uint64_t>(k), 0, 7).values - exact;
  // The standard deviation of a sampled covariance is about sqrt(2 / events) of the variances: five of them.
  CHECK((noise * noise.transpose() / double(events) - R).cwiseAbs().maxCoeff() <
        5 * std::sqrt(2.0 / double(events)) * R.maxCoeff());
  CHECK((errors.noisy_measurement(exact, 1, 0, 7).error_variance - R.diagonal()).cwiseAbs().maxCoeff() < 1e-14);
}

TEST_CASE("what is no covariance of errors is refused", "[correlated_errors]") {
  CHECK_THROWS_WITH(ErrorCovariance(Eigen::MatrixXd::Zero(2, 3)), Catch::Contains("square"));
  CHECK_THROWS_WITH(ErrorCovariance(Eigen::MatrixXd::Zero(2, 2)), Catch::Contains("positive definite"));
  Eigen::Matrix2d R;
  R << 1, 0.5, 0.4, 1;
  CHECK_THROWS_WITH(ErrorCovariance(R), Catch::Contains("symmetric"));
  R << 1, NAN, NAN, 1;
  CHECK_THROWS_WITH(ErrorCovariance(R), Catch::Contains("finite"));
  const ErrorCovariance errors(Eigen::MatrixXd::Identity(3, 3));
  CHECK_THROWS_WITH(errors.whiten(Ensemble(Ensemble::Zero(2, 1))), Catch::Contains("one row a sensor"));
}

TEST_CASE("exponential correlations are those of a process around the circle", "[correlated_errors]") {
  const Grid line({{8, 4.0}});
  const Eigen::MatrixXd positions = Eigen::RowVectorXd::LinSpaced(8, 0, 3.5);
  const Eigen::MatrixXd R = exponential_covariance(line, positions, 4.0, 0.5);
  CHECK(R(0, 0) == 4.0);
  CHECK(R(0, 1) == Approx(4 * std::exp(-1.0)).epsilon(1e-15));
  CHECK(R(0, 4) == Approx(4 * std::exp(-4.0)).epsilon(1e-15));
  CHECK(R(0, 7) == Approx(R(0, 1)).epsilon(1e-15));
  // On a stretch that is no more than half of the circle, the inverse knows neighbours only (an AR(1) process).
  const Eigen::MatrixXd inverse = R.topLeftCorner(4, 4).inverse();
  const double a = std::exp(-1.0);
  CHECK(inverse(0, 0) == Approx(1 / (4 * (1 - a * a))).epsilon(1e-13));
  CHECK(inverse(1, 1) == Approx((1 + a * a) / (4 * (1 - a * a))).epsilon(1e-13));
  CHECK(inverse(0, 1) == Approx(-a / (4 * (1 - a * a))).epsilon(1e-13));
  CHECK(std::abs(inverse(0, 2)) < 1e-15);
  CHECK_NOTHROW(ErrorCovariance(R));
  CHECK_THROWS_AS(exponential_covariance(line, positions, 4.0, 0.0), Error);
  CHECK_THROWS_AS(exponential_covariance(line, positions, -1.0, 1.0), Error);
  CHECK_THROWS_AS(exponential_covariance(line, Eigen::MatrixXd::Zero(2, 3), 1.0, 1.0), Error);
}
