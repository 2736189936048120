#include <Eigen/Dense>
#include <catch2/catch.hpp>
#include <cmath>
#include <semiflow/assimilation/discovery/innovation_discovery.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>

using namespace semiflow;

namespace {

const Grid line({{8, 8.0}});

Eigen::MatrixXd normal_matrix(Index rows, Index columns, std::uint64_t item, std::uint64_t seed = 31) {
  return standard_normal(rows * columns, {.seed = seed, .purpose = 0, .item = item}).reshaped(rows, columns);
}

Measurement some_measurement() {
  Measurement measurement;
  measurement.values = normal_matrix(3, 1, 1);
  measurement.error_variance = Eigen::Vector3d(0.5, 1, 2);
  measurement.positions = Eigen::RowVector3d(0, 1, 4);
  return measurement;
}

// x' = A x + B c + model noise, seen through H with noise; a Kalman filter whose model has the terms in_model of c.
struct LinearSystem {
  Eigen::MatrixXd a = (Eigen::MatrixXd(3, 3) << 0.9, 0.2, 0, -0.2, 0.9, 0.1, 0, -0.1, 0.8).finished();
  Eigen::MatrixXd b = (Eigen::MatrixXd(3, 2) << 1, 0, 0, 1, 0.5, 0.5).finished();
  Eigen::MatrixXd h = (Eigen::MatrixXd(2, 3) << 1, 0, 0, 0, 0, 1).finished();
  Eigen::MatrixXd q = 0.04 * Eigen::MatrixXd::Identity(3, 3), r = 0.25 * Eigen::MatrixXd::Identity(2, 2);
  Eigen::Vector2d c{0.3, 0};
};

struct FilterRun {
  std::vector<Eigen::VectorXd> innovations{};
  std::vector<Eigen::MatrixXd> covariances{}, sensitivities{};  // of the innovations; H S
  std::vector<Eigen::VectorXd> increments{};                    // K d
};

FilterRun filter(const LinearSystem& system, const Eigen::Vector2d& in_model, std::uint64_t seed, Index events) {
  FilterRun run;
  Eigen::VectorXd truth = Eigen::VectorXd::Zero(3), estimate = truth;
  Eigen::MatrixXd p = system.q, s = Eigen::MatrixXd::Zero(3, 2);
  for (Index k = 0; k < events; ++k) {
    const auto item = static_cast<std::uint64_t>(2 * k);
    truth = system.a * truth + system.b * system.c + 0.2 * normal_matrix(3, 1, item, seed);
    const Eigen::VectorXd y = system.h * truth + 0.5 * normal_matrix(2, 1, item + 1, seed);
    estimate = system.a * estimate + system.b * in_model;
    p = system.a * p * system.a.transpose() + system.q;
    s = system.a * s + system.b;
    run.covariances.emplace_back(system.h * p * system.h.transpose() + system.r);
    const Eigen::MatrixXd gain = p * system.h.transpose() * run.covariances.back().inverse();
    run.innovations.emplace_back(y - system.h * estimate);
    run.sensitivities.emplace_back(system.h * s);
    run.increments.emplace_back(gain * run.innovations.back());
    estimate += run.increments.back();
    p -= gain * system.h * p;
    s -= gain * system.h * s;
  }
  return run;
}

NormalEquations sums_of(const FilterRun& run, Index from, Index to) {
  NormalEquations sums;
  for (auto k = static_cast<std::size_t>(from); k < static_cast<std::size_t>(to); ++k) {
    const Eigen::LLT<Eigen::MatrixXd> cholesky(run.covariances[k]);
    sums +=
        normal_equations(cholesky.matrixL().solve(run.sensitivities[k]), cholesky.matrixL().solve(run.innovations[k]));
  }
  return sums;
}

}  // namespace

TEST_CASE("rows of innovations are whitened by H B H' + R", "[innovation_discovery]") {
  const Eigen::MatrixXd predicted = normal_matrix(3, 6, 0), sensitivity = normal_matrix(3, 2, 2);
  const Measurement measurement = some_measurement();
  const Eigen::VectorXd mean = predicted.rowwise().mean();
  const Eigen::MatrixXd anomalies = predicted.colwise() - mean;
  Eigen::MatrixXd covariance = 1.21 / 5 * anomalies * anomalies.transpose();
  const auto agrees = [&](const WhitenedRows& rows, const Eigen::MatrixXd& forecast) {
    const Eigen::MatrixXd noise = forecast + Eigen::MatrixXd(measurement.error_variance.asDiagonal());
    const Eigen::VectorXd d = measurement.values - mean;
    CHECK((rows.library.transpose() * rows.library - sensitivity.transpose() * noise.inverse() * sensitivity).norm() <
          1e-12);
    CHECK((rows.library.transpose() * rows.target - sensitivity.transpose() * noise.inverse() * d).norm() < 1e-12);
    CHECK(rows.target.squaredNorm() == Approx(d.dot(noise.inverse() * d)));
  };
  agrees(innovation_rows(line, predicted, measurement, sensitivity, {.prior_std = 1.1}), covariance);
  // With a half-width of 1 only the sensors at distance 1 still know of each other, by 5/24.
  covariance(0, 1) *= 5. / 24;
  covariance(1, 0) *= 5. / 24;
  for (const auto& [i, j] : {std::pair<Index, Index>{0, 2}, {2, 0}, {1, 2}, {2, 1}}) covariance(i, j) = 0;
  agrees(innovation_rows(line, predicted, measurement, sensitivity, {.prior_std = 1.1, .taper = GaspariCohn{1}}),
         covariance);

  CHECK_THROWS_AS(innovation_rows(line, predicted, measurement, sensitivity.topRows(2)), Error);
  Measurement nowhere = measurement;
  nowhere.positions.resize(0, 0);
  CHECK_THROWS_AS(innovation_rows(line, predicted, nowhere, sensitivity, {.taper = GaspariCohn{1}}), Error);
}

TEST_CASE("innovations of a wrong model are those of the right one and H S c", "[innovation_discovery]") {
  const LinearSystem system;
  const FilterRun wrong = filter(system, {0, 0}, 5, 50), right = filter(system, system.c, 5, 50);
  for (std::size_t k = 0; k < 50; ++k)
    CHECK((wrong.innovations[k] - right.innovations[k] - wrong.sensitivities[k] * system.c).norm() < 1e-12);
}

TEST_CASE("the gain does not shorten a coefficient, and its error bar is true", "[innovation_discovery]") {
  const LinearSystem system;
  const Index runs = 200;
  double sum = 0, square = 0, plain = 0;
  Index right_support = 0;
  for (Index i = 0; i < runs; ++i) {
    const FilterRun run = filter(system, {0, 0}, static_cast<std::uint64_t>(100 + i), 300);
    const std::vector<InnovationWindow> window{{.sums = sums_of(run, 0, 300), .in_model = Eigen::VectorXd::Zero(2)}};
    const InnovationDiscovery answer = discover_from_innovations(window);
    if (answer.found.support == std::vector<Index>{0}) ++right_support;
    // Of both terms, so that the choice does not matter.
    const LeastSquares fit = refit(window[0].sums, std::vector<Index>{0, 1});
    const Eigen::MatrixXd inverse = window[0].sums.gram.inverse();
    const double z = (fit.coefficients(0) - system.c(0)) / std::sqrt(inverse(0, 0));
    sum += z;
    square += z * z;
    // Increments as they are: those of the state against what the terms do in a step.
    Eigen::VectorXd increment = Eigen::VectorXd::Zero(3);
    for (const Eigen::VectorXd& one : run.increments) increment += one / 300;
    plain += (system.b.colPivHouseholderQr().solve(increment))(0) / static_cast<double>(runs);
  }
  const double n = static_cast<double>(runs), mean = sum / n, deviation = std::sqrt(square / n - mean * mean);
  CHECK(std::abs(mean) < 4 / std::sqrt(n));
  CHECK(deviation > 0.8);
  CHECK(deviation < 1.2);
  CHECK(static_cast<double>(right_support) >= 0.9 * n);
  CHECK(plain < 0.8 * system.c(0));
}

TEST_CASE("error bars do not follow the inflation of the filter", "[innovation_discovery]") {
  const LinearSystem system;
  const FilterRun run = filter(system, {0, 0}, 11, 2000);
  InnovationWindow window{.sums = sums_of(run, 0, 2000), .in_model = Eigen::VectorXd::Zero(2)};
  // In the model, so that the mean square is that of noise.
  window.in_model = refit(window.sums, std::vector<Index>{0}).coefficients;
  window.sums.projection -= window.sums.gram * window.in_model;
  window.sums.target_square = window.sums.rows;
  const Discovery before = discover_from_innovations(std::vector{window}).found;
  for (const double expected : {0.5, 2.0}) {  // times the covariance that the innovations have
    InnovationWindow other = window;
    other.sums.gram /= expected;
    other.sums.projection /= expected;
    other.sums.target_square /= expected;
    const Discovery after = discover_from_innovations(std::vector{other}).found;
    REQUIRE(after.support == before.support);
    CHECK(after.standard_deviation(0) == Approx(before.standard_deviation(0)).epsilon(0.03));
  }
}

TEST_CASE("error bars are true where old windows count less", "[innovation_discovery]") {
  const LinearSystem system;
  const Index runs = 600, windows = 8, length = 60;
  double sum = 0, square = 0;
  for (Index i = 0; i < runs; ++i) {
    const FilterRun run = filter(system, {0, 0}, static_cast<std::uint64_t>(700 + i), windows * length);
    std::vector<InnovationWindow> all;
    for (Index w = 0; w < windows; ++w) {
      InnovationWindow window{.sums = sums_of(run, w * length, (w + 1) * length), .in_model = system.c};
      // The innovations that a model with these terms would have had.
      window.sums.target_square += system.c.dot(window.sums.gram * system.c) - 2 * system.c.dot(window.sums.projection);
      window.sums.projection -= window.sums.gram * system.c;
      all.push_back(window);
    }
    const Discovery found = discover_from_innovations(all, 2).found;
    REQUIRE(found.coefficients(0) != 0);
    const double z = (found.coefficients(0) - system.c(0)) / found.standard_deviation(0);
    sum += z;
    square += z * z;
  }
  const double n = static_cast<double>(runs), mean = sum / n, deviation = std::sqrt(square / n - mean * mean);
  CHECK(std::abs(mean) < 4 / std::sqrt(n));
  CHECK(deviation > 0.9);  // with the weights as they are: 0.76
  CHECK(deviation < 1.1);
}

TEST_CASE("windows with different models add up, and a bad one counts less", "[innovation_discovery]") {
  const LinearSystem system;
  const Eigen::Vector2d zero(0, 0), half(0.15, 0);
  const FilterRun first = filter(system, zero, 7, 200), second = filter(system, half, 8, 200);
  const auto answer = [](const std::vector<InnovationWindow>& windows) { return discover_from_innovations(windows); };
  const InnovationWindow a{.sums = sums_of(first, 0, 200), .in_model = zero},
      b{.sums = sums_of(second, 0, 200), .in_model = half};
  const Discovery alone = answer({a}).found, both = answer({a, b}).found;
  REQUIRE(both.support == std::vector<Index>{0});
  CHECK(std::abs(both.coefficients(0) - 0.3) < 4 * both.standard_deviation(0));
  CHECK(both.standard_deviation(0) < alone.standard_deviation(0));
  CHECK(answer({b}).misfit == Approx(1).margin(0.2));

  // Another window whose innovations are ten times as large, whatever they say.
  InnovationWindow wild = a;
  wild.sums.projection *= -100;
  wild.sums.target_square *= 1e4;
  const InnovationDiscovery warned = answer({b, wild});
  CHECK(std::abs(warned.found.coefficients(0) - 0.3) < 0.05);
  CHECK(warned.misfit_of_model > 1000);
  CHECK_THROWS_AS(discover_from_innovations({}), Error);
}

TEST_CASE("a model that lacks nothing is left alone", "[innovation_discovery]") {
  const LinearSystem system;
  const FilterRun run = filter(system, system.c, 9, 300);
  const std::vector<InnovationWindow> window{{.sums = sums_of(run, 0, 300), .in_model = system.c}};
  const InnovationDiscovery answer = discover_from_innovations(window);
  CHECK(answer.found.support == std::vector<Index>{0});
  CHECK(answer.found.coefficients(0) == Approx(0.3).margin(4 * answer.found.standard_deviation(0)));
  CHECK(answer.misfit_of_model == Approx(1).margin(0.15));
}
