#include <Eigen/Cholesky>
#include <catch2/catch.hpp>
#include <semiflow/assimilation/scores.hpp>
#include <semiflow/core/error.hpp>

#include "example.hpp"

using namespace semiflow;

namespace {

Eigen::VectorXd some_truth(Index n) { return standard_normal(n, {4, 1000, 0}).array() + 2; }

bool same_bits(const Scores& a, const Scores& b) {
  return a.rmse == b.rmse && a.spread == b.spread && a.crps == b.crps && a.crps_fair == b.crps_fair &&
         a.rank_counts == b.rank_counts;
}

}  // namespace

TEST_CASE("scores agree with their definitions", "[scores]") {
  const Index rows = 75, members = GENERATE(2, 9);
  const Ensemble E = random_example(rows, members, 0).members;
  const Eigen::VectorXd truth = some_truth(rows);
  const Scores scores = score(E, truth, Communicator::self());

  const Gaussian moments = sample_moments(E);
  CHECK(scores.rmse == Approx(std::sqrt((moments.mean - truth).squaredNorm() / rows)).epsilon(1e-13));
  CHECK(scores.spread == Approx(spread_of(moments)).epsilon(1e-13));

  double error = 0, difference = 0;
  Eigen::VectorXd ranks = Eigen::VectorXd::Zero(members + 1);
  for (Index i = 0; i < rows; ++i) {
    Index below = 0;
    for (Index j = 0; j < members; ++j) {
      error += std::abs(E(i, j) - truth(i));
      below += E(i, j) < truth(i);
      for (Index k = 0; k < members; ++k) difference += std::abs(E(i, j) - E(i, k));
    }
    ++ranks(below);
  }
  const double m = static_cast<double>(members);
  CHECK(scores.crps == Approx(error / (m * rows) - difference / (2 * m * m * rows)).epsilon(1e-12));
  CHECK(scores.crps_fair == Approx(error / (m * rows) - difference / (2 * m * (m - 1) * rows)).epsilon(1e-12));
  CHECK(scores.rank_counts == ranks);

  const Scores quick = score(E, truth, Communicator::self(), {.crps = false, .ranks = false});
  CHECK(quick.rmse == scores.rmse);
  CHECK(quick.spread == scores.spread);
  CHECK(quick.rank_counts.size() == 0);
}

TEST_CASE("scores have the same bits on any number of ranks and at any address", "[scores][mpi]") {
  const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD);
  const Index rows = GENERATE(5, 64, 211), members = 7;
  const Ensemble E = random_example(rows, members, 0).members;
  const Eigen::VectorXd truth = some_truth(rows);
  const Scores alone = score(E, truth, Communicator::self());
  const Share mine = world.row_share(rows);
  CHECK(same_bits(score(E.middleRows(mine.begin, mine.size), truth.segment(mine.begin, mine.size), world), alone));

  Ensemble shifted(rows + 1, members);
  shifted.bottomRows(rows) = E;
  CHECK(same_bits(score(shifted.bottomRows(rows), truth, Communicator::self()), alone));
}

TEST_CASE("a value that is not finite is an error on every rank", "[scores][mpi]") {
  const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD);
  const bool of_the_truth = GENERATE(false, true);
  const Index rows = 100;
  Ensemble E = random_example(rows, 3, 0).members;
  Eigen::VectorXd truth = some_truth(rows);
  (of_the_truth ? truth(1) : E(1, 2)) = of_the_truth ? NAN : INFINITY;
  const Share mine = world.row_share(rows);
  CHECK_THROWS_WITH(score(E.middleRows(mine.begin, mine.size), truth.segment(mine.begin, mine.size), world),
                    Catch::Contains("not finite"));
}

TEST_CASE("ties share their ranks", "[scores]") {
  Ensemble E(1, 4);
  E << 1, 2, 2, 5;
  const Scores scores = score(E, Eigen::VectorXd::Constant(1, 2), Communicator::self());
  Eigen::VectorXd expected(5);
  expected << 0, 1, 1, 1, 0;
  CHECK(largest(scores.rank_counts - expected / 3) < 1e-15);
}

TEST_CASE("one member has an error but no spread", "[scores]") {
  const Scores scores = score(Ensemble::Constant(3, 1, 2.0), Eigen::VectorXd::Constant(3, 2.5), Communicator::self());
  CHECK(scores.rmse == 0.5);
  CHECK(scores.crps == 0.5);
  CHECK(std::isnan(scores.spread));
  CHECK(std::isnan(scores.crps_fair));
}

TEST_CASE("scores refuse what they cannot compare", "[scores]") {
  CHECK_THROWS_AS(score(Ensemble::Zero(3, 2), Eigen::VectorXd::Zero(4), Communicator::self()), Error);
  CHECK_THROWS_AS(score(Ensemble::Zero(3, 0), Eigen::VectorXd::Zero(3), Communicator::self()), Error);
}

TEST_CASE("the fair CRPS does not depend on the number of members", "[scores]") {
  const auto mean_crps = [](Index members) {
    const Index rows = 20000;
    const Ensemble E = standard_normal(rows * members, {1, 1000, 1}).reshaped(rows, members);
    return score(E, standard_normal(rows, {1, 1000, 2}), Communicator::self(), {.ranks = false}).crps_fair;
  };
  // A standard normal forecast of a standard normal truth: 1 / sqrt(pi).
  CHECK(mean_crps(3) == Approx(1 / std::sqrt(M_PI)).epsilon(0.02));
  CHECK(mean_crps(30) == Approx(1 / std::sqrt(M_PI)).epsilon(0.02));
}

TEST_CASE("innovation statistics agree with explicit matrices", "[scores]") {
  const auto [state, members, sensors] =
      GENERATE(std::array<Index, 3>{5, 40, 2}, std::array<Index, 3>{40, 7, 40}, std::array<Index, 3>{300, 20, 290});
  const Example example = random_example(state, members, sensors);
  const Gaussian prior = sample_moments(example.members);
  const Eigen::MatrixXd H = example.matrix();
  const Eigen::VectorXd& R = example.measurement.error_variance;
  const Eigen::VectorXd d = example.measurement.values - H * prior.mean;
  const Eigen::MatrixXd S = H * prior.covariance * H.transpose() + Eigen::MatrixXd(R.asDiagonal());

  const InnovationStatistics found = innovation_statistics(example.predicted(), example.measurement);
  CHECK(largest(found.mean - d) < 1e-13);
  CHECK(found.chi_squared == Approx(d.dot(S.ldlt().solve(d)) / double(sensors)).epsilon(1e-11));
  CHECK(found.signal_degrees_of_freedom == Approx((H * kalman_gain(prior.covariance, H, R)).trace()).epsilon(1e-11));
}

TEST_CASE("weighted members score as so many equal ones", "[scores]") {
  const Communicator self = Communicator::self();
  // Three members, the second of which counts twice.
  const Ensemble three = standard_normal(90, {3, 1000, 0}).reshaped(30, 3);
  const Eigen::VectorXd truth = standard_normal(30, {3, 1000, 1});
  const Ensemble four = three(Eigen::all, std::vector<Index>{0, 1, 1, 2});
  const Scores weighted = score(three, truth, self, {.ranks = false, .weights = Eigen::Vector3d(0.25, 0.5, 0.25)});
  const Scores repeated = score(four, truth, self, {.ranks = false});
  CHECK(weighted.rmse == Approx(repeated.rmse).epsilon(1e-14));
  CHECK(weighted.crps == Approx(repeated.crps).epsilon(1e-14));
  // The unbiased variance of four members divides by 3/4, of these weights by 1 - 3/8.
  CHECK(weighted.spread == Approx(repeated.spread * std::sqrt(0.75 / (1 - 0.375))).epsilon(1e-14));

  const Scores equal = score(three, truth, self, {.ranks = false});
  const Scores same = score(three, truth, self, {.ranks = false, .weights = Eigen::Vector3d::Constant(1. / 3)});
  CHECK(same.rmse == Approx(equal.rmse).epsilon(1e-14));
  CHECK(same.spread == Approx(equal.spread).epsilon(1e-14));
  CHECK(same.crps == Approx(equal.crps).epsilon(1e-14));
  CHECK_THROWS_WITH(score(three, truth, self, {.weights = Eigen::Vector3d::Constant(1. / 3)}),
                    Catch::Contains("no ranks"));
}
