#include <catch2/catch.hpp>
#include <semiflow/assimilation/error_spectrum.hpp>
#include <semiflow/assimilation/scores.hpp>
#include <semiflow/core/error.hpp>

#include "example.hpp"

using namespace semiflow;

namespace {

Ensemble some_members(Index state, Index members) {
  return standard_normal(state * members, {2, 1000, 0}).reshaped(state, members);
}

Eigen::VectorXd mean_of(const Ensemble& members) { return members.rowwise().mean(); }

}  // namespace

TEST_CASE("error spectra add up to the squares of the scores", "[error_spectrum]") {
  const Grid grid =
      GENERATE(Grid({{32, 2.0}}), Grid({{9, 3.0}}), Grid({{8, 1.0}, {12, 3.0}}), Grid({{4, 1.0}, {6, 1.0}, {5, 2.0}}));
  const Index fields = GENERATE(1, 2), members = 5, points = grid.points();
  const Ensemble E = some_members(fields * points, members);
  const Eigen::VectorXd truth = standard_normal(fields * points, {2, 1000, 1}).array() + 0.3;
  const ErrorSpectrum found = error_spectrum(E, mean_of(E), truth, grid, Communicator::self());
  CHECK(found.error.cols() == fields);
  for (Index f = 0; f < fields; ++f) {
    const Scores scores =
        score(E.middleRows(f * points, points), truth.segment(f * points, points), Communicator::self());
    CHECK(found.error.col(f).sum() == Approx(scores.rmse * scores.rmse).epsilon(1e-13));
    CHECK(found.spread.col(f).sum() == Approx(scores.spread * scores.spread).epsilon(1e-13));
  }
}

TEST_CASE("error spectra show the scales of errors and of spread", "[error_spectrum]") {
  // On a line the mean is wrong by 0.2 + 3 cos 5x and the members differ by sin 2x; on a plane the waves are along the
  // diagonal: |k| = 3 sqrt 2 = 4.2 and 6 sqrt 2 = 8.5 in units of the smallest.
  const bool plane = GENERATE(false, true);
  const double length = 2 * M_PI;
  const Grid grid = plane ? Grid({{24, length}, {24, length}}) : Grid({{24, length}});
  const Eigen::ArrayXd x = plane ? Eigen::ArrayXd(grid.coordinate(0) + grid.coordinate(1)) : grid.coordinate(0);
  const Index of_error = plane ? 6 : 5, of_spread = plane ? 3 : 2;
  const Eigen::VectorXd mean = (x.cos() + 2).matrix();
  const Eigen::VectorXd truth = mean.array() - 0.2 - 3 * (static_cast<double>(of_error) * x).cos();
  const Eigen::VectorXd wave = (static_cast<double>(of_spread) * x).sin().matrix();
  Ensemble members(grid.points(), 3);
  members << mean - wave, mean, mean + wave;
  const ErrorSpectrum found = error_spectrum(members, mean, truth, grid, Communicator::self());
  const auto shell = [&](Index n) { return plane ? std::lround(std::sqrt(2.0) * static_cast<double>(n)) : n; };
  Eigen::VectorXd error = Eigen::VectorXd::Zero(found.error.rows()), spread = error;
  error(0) = 0.04;
  error(shell(of_error)) = 4.5;
  spread(shell(of_spread)) = 0.5;
  CHECK(largest(found.error.col(0) - error) < 1e-13);
  CHECK(largest(found.spread.col(0) - spread) < 1e-13);
}

TEST_CASE("error spectra have the same bits on any number of ranks", "[error_spectrum][mpi]") {
  const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD);
  const Grid grid({{8, 1.0}, {12, 3.0}});
  const Index members = GENERATE(1, 7);
  const Ensemble E = some_members(2 * grid.points(), members);
  const Eigen::VectorXd truth = Eigen::VectorXd::Zero(E.rows());
  const Share mine = world.share(members);
  const ErrorSpectrum found = error_spectrum(E.middleCols(mine.begin, mine.size), mean_of(E), truth, grid, world);
  const ErrorSpectrum alone = error_spectrum(E, mean_of(E), truth, grid, Communicator::self());
  CHECK(found.error == alone.error);
  CHECK((members == 1 ? found.spread.array().isNaN().all() : found.spread == alone.spread));
}

TEST_CASE("error spectra refuse what they cannot compare", "[error_spectrum][mpi]") {
  const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD);
  const Grid grid({{8, 1.0}});
  const Eigen::VectorXd zero = Eigen::VectorXd::Zero(8);
  CHECK_THROWS_AS(error_spectrum(Ensemble::Zero(8, 0), zero, zero, grid, world), Error);
  CHECK_THROWS_AS(error_spectrum(Ensemble::Zero(9, 1), zero, zero, grid, world), Error);
  CHECK_THROWS_AS(error_spectrum(Ensemble::Zero(9, 1), Eigen::VectorXd::Zero(9), Eigen::VectorXd::Zero(9), grid, world),
                  Error);
  // One rank's member is not finite.
  const Ensemble members = Ensemble::Constant(8, 1, world.rank() == world.size() - 1 ? NAN : 1.0);
  CHECK_THROWS_WITH(error_spectrum(members, zero, zero, grid, world), Catch::Contains("not finite"));
}
