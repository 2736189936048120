#include <catch2/catch.hpp>
#include <semiflow/assimilation/ensrf.hpp>
#include <semiflow/assimilation/model_noise.hpp>
#include <semiflow/core/communicator.hpp>
#include <semiflow/core/error.hpp>

#include "example.hpp"

using namespace semiflow;

namespace {

Eigen::MatrixXd some_root(Index state, Index dimension) {
  return standard_normal(state * dimension, {6, 1000, 0}).reshaped(state, dimension);
}

Ensemble noise_of(const ModelNoise& noise, Index members, std::uint64_t event = 3) {
  Ensemble result = Ensemble::Zero(noise.state_size(), members);
  noise.add(result, 0, members, event);
  return result;
}

// Truth and members with the identity as their model, Q = 1 and R = 2 in four variables. Means over the cycles of the
// root mean squares of forecast and analysis errors, and of their squares.
struct Errors {
  double forecast, analysis, squared_forecast, squared_analysis;
};

Errors errors_of_random_walk(Index members, Index cycles, std::uint64_t seed) {
  const Eigen::VectorXd one = Eigen::VectorXd::Ones(4), R = 2 * one;
  const ModelNoise noise = ModelNoise::with_variance(one, {.seed = seed});
  const ModelNoise of_truth = ModelNoise::with_variance(one, {.seed = seed + 1000});
  const Ensrf filter;
  Ensemble E(4, members), truth = Ensemble::Zero(4, 1);
  E.setZero();
  noise.add(E, 0, members, 0);
  Errors errors{};
  const Index spin_up = 20;
  for (Index k = 1; k <= cycles; ++k) {
    const auto event = static_cast<std::uint64_t>(k);
    of_truth.add(truth, 0, 1, event);
    noise.add(E, 0, members, event);
    const double forecast = (E.rowwise().mean() - truth.col(0)).squaredNorm() / 4;
    filter.analyse(E, Ensemble(E), noisy_measurement(truth.col(0), R, event, 0, seed));
    const double analysis = (E.rowwise().mean() - truth.col(0)).squaredNorm() / 4;
    if (k <= spin_up) continue;
    const auto count = static_cast<double>(cycles - spin_up);
    errors.forecast += std::sqrt(forecast) / count;
    errors.analysis += std::sqrt(analysis) / count;
    errors.squared_forecast += forecast / count;
    errors.squared_analysis += analysis / count;
  }
  return errors;
}

}  // namespace

TEST_CASE("model noise has the covariance that it is given", "[model_noise]") {
  const Index state = 5, members = 40000;
  const bool zero_mean = GENERATE(false, true);
  const Eigen::MatrixXd root = some_root(state, 3);
  const Eigen::VectorXd variance = root.rowwise().squaredNorm();
  const Gaussian correlated = sample_moments(noise_of(ModelNoise::with_root(root, {.zero_mean = zero_mean}), members));
  const Gaussian alone =
      sample_moments(noise_of(ModelNoise::with_variance(variance, {.zero_mean = zero_mean}), members));
  const Eigen::MatrixXd Q = root * root.transpose(), diagonal = variance.asDiagonal();
  // A covariance of independent samples has the variance (Q_ii Q_jj + Q_ij^2) / members.
  const Eigen::ArrayXXd error =
      ((variance * variance.transpose()).array() + Q.array().square()).sqrt() / std::sqrt(members);
  CHECK(((correlated.covariance - Q).array().abs() < 3.5 * error).all());
  CHECK(((alone.covariance - diagonal).array().abs() < 3.5 * std::sqrt(2) * error).all());
  const Eigen::ArrayXd bound =
      zero_mean ? Eigen::ArrayXd::Constant(state, 1e-13) : Eigen::ArrayXd(3.5 * (variance / members).cwiseSqrt());
  CHECK((correlated.mean.array().abs() < bound).all());
  CHECK((alone.mean.array().abs() < bound).all());
}

TEST_CASE("model noise is the same for any split of the members", "[model_noise][mpi]") {
  const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD);
  const bool zero_mean = GENERATE(false, true), diagonal = GENERATE(false, true);
  const ModelNoise::Options options{.seed = 7, .zero_mean = zero_mean};
  const ModelNoise noise = diagonal ? ModelNoise::with_variance(Eigen::VectorXd::LinSpaced(37, 0, 2), options)
                                    : ModelNoise::with_root(some_root(37, 11), options);
  const Index members = 9;
  const Ensemble whole = noise_of(noise, members);
  const Share mine = world.share(members);
  Ensemble part = Ensemble::Zero(37, mine.size);
  noise.add(part, mine.begin, members, 3);
  CHECK(world.all_members(part, members) == whole);

  if (!zero_mean) CHECK(noise_of(noise, 14).leftCols(members) == whole);
  CHECK(noise_of(noise, members, 4) != whole);
  CHECK(noise_of(ModelNoise::with_variance(Eigen::VectorXd::Zero(3), options), 5) == Ensemble::Zero(3, 5));
}

// specs/assimilation.md, D8: the fixed point of the Riccati equation, b = a + 1 and a = 2 b / (b + 2), is b = 2, a = 1. The
// root mean square of four independent normal numbers is E[chi_4] / 2 = 0.940 in the mean.
TEST_CASE("a random walk is filtered as Riccati says", "[model_noise]") {
  const Index members = 100, cycles = 20000;
  const Errors errors = errors_of_random_walk(members, cycles, 1);
  // N members miss b by E with E E' = 16 / N on the diagonal (by the noise and its products with the anomalies), which moves
  // the gain by E / 8 and the analysis by 1 / N of its square; the mean of their noise adds 1 / N to that of the forecast
  // and 1 / (4 N) to the analysis; of both, a quarter lasts for a cycle.
  const double analysis = 1 + 1.25 * 4 / 3 / members, forecast = analysis + 1 + 1.0 / members;
  // Squares of four numbers have the variance 2 / 4, and in time the correlation 1/4.
  const double sampling = 3 * std::sqrt(0.5 * 5 / 3 / cycles), chi = 0.75 * std::sqrt(M_PI / 2);
  CHECK(errors.squared_analysis == Approx(analysis).epsilon(sampling));
  CHECK(errors.squared_forecast == Approx(forecast).epsilon(sampling));
  CHECK(errors.analysis == Approx(chi * std::sqrt(analysis)).epsilon(sampling / 2));
  CHECK(errors.forecast == Approx(chi * std::sqrt(forecast)).epsilon(sampling / 2));
}

TEST_CASE("model noise refuses what makes no sense", "[model_noise]") {
  CHECK_THROWS_AS(ModelNoise::with_variance(Eigen::VectorXd::Constant(2, -1), {}), Error);
  CHECK_THROWS_AS(ModelNoise::with_variance(Eigen::VectorXd::Constant(2, NAN), {}), Error);
  CHECK_THROWS_AS(ModelNoise::with_root(Eigen::MatrixXd::Constant(2, 1, INFINITY), {}), Error);
  const ModelNoise noise = ModelNoise::with_variance(Eigen::VectorXd::Ones(2), {});
  Ensemble members = Ensemble::Zero(2, 3);
  CHECK_THROWS_AS(noise.add(members, 1, 3, 0), Error);
  CHECK_THROWS_AS(noise.add(members, -1, 3, 0), Error);
  members.resize(3, 2);
  CHECK_THROWS_AS(noise.add(members, 0, 2, 0), Error);
}
