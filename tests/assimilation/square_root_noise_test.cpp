#include <Eigen/Cholesky>
#include <array>
#include <catch2/catch.hpp>
#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/assimilation/square_root_noise.hpp>
#include <semiflow/core/error.hpp>

#include "example.hpp"

using namespace semiflow;

namespace {

Eigen::VectorXd some_variance(Index rows) { return uniform(rows, {3, 1000, 0}); }

Ensemble with_noise(Ensemble members, const Eigen::VectorXd& variance) {
  const Eigen::MatrixXd weights = square_root_noise_weights(Communicator::self(), members, variance);
  apply_weights(members, weights);
  return members;
}

}  // namespace

TEST_CASE("square-root noise adds its covariance in the span of the members", "[square_root_noise]") {
  const auto [state, members] = GENERATE(std::array<Index, 2>{6, 15}, std::array<Index, 2>{75, 8});
  const Ensemble E = random_example(state, members, 0).members;
  const Eigen::VectorXd variance = some_variance(state);
  const Ensemble noisy = with_noise(E, variance);
  const Gaussian before = sample_moments(E), after = sample_moments(noisy);

  const Eigen::MatrixXd A = E.colwise() - before.mean;
  const Eigen::MatrixXd Q = variance.asDiagonal();
  Eigen::MatrixXd projection = Eigen::MatrixXd::Identity(state, state);
  if (members < state)
    projection = A.leftCols(members - 1) * (A.leftCols(members - 1).transpose() * A.leftCols(members - 1))
                                               .ldlt()
                                               .solve(A.leftCols(members - 1).transpose());
  CHECK(largest(after.mean - before.mean) < 1e-12);
  CHECK(largest(after.covariance - before.covariance - projection * Q * projection) < 1e-10);
  CHECK(largest(with_noise(E, Eigen::VectorXd::Zero(state)) - E) < 1e-13);
}

// add_noise(E, 1, noise, "Sqrt-Core") of DAPPER 1.7.1 with the variances 0.1, 0.2, ..., 1.2.
TEST_CASE("square-root noise is that of DAPPER, member by member", "[square_root_noise]") {
  const Ensemble noisy = with_noise(reference_example().members, Eigen::VectorXd::LinSpaced(12, 0.1, 1.2));
  CHECK(noisy(2, 0) == Approx(4.782385847915602).epsilon(1e-9));
  CHECK(noisy(11, 5) == Approx(1.8782157328125402).epsilon(1e-9));
  CHECK(spread_of(sample_moments(noisy)) == Approx(1.064415572852799).epsilon(1e-9));
}

// specs/assimilation.md, D8, without sampling error: the identity as the model, Q = 1 and R = 2.
TEST_CASE("with square-root noise a filter of a random walk is the Kalman filter", "[square_root_noise]") {
  const Index members = 10;
  Ensemble E = random_example(4, members, 0).members;
  Gaussian kalman = sample_moments(E);
  const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(4, 4);
  for (std::uint64_t k = 1; k <= 40; ++k) {
    E = with_noise(E, Eigen::VectorXd::Ones(4));
    kalman.covariance += identity;
    CHECK(largest(sample_moments(E).covariance - kalman.covariance) < 1e-10);
    const Measurement measurement =
        noisy_measurement(Eigen::VectorXd::Zero(4), Eigen::VectorXd::Constant(4, 2), k, 0, 1);
    if (k == 40) CHECK(largest(sample_moments(E).covariance - 2 * identity) < 1e-10);
    Etkf().analyse(E, Ensemble(E), measurement);
    kalman = kalman_update(kalman, identity, measurement);
    CHECK(largest(sample_moments(E).mean - kalman.mean) < 1e-10);
  }
  CHECK(largest(sample_moments(E).covariance - identity) < 1e-10);
}

TEST_CASE("square-root noise has the same bits on any number of ranks", "[square_root_noise][mpi]") {
  const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD);
  const Index rows = GENERATE(5, 211), members = 7;
  const Ensemble E = random_example(rows, members, 0).members;
  const Eigen::VectorXd variance = some_variance(rows);
  const Share mine = world.row_share(rows);
  CHECK(
      square_root_noise_weights(world, E.middleRows(mine.begin, mine.size), variance.segment(mine.begin, mine.size)) ==
      square_root_noise_weights(Communicator::self(), E, variance));
}

TEST_CASE("square-root noise refuses what makes no sense", "[square_root_noise][mpi]") {
  const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD);
  const auto refused = [&](const Ensemble& members, const Eigen::VectorXd& variance, double smallest = 1e-6) {
    CHECK_THROWS_AS(square_root_noise_weights(world, members, variance, smallest), Error);
  };
  const Ensemble E = random_example(5, 4, 0).members;
  refused(E.leftCols(1), some_variance(5));
  refused(E, some_variance(4));
  refused(E, some_variance(5), 1);
  // Of the last rank only.
  const bool last = world.rank() == world.size() - 1;
  refused(E, last ? Eigen::VectorXd(-some_variance(5)) : some_variance(5));
  refused(last ? Ensemble(Ensemble::Constant(5, 4, NAN)) : E, some_variance(5));
}
