#include <catch2/catch.hpp>
#include <semiflow/assimilation/enkf.hpp>
#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/core/communicator.hpp>
#include <semiflow/core/error.hpp>

#include "example.hpp"

using namespace semiflow;

namespace {

const Inflation everything{.prior_std = 1.02,
                           .relaxation_to_prior_perturbations = 0.1,
                           .posterior_std = 1.01,
                           .relaxation_to_prior_spread = 0.2};

template <AnalysisScheme Scheme>
void check_split(const Scheme& scheme) {
  const Example example = random_example(100, GENERATE(6, 21), 50);
  const Eigen::MatrixXd predicted = example.predicted();
  Ensemble whole = example.members;
  scheme.analyse(whole, predicted, example.measurement);

  // As blocks of the caller's matrix, at any address, and as copies of their own.
  const std::vector<Index> sizes =
      GENERATE(std::vector<Index>{64, 36}, std::vector<Index>{1, 7, 31, 33, 28}, std::vector<Index>{50, 0, 50});
  Ensemble blocks = example.members, copies(0, whole.cols());
  for (Index begin = 0; const Index size : sizes) {
    scheme.analyse(blocks.middleRows(begin, size), predicted, example.measurement);
    Ensemble copy = example.members.middleRows(begin, size);
    scheme.analyse(copy, predicted, example.measurement);
    CHECK(copy == whole.middleRows(begin, size));
    begin += size;
  }
  CHECK(blocks == whole);
}

}  // namespace

TEST_CASE("an analysis has the same bits however the rows are split", "[update]") {
  check_split(Etkf({.inflation = everything, .rotate = true}));
  check_split(Etkf());
  check_split(StochasticEnkf({.inflation = everything}));
}

TEST_CASE("an analysis has the same bits on any number of ranks", "[update][mpi]") {
  const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD);
  const Example example = random_example(100, 21, 50);
  const Eigen::MatrixXd predicted = example.predicted();
  const Etkf etkf({.inflation = {.posterior_std = 1.02}, .rotate = true});
  Ensemble whole = example.members;
  etkf.analyse(whole, predicted, example.measurement);

  const Share members = world.share(21);
  Ensemble rows = world.members_to_rows(example.members.middleCols(members.begin, members.size), 21);
  etkf.analyse(rows, world.all_members(predicted.middleCols(members.begin, members.size), 21), example.measurement);
  CHECK(world.all_rows(rows, 100) == whole);
}

TEST_CASE("weights act on the anomalies and shift the mean", "[update]") {
  const Example example = random_example(37, 5, 0);
  const Eigen::MatrixXd weights = standard_normal(25, {2, 1000, 0}).reshaped(5, 5);
  const Eigen::VectorXd mean = example.members.rowwise().mean();
  Ensemble members = example.members;
  apply_weights(members, weights);
  CHECK(largest(members - (((example.members.colwise() - mean) * weights).colwise() + mean)) < 1e-13);
  CHECK_THROWS_AS(apply_weights(members, weights.leftCols(4)), Error);
  CHECK_THROWS_AS(apply_weights(members, weights, {}, weights.leftCols(4)), Error);
}

TEST_CASE("neutral inflation is no inflation, bit by bit", "[inflation]") {
  const Example example = random_example(100, 8, 20);
  const Eigen::MatrixXd predicted = example.predicted();
  const Eigen::MatrixXd weights = etkf_weights(ensemble_information(predicted, example.measurement));
  CHECK(etkf_weights(predicted, example.measurement, 1) == weights);
  Ensemble plain = example.members, neutral = example.members;
  apply_weights(plain, weights);
  apply_weights(
      neutral, weights,
      {.prior_std = 1, .relaxation_to_prior_perturbations = 0, .posterior_std = 1, .relaxation_to_prior_spread = 0});
  CHECK(neutral == plain);
}

TEST_CASE("full relaxation restores the prior", "[inflation]") {
  const Example example = random_example(40, 8, 20);
  const Eigen::MatrixXd weights = etkf_weights(example.predicted(), example.measurement);
  const auto analysis = [&](const Inflation& inflation) {
    Ensemble members = example.members;
    apply_weights(members, weights, inflation);
    return members;
  };
  const Gaussian prior = sample_moments(example.members), plain = sample_moments(analysis({}));

  const Gaussian spread = sample_moments(analysis({.relaxation_to_prior_spread = 1}));
  CHECK(largest(spread.covariance.diagonal() - prior.covariance.diagonal()) < 1e-12);
  CHECK(largest(spread.mean - plain.mean) < 1e-12);

  const Gaussian perturbations = sample_moments(analysis({.relaxation_to_prior_perturbations = 1}));
  CHECK(largest(perturbations.covariance - prior.covariance) < 1e-12);
  CHECK(largest(perturbations.mean - plain.mean) < 1e-12);

  const Gaussian doubled = sample_moments(analysis({.posterior_std = 2}));
  CHECK(largest(doubled.covariance - 4 * plain.covariance) < 1e-12);
  CHECK(largest(doubled.mean - plain.mean) < 1e-12);
}

TEST_CASE("inflation out of range is refused by name", "[inflation]") {
  const auto refused = [](const Inflation& inflation, const std::string& name) {
    CHECK_THROWS_WITH(validate(inflation), Catch::Contains(name));
  };
  refused({.prior_std = -0.1}, "prior_std");
  refused({.posterior_std = INFINITY}, "posterior_std");
  refused({.relaxation_to_prior_perturbations = 1.1}, "relaxation_to_prior_perturbations");
  refused({.relaxation_to_prior_spread = NAN}, "relaxation_to_prior_spread");
  CHECK_NOTHROW(validate(Inflation{}));
}
