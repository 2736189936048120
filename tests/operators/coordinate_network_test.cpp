#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/operators/shared_features.hpp>

using namespace semiflow;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

MatrixXd random_points(Index count, std::uint64_t seed) {
  return uniform(2 * count, {.seed = seed, .purpose = sensor_position, .item = 0}).reshaped(count, 2);
}

VectorXd wave(const MatrixXd& points, double nx, double ny, double phase) {
  return (2 * std::numbers::pi * (nx * points.col(0) + ny * points.col(1)).array() + phase).cos();
}

double relative(const MatrixXd& error, const MatrixXd& of) { return error.norm() / of.norm(); }

}  // namespace

TEST_CASE("A ridge regression solves its normal equations", "[network]") {
  const MatrixXd f = standard_normal(60 * 12, {.seed = 1, .purpose = 0, .item = 0}).reshaped(60, 12);
  const MatrixXd y = standard_normal(60 * 2, {.seed = 1, .purpose = 0, .item = 1}).reshaped(60, 2);
  const Ridge ridge(f, 0.03);
  CHECK(ridge.lambda() == Approx(0.03 * f.colwise().squaredNorm().mean()).epsilon(1e-14));
  const MatrixXd w = ridge(y);
  const MatrixXd left = f.transpose() * (y - f * w) - ridge.lambda() * w;
  CHECK(left.cwiseAbs().maxCoeff() < 1e-12);
  // Against another way to the same minimum: the stacked least squares.
  MatrixXd stacked(72, 12), right = MatrixXd::Zero(72, 2);
  stacked << f, std::sqrt(ridge.lambda()) * MatrixXd::Identity(12, 12);
  right.topRows(60) = y;
  CHECK((w - stacked.colPivHouseholderQr().solve(right)).cwiseAbs().maxCoeff() < 1e-12);
  CHECK_THROWS_AS(Ridge(f, 0), Error);
  CHECK_THROWS_AS(Ridge(MatrixXd(0, 3), 1), Error);
  CHECK_THROWS_AS(ridge(y.topRows(3)), Error);
}

TEST_CASE("Random Fourier features fit short waves that a plain network of the same size does not", "[network]") {
  const MatrixXd points = random_points(4000, 1), others = random_points(400, 2);
  const VectorXd field = wave(points, 7, 5, 0.4), there = wave(others, 7, 5, 0.4);
  CoordinateNetworkOptions o{.features = 96, .feature_std = 0.6, .width = 64, .iterations = 1000, .batch = 256};
  const CoordinateNetwork fourier(points, field, o);
  CHECK(fourier.misfit()(0) < 0.05);
  CHECK(relative(fourier(others) - there, there) < 0.1);
  o.features = 0;
  const CoordinateNetwork plain(points, field, o);
  CHECK(plain.misfit()(0) > 0.9);
  // A long wave is no trouble to it.
  const CoordinateNetwork of_long_wave(points, wave(points, 0.5, 0.5, 0.4), o);
  CHECK(of_long_wave.misfit()(0) < 0.05);
  CHECK(plain.training_seconds() > 0);
}

TEST_CASE("A network depends on its seed alone, and a periodic one has the period of the box", "[network]") {
  const MatrixXd points = random_points(300, 3), others = random_points(20, 4);
  MatrixXd fields(300, 2);
  fields << wave(points, 2, 1, 0), 1e-3 * wave(points, 1, 0, 1);
  CoordinateNetworkOptions o{.features = 16,
                             .feature_std = 0.4,
                             .periodic = true,
                             .width = 24,
                             .iterations = 300,
                             .batch = 0,
                             .learning_rate = 0.01};
  const CoordinateNetwork network(points, fields, o), again(points, fields, o);
  CHECK(network(others) == again(others));
  CHECK(network.misfit().maxCoeff() < 0.1);  // of both: outputs have unit variance within
  o.seed = 2;
  CHECK((CoordinateNetwork(points, fields, o)(others) - network(others)).norm() > 1e-6);
  MatrixXd moved = others;
  moved.col(0).array() += 1;
  CHECK((network(moved) - network(others)).cwiseAbs().maxCoeff() < 1e-10);
  CHECK(network.features(others).rows() == 20);
  CHECK(network.features(others).cols() == 24 + 32 + 1);
  CHECK_THROWS_AS(network(MatrixXd::Zero(3, 1)), Error);
  CHECK_THROWS_AS(CoordinateNetwork(points, fields.topRows(5), o), Error);
  o.layers = 0;
  CHECK_THROWS_AS(CoordinateNetwork(points, fields, o), Error);
}

TEST_CASE("Shared features are one linear operator, and errors fall out of differences", "[network]") {
  const MatrixXd points = random_points(1200, 5), others = random_points(200, 6);
  const double step = 1e-3;
  const auto field = [](const MatrixXd& x, double time) -> VectorXd {
    return wave(x, 2, 1, time) + 0.3 * wave(x, 3, 2, -2 * time);
  };
  MatrixXd pair(1200, 2), truth(200, 2);
  pair << field(points, 0), field(points, step);
  truth << field(others, 0), field(others, step);
  CoordinateNetworkOptions o{.features = 150, .feature_std = 0.35, .width = 48, .iterations = 300, .batch = 256};
  const SharedFeatures shared(CoordinateNetwork(points, pair, o), points, 1e-9);
  const MatrixXd filled = shared(pair, others);
  VectorXd noise = standard_normal(1200, {.seed = 7, .purpose = 0, .item = 0});
  const MatrixXd sum = shared(pair.col(0) - 2 * noise, others) - filled.col(0) + 2 * shared(noise, others);
  CHECK(sum.cwiseAbs().maxCoeff() < 1e-9 * shared(noise, others).cwiseAbs().maxCoeff());

  // The change of the field over the step is a thousandth of it. Two networks do not see it; shared features do.
  const VectorXd change = truth.col(1) - truth.col(0);
  CHECK(relative(filled.col(1) - filled.col(0) - change, change) < 0.05);
  const CoordinateNetwork before(points, pair.col(0), o);
  o.seed = 2;
  const CoordinateNetwork after(points, pair.col(1), o);
  CHECK(relative(after(others) - before(others) - change, change) > 1);
}
