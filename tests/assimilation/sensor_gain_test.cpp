#include <catch2/catch.hpp>
#include <semiflow/assimilation/kalman.hpp>
#include <semiflow/assimilation/linear_observations.hpp>
#include <semiflow/assimilation/sensor_gain.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/pde/linear_advection.hpp>

using namespace semiflow;

namespace {

Eigen::MatrixXd noise(Index rows, Index cols, std::uint64_t item) {
  return standard_normal(rows * cols, {47, 1000, item}).reshaped(rows, cols);
}

double largest(const Eigen::MatrixXd& m) { return m.cwiseAbs().maxCoeff(); }

const Grid plane({{6, 1.0}, {8, 2.0}});

Eigen::VectorXd smooth_power() {
  return 3 * (-(plane.harmonic(0).square() + 2 * plane.harmonic(1).square()) / 6).exp();
}

// The covariance of errors with that power: [point x point].
Eigen::MatrixXd covariance() {
  Fft fft(plane);
  Ensemble columns = Ensemble::Identity(plane.points(), plane.points());
  Spectrum spectrum(plane.modes(), plane.points());
  fft.forward(columns, spectrum);
  spectrum = smooth_power().cast<std::complex<double>>().asDiagonal() * spectrum;
  fft.inverse(spectrum, columns);
  return columns;
}

// A linear model with the truth 0, measured with white noise at irregular times.
TrainingRun run_of(const Eigen::MatrixXd& sensors, std::uint64_t item) {
  TrainingRun run{.truth = Ensemble::Zero(sensors.cols(), 80)};
  double time = 0;
  for (Index k = 0; k < 80; ++k) {
    time += 1 + static_cast<double>(k * k % 3);
    run.measurements.push_back({.time = time,
                                .values = 0.5 * noise(sensors.rows(), 1, 1000 * item + static_cast<std::uint64_t>(k)),
                                .error_variance = Eigen::VectorXd::Constant(sensors.rows(), 0.25)});
  }
  return run;
}

}  // namespace

TEST_CASE("with a sensor at every point the gain of sensors is the spectral one", "[sensor_gain]") {
  const Index points = plane.points();
  const Ensemble forecast = noise(points, 1, 1);
  const Measurement measurement{.values = noise(points, 1, 2),
                                .error_variance = Eigen::VectorXd::Constant(points, 0.3)};
  Ensemble spectral = forecast, sensed = forecast;
  SpectralGain(plane, smooth_power()).analyse(spectral, 0, forecast, measurement);
  const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(points, points);
  ConstantGain(homogeneous_gain(plane, smooth_power(), identity, measurement.error_variance))
      .analyse(sensed, 0, forecast, measurement);
  CHECK(largest(spectral - sensed) < 1e-14);
  CHECK(largest(spectral - forecast) > 0.1);
}

TEST_CASE("off the grid it is the Kalman gain of the interpolated field", "[sensor_gain]") {
  Eigen::MatrixXd positions = uniform(2 * 7, {47, 1001, 0}).reshaped(2, 7);
  positions.row(1) *= 2;
  const LinearObservations observe = trigonometric_interpolation(plane, positions);
  const Eigen::VectorXd variance = (0.1 + noise(7, 1, 3).array().square()).matrix();
  const Eigen::MatrixXd expected = kalman_gain(covariance(), Eigen::MatrixXd(observe.matrix()), variance);
  CHECK(largest(homogeneous_gain(plane, smooth_power(), Eigen::MatrixXd(observe.matrix()), variance) - expected) <
        1e-13);

  // V6: <C u, y> = <u, C* y>.
  const Ensemble u = noise(plane.points(), 1, 4), y = noise(7, 1, 5);
  const double left = (observe(u).transpose() * y)(0), right = (u.transpose() * observe.adjoint(u.col(0), y))(0);
  CHECK(left == Approx(right).epsilon(1e-12));

  // An error of the mean alone is corrected in the mean alone: nothing else moves what a model conserves (V9).
  const Ensemble off = Ensemble::Constant(plane.points(), 1, 1.0);
  Eigen::VectorXd power = Eigen::VectorXd::Zero(plane.modes());
  power(0) = 2;
  const Ensemble moved = homogeneous_gain(plane, power, Eigen::MatrixXd(observe.matrix()), variance) * observe(off);
  CHECK(largest(moved.array() - moved.mean()) < 1e-14);
}

TEST_CASE("the trainings with and without the words of sensors agree", "[sensor_gain]") {
  const Grid line({{6, 1.0}});
  LinearAdvection model({.points = 6, .damping = 1.3});
  const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(6, 6);
  const std::vector<TrainingRun> runs{run_of(identity, 1), run_of(identity, 2)};
  const std::vector<Eigen::VectorXd> starts{runs[0].measurements[0].values, runs[1].measurements[0].values};
  const WienerTraining options{.sweeps = 40, .warm_up = 10};
  const WienerGain spectral = train_wiener_gain(line, model, runs, options);
  const SensorWienerGain sensed = train_sensor_gain(line, model, identity, runs, starts, options);
  CHECK((sensed.error_power().array() / spectral.error_power().array() - 1).abs().maxCoeff() < 1e-9);
}

TEST_CASE("gains of sensors refuse what does not fit", "[sensor_gain]") {
  const Eigen::MatrixXd one = Eigen::MatrixXd::Identity(1, plane.points());
  const Eigen::VectorXd variance = Eigen::VectorXd::Ones(1);
  Eigen::VectorXd power = smooth_power();
  CHECK_THROWS_WITH(homogeneous_gain(plane, power, one.leftCols(3), variance), Catch::Contains("every number"));
  CHECK_THROWS_WITH(homogeneous_gain(plane, power, one, 0 * variance), Catch::Contains("positive error variance"));
  CHECK_THROWS_WITH(homogeneous_gain(plane, power.head(3), one, variance), Catch::Contains("whole fields"));
  power(2) = INFINITY;
  CHECK_THROWS_WITH(homogeneous_gain(plane, power, one, variance), Catch::Contains("finite"));
  const WienerGain gain(plane, smooth_power().transpose());
  CHECK_THROWS_WITH(SensorWienerGain(gain, one, variance).after(0), Catch::Contains("at least one step"));
  CHECK_THROWS_WITH(SensorWienerGain(gain, one.leftCols(3), variance), Catch::Contains("same state"));
}
