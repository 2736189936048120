#include <catch2/catch.hpp>
#include <semiflow/assimilation/discovery/gaussian_process_fit.hpp>
#include <semiflow/assimilation/discovery/local_spline.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/pde/initial_states.hpp>

using namespace semiflow;

namespace {

const Grid& box() {
  static const Grid grid({{48, 68.0}, {40, 46.0}});
  return grid;
}

// So large a part of the points, by lot.
std::vector<Index> some_points(double part) {
  const Eigen::VectorXd lot = uniform(box().points(), {.seed = 3, .purpose = sensor_position, .item = 0});
  std::vector<Index> points;
  for (Index i = 0; i < box().points(); ++i)
    if (lot(i) < part) points.push_back(i);
  return points;
}

double relative(const Eigen::VectorXd& error, const Eigen::VectorXd& of) { return error.norm() / of.norm(); }

Eigen::VectorXd long_waves() {
  return plane_waves(box(), {{.harmonics = {3, 2, 0}, .phase = 0.4}, {.harmonics = {1, 4, 0}, .phase = 1}});
}

template <typename Fit>
void check_linear_and_exact_at_sensors(Fit& fit, const std::vector<Index>& sensors) {
  const Eigen::VectorXd field = long_waves();
  const Eigen::VectorXd noise = standard_normal(box().points(), {.seed = 1, .purpose = 0, .item = 0});
  const Eigen::VectorXd filled = fit(field(sensors)), of_noise = fit(noise(sensors));
  CHECK((filled - field)(sensors).cwiseAbs().maxCoeff() == 0);
  const Eigen::VectorXd sum = fit((field - 2 * noise)(sensors));
  CHECK((sum - filled + 2 * of_noise).norm() <= 1e-8 * of_noise.norm());
  const Eigen::VectorXd constant = fit(Eigen::VectorXd::Constant(std::ssize(sensors), 0.7));
  CHECK((constant.array() - 0.7).abs().maxCoeff() <= 1e-11);
}

}  // namespace

TEST_CASE("a local spline is linear, exact at its sensors and for cubic polynomials", "[discovery]") {
  const std::vector<Index> sensors = some_points(0.5);
  LocalSpline spline(box(), sensors);
  check_linear_and_exact_at_sensors(spline, sensors);
  // Away from the edges of the box, over which a polynomial jumps.
  const Eigen::ArrayXd y = box().coordinate(0) / 10 - 3.4, x = box().coordinate(1) / 10 - 2.3;
  const Eigen::VectorXd cubic = 1 + x - 2 * y + x * y - 0.5 * y * y + x * x * x - 3 * x * y * y + 2 * y * y * y;
  const Eigen::ArrayXd error = (spline(cubic(sensors)) - cubic).array().abs();
  const auto inside = (y.abs() < 2 && x.abs() < 1.2);
  CHECK(inside.count() > 500);
  CHECK(inside.select(error, 0).maxCoeff() <= 1e-9);
  CHECK(error.maxCoeff() > 1e-3);
  CHECK(relative(spline(long_waves()(sensors)) - long_waves(), long_waves()) <= 5e-3);
}

TEST_CASE("a local spline is periodic and works on a line", "[discovery]") {
  const Grid line({{64, 1.0}});
  std::vector<Index> sensors;
  for (Index i = 0; i < 64; ++i)
    if (i % 3 != 0) sensors.push_back(i);  // point 0 lies between 63 - 1 and 1
  const Eigen::VectorXd field = plane_waves(line, {{.harmonics = {2, 0, 0}, .phase = 0.3}});
  const Eigen::VectorXd error = LocalSpline(line, sensors, {.neighbours = 8})(field(sensors)) - field;
  CHECK(error.cwiseAbs().maxCoeff() <= 1e-3);
}

TEST_CASE("a local spline refuses what it cannot do", "[discovery]") {
  const Grid small({{8, 1.0}, {8, 1.0}});
  std::vector<Index> row, repeated(12, 1), beyond(12, 64);
  for (Index i = 0; i < 8; ++i) row.push_back(i);
  CHECK_THROWS_AS(LocalSpline(small, repeated, {.neighbours = 12}), Error);
  CHECK_THROWS_AS(LocalSpline(small, beyond, {.neighbours = 12}), Error);
  CHECK_THROWS_AS(LocalSpline(small, row, {.neighbours = 12}), Error);
  CHECK_THROWS_AS(LocalSpline(small, row, {.neighbours = 8}), Error);
  row.insert(row.end(), {8, 9, 10, 11});  // two rows do not tell a cubic across them
  CHECK_THROWS_AS(LocalSpline(small, row, {.neighbours = 12}), Error);
  CHECK_THROWS_AS(LocalSpline(box(), some_points(0.5))(Eigen::VectorXd::Zero(3)), Error);
}

TEST_CASE("the fit of a Gaussian process is linear, exact at its sensors and smooth between them", "[discovery]") {
  const std::vector<Index> sensors = some_points(0.5);
  GaussianProcessFit fit(box(), sensors);
  check_linear_and_exact_at_sensors(fit, sensors);
  CHECK(relative(fit(long_waves()(sensors)) - long_waves(), long_waves()) <= 1e-3);
}

TEST_CASE("the fit of a Gaussian process is the sum of its kernels", "[discovery]") {
  // The textbook's equations: K a = y - mean, with the generalised least-squares estimate of the mean.
  const Grid line({{24, 3.0}});
  const std::vector<Index> sensors{0, 3, 4, 9, 15, 16, 20};
  const double smoothness = 1.5, length = 0.6;
  GaussianProcessFit fit(line, sensors, {.smoothness = smoothness, .length = length, .tolerance = 1e-14});
  const Eigen::ArrayXd k = line.wavenumber(0), x = line.coordinate(0);
  const Eigen::ArrayXd spectrum =
      line.multiplicity() * (2 * smoothness / (length * length) + k.square()).pow(-smoothness - 0.5);
  const auto kernel = [&](double distance) { return (spectrum * (k * distance).cos()).tail(k.size() - 1).sum(); };
  const Eigen::VectorXd y = standard_normal(7, {.seed = 2, .purpose = 0, .item = 0}), ones = Eigen::VectorXd::Ones(7);
  Eigen::MatrixXd among(7, 7), to(24, 7);
  for (Index j = 0; j < 7; ++j) {
    const double at = x(sensors[static_cast<std::size_t>(j)]);
    for (Index i = 0; i < 24; ++i) to(i, j) = kernel(x(i) - at);
  }
  among = to(sensors, Eigen::all);
  const Eigen::LDLT<Eigen::MatrixXd> factor(among);
  const double mean = ones.dot(factor.solve(y)) / ones.dot(factor.solve(ones));
  const Eigen::VectorXd field = (to * factor.solve(y - mean * ones)).array() + mean;
  CHECK((fit(y) - field).cwiseAbs().maxCoeff() <= 1e-9);
}

TEST_CASE("the fit of a Gaussian process refuses what it cannot do", "[discovery]") {
  const std::vector<Index> none{}, repeated{1, 1}, beyond{box().points()}, one{5};
  CHECK_THROWS_AS(GaussianProcessFit(box(), none), Error);
  CHECK_THROWS_AS(GaussianProcessFit(box(), repeated), Error);
  CHECK_THROWS_AS(GaussianProcessFit(box(), beyond), Error);
  CHECK_THROWS_AS(GaussianProcessFit(box(), one, {.smoothness = 0}), Error);
  CHECK_THROWS_AS(GaussianProcessFit(box(), one, {.length = 0}), Error);
  CHECK_THROWS_AS(GaussianProcessFit(box(), one)(Eigen::VectorXd::Zero(2)), Error);
  CHECK_THROWS_AS(GaussianProcessFit(box(), some_points(0.5), {.max_iterations = 2})(long_waves()(some_points(0.5))),
                  Error);
}
