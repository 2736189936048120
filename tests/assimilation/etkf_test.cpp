#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <Eigen/QR>
#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <numeric>
#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/assimilation/symmetric_eigen.hpp>
#include <semiflow/core/error.hpp>

#include "example.hpp"

using namespace semiflow;

namespace {

Ensemble analysed(const Example& example, const Etkf::Options& options = {}) {
  Ensemble members = example.members;
  Etkf(options).analyse(members, example.predicted(), example.measurement);
  return members;
}

// Fewer and more sensors than members, than the state; one sensor; two members; more than one block of sensors.
Example some_example() {
  const auto [state, members, sensors] =
      GENERATE(std::array<Index, 3>{5, 40, 2}, std::array<Index, 3>{40, 7, 40}, std::array<Index, 3>{33, 20, 20},
               std::array<Index, 3>{3, 2, 1}, std::array<Index, 3>{300, 20, 290});
  return random_example(state, members, sensors);
}

}  // namespace

TEST_CASE("the ETKF is the Kalman filter of its own sample covariance", "[etkf]") {
  const Example example = some_example();
  const double inflation = GENERATE(1.0, 1.1);
  const bool rotate = GENERATE(false, true);
  const Gaussian expected = kalman_of(example, inflation);
  const Gaussian analysis =
      sample_moments(analysed(example, {.inflation = {.prior_std = inflation}, .rotate = rotate, .seed = 5}));
  CHECK(largest(analysis.mean - expected.mean) < 1e-12);
  CHECK(largest(analysis.covariance - expected.covariance) < 1e-12);
}

TEST_CASE("the symmetric square root is symmetric and keeps the mean", "[etkf]") {
  const Example example = some_example();
  const Eigen::MatrixXd weights = etkf_weights(example.predicted(), example.measurement);
  const Eigen::VectorXd shift = weights.rowwise().mean();
  const Eigen::MatrixXd root = weights.colwise() - shift;
  CHECK(largest(root - root.transpose()) < 1e-13);
  CHECK(std::abs(shift.sum() - 1) < 1e-13);
}

TEST_CASE("eigenvectors and eigenvalues make up the matrix", "[etkf]") {
  const Index n = GENERATE(1, 2, 3, 20, 64);
  const Eigen::MatrixXd factor = standard_normal(n * n, {1, 1000, 0}).reshaped(n, n);
  // Well conditioned, singular, diagonal and zero.
  const Eigen::MatrixXd matrix =
      GENERATE_COPY(Eigen::MatrixXd(factor * factor.transpose()), Eigen::MatrixXd(Eigen::MatrixXd::Ones(n, n)),
                    Eigen::MatrixXd(factor.col(0).asDiagonal()), Eigen::MatrixXd(Eigen::MatrixXd::Zero(n, n)));
  const auto [values, vectors] = detail::symmetric_eigen(matrix);
  CHECK(largest(vectors.transpose() * vectors - Eigen::MatrixXd::Identity(n, n)) < 1e-13);
  CHECK(largest(vectors * values.asDiagonal() * vectors.transpose() - matrix) < 1e-12);
  CHECK(std::is_sorted(values.begin(), values.end()));
}

TEST_CASE("two batches of sensors one after the other are one batch", "[etkf]") {
  const Example example = random_example(30, 12, 10);
  const Gaussian together = sample_moments(analysed(example));
  Example apart = example;
  for (const auto& sensors : {Eigen::seqN(0, 4), Eigen::seqN(4, 6)}) {
    const Eigen::MatrixXd predicted = apart.predicted()(sensors, Eigen::all);
    Measurement part = example.measurement;
    part.values = example.measurement.values(sensors);
    part.error_variance = example.measurement.error_variance(sensors);
    Etkf().analyse(apart.members, predicted, part);
  }
  const Gaussian analysis = sample_moments(apart.members);
  CHECK(largest(analysis.mean - together.mean) < 1e-12);
  CHECK(largest(analysis.covariance - together.covariance) < 1e-12);
}

TEST_CASE("the order of sensors and members and the basis of the state do not matter", "[etkf]") {
  const Example example = some_example();
  const Eigen::MatrixXd predicted = example.predicted();
  const Ensemble expected = analysed(example);

  std::vector<Index> order(static_cast<std::size_t>(predicted.rows()));
  std::iota(order.rbegin(), order.rend(), Index{0});
  Measurement permuted = example.measurement;
  permuted.values = example.measurement.values(order);
  permuted.error_variance = example.measurement.error_variance(order);
  Ensemble members = example.members;
  Etkf().analyse(members, predicted(order, Eigen::all), permuted);
  CHECK(largest(members - expected) < 1e-12);

  members = example.members.rowwise().reverse();
  Etkf().analyse(members, predicted.rowwise().reverse(), example.measurement);
  CHECK(largest(members.rowwise().reverse() - expected) < 1e-12);

  const Index n = example.members.rows();
  const Eigen::MatrixXd basis =
      Eigen::MatrixXd(standard_normal(n * n, {1, 1000, 0}).reshaped(n, n)).householderQr().householderQ();
  members = basis * example.members;
  Etkf().analyse(members, predicted, example.measurement);
  CHECK(largest(basis.transpose() * members - expected) < 1e-12);
}

TEST_CASE("useless sensors change nothing and perfect sensors decide", "[etkf]") {
  Example example = random_example(6, 20, 6);
  const bool rotate = GENERATE(false, true);
  const Gaussian forecast = sample_moments(example.members);

  example.measurement.error_variance.setConstant(1e30);
  const Ensemble useless = analysed(example, {.rotate = rotate});
  if (!rotate) CHECK(largest(useless - example.members) < 1e-14);
  CHECK(largest(sample_moments(useless).covariance - forecast.covariance) < 1e-14);

  // With H = I and R = r I the analysis mean misses y by r (P + r I)^-1 (m - y), at most r / lambda |m - y| with the
  // smallest eigenvalue lambda of P, and its covariance is at most r. Rounding adds to that: the weights solve with
  // I + S'S, of condition kappa = 1 + Lambda / r with the largest eigenvalue Lambda. Their root, of norm 1, is wrong by
  // members eps sqrt(kappa), from its Cholesky factor, which anomalies of size sqrt(Lambda) carry into the mean in
  // proportion to |m - y| and into the root of the covariance.
  const double r = 1e-10;
  example.measurement.error_variance.setConstant(r);
  const Gaussian perfect = sample_moments(analysed(example, {.rotate = rotate}));
  const Eigen::VectorXd eigenvalues = forecast.covariance.selfadjointView<Eigen::Lower>().eigenvalues();
  const double kappa = 1 + eigenvalues.maxCoeff() / r;
  const double rounding = 20 * std::numeric_limits<double>::epsilon() * std::sqrt(kappa);
  CHECK((perfect.mean - example.measurement.values).norm() <
        (r / eigenvalues.minCoeff() + rounding) * (forecast.mean - example.measurement.values).norm());
  const double root = std::sqrt(r) + std::sqrt(eigenvalues.maxCoeff()) * rounding;
  CHECK(largest(perfect.covariance) < root * root);

  example.measurement.error_variance.setConstant(1e-20);
  CHECK_THROWS_WITH(analysed(example, {.rotate = rotate}), Catch::Contains("10^7 times the observation error"));
}

TEST_CASE("no sensor, no row and no spread are legal", "[etkf]") {
  const bool rotate = GENERATE(false, true);
  Example example = random_example(9, 5, 0);
  if (!rotate) CHECK(largest(analysed(example) - example.members) < 1e-15);
  CHECK(largest(sample_moments(analysed(example, {.rotate = rotate})).covariance -
                sample_moments(example.members).covariance) < 1e-14);

  example = random_example(9, 5, 3);
  const Eigen::MatrixXd predicted = example.predicted();
  Ensemble none(0, 5);
  CHECK_NOTHROW(Etkf({.rotate = rotate}).analyse(none, predicted, example.measurement));

  example.members.colwise() = Eigen::VectorXd(example.members.col(0));
  CHECK(largest(analysed(example, {.inflation = {.relaxation_to_prior_spread = 1}, .rotate = rotate}) -
                example.members) < 1e-14);
}

TEST_CASE("a rotation is orthogonal, keeps the ones, and is new for each event", "[etkf][rotation]") {
  const Index members = GENERATE(1, 2, 3, 20, 101);
  const Eigen::MatrixXd rotation = random_rotation(members, 7, 2);
  CHECK(largest(rotation.transpose() * rotation - Eigen::MatrixXd::Identity(members, members)) < 1e-13);
  CHECK(largest(rotation * Eigen::VectorXd::Ones(members) - Eigen::VectorXd::Ones(members)) < 1e-13);
  CHECK(random_rotation(members, 7, 2) == rotation);
  if (members > 2) {
    CHECK(largest(random_rotation(members, 7, 3) - rotation) > 0.1);
    CHECK(largest(random_rotation(members, 8, 2) - rotation) > 0.1);
  }

  // A member keeps nothing of itself on average: mean 1/members of every entry, as the ones demand.
  if (members != 3) return;
  const Index draws = 4000;
  Eigen::MatrixXd mean = Eigen::MatrixXd::Zero(3, 3), square = mean;
  Index flips = 0;
  for (Index k = 0; k < draws; ++k) {
    const Eigen::Matrix3d draw = random_rotation(3, 7, static_cast<std::uint64_t>(k));
    mean += draw / static_cast<double>(draws);
    square += draw.cwiseAbs2() / static_cast<double>(draws);
    flips += draw.determinant() < 0;
  }
  // Uniform on O(2) in the complement: variance of an entry (1 - 1/3)^2 / 2 on the diagonal.
  const Eigen::MatrixXd basis = Eigen::MatrixXd::Identity(3, 3).array() - 1.0 / 3;
  const Eigen::VectorXd weight = basis.diagonal();
  CHECK(largest(mean - Eigen::MatrixXd::Constant(3, 3, 1.0 / 3)) < 0.03);
  CHECK(largest(square - (weight * weight.transpose() / 2).eval() - Eigen::MatrixXd::Constant(3, 3, 1.0 / 9)) < 0.03);
  CHECK(std::abs(static_cast<double>(flips) / static_cast<double>(draws) - 0.5) < 0.03);
}

TEST_CASE("rotation with relaxation to the perturbations rotates the relaxed ensemble", "[etkf][rotation]") {
  const Example example = random_example(40, 10, 20);
  const Inflation inflation{
      .relaxation_to_prior_perturbations = 0.4, .posterior_std = 1.05, .relaxation_to_prior_spread = 0.3};
  const Gaussian plain = sample_moments(analysed(example, {.inflation = inflation}));
  const Gaussian rotated = sample_moments(analysed(example, {.inflation = inflation, .rotate = true}));
  CHECK(largest(plain.mean - rotated.mean) < 1e-12);
  CHECK(largest(plain.covariance - rotated.covariance) < 1e-12);
}

TEST_CASE("a single member and wrong input are refused", "[etkf]") {
  Example example = random_example(9, 5, 3);
  Eigen::MatrixXd predicted = example.predicted();
  const auto refused = [&](const std::string& message) {
    CHECK_THROWS_WITH(Etkf().analyse(example.members, predicted, example.measurement), Catch::Contains(message));
  };
  predicted(1, 4) = NAN;
  refused("member 4 predicts nan at sensor 1");
  predicted = predicted.topRows(2).eval();
  refused("2 predictions for 3 sensors");
  predicted = example.predicted().leftCols(4);
  refused("[member x member]");
  example.members = example.members.leftCols(1).eval();
  predicted = example.predicted();
  refused("at least two members");
  CHECK_THROWS_AS(Etkf({.inflation = {.prior_std = -1}}), Error);
}
