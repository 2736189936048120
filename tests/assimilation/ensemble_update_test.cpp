#include <catch2/catch.hpp>
#include <semiflow/assimilation/enkf.hpp>
#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/core/communicator.hpp>
#include <semiflow/core/conformance.hpp>
#include <semiflow/core/error.hpp>

#include "example.hpp"

using namespace semiflow;

namespace {

const Inflation everything{.prior_std = 1.02,
                           .relaxation_to_prior_perturbations = 0.1,
                           .posterior_std = 1.01,
                           .relaxation_to_prior_spread = 0.2};

}  // namespace

TEMPLATE_TEST_CASE("schemes keep the contract of AnalysisScheme", "[update]", Etkf, StochasticEnkf) {
  const Example example = random_example(100, GENERATE(6, 21), 50);
  typename TestType::Options options{.inflation = GENERATE(Inflation{}, everything)};
  if constexpr (std::is_same_v<TestType, Etkf>) options.rotate = GENERATE(false, true);
  const TestType scheme(options);
  CHECK(check_analysis_scheme(scheme, example.members, example.predicted(), example.measurement) ==
        std::vector<std::string>{});
}

TEST_CASE("the conformance check names what a scheme breaks", "[update]") {
  // Moves every row by the mean of all: what a row becomes depends on the others.
  struct Mixing {
    void analyse(EnsembleRef rows, EnsembleView, const Measurement&) const {
      if (rows.size() > 0) rows.array() += rows.mean();
    }
  };
  const Example example = random_example(10, 4, 3);
  CHECK(check_analysis_scheme(Mixing(), example.members, example.predicted(), example.measurement) ==
        std::vector<std::string>{"a row alone is the row in the block", "rows in two parts are the rows together"});
  CHECK_THROWS_AS(check_analysis_scheme(Etkf(), example.members.leftCols(1), example.predicted(), example.measurement),
                  Error);
}

TEST_CASE("an analysis that is not finite is an error with its row and member", "[update]") {
  Example example = random_example(100, 6, 0);
  example.members(77, 4) = NAN;
  CHECK_THROWS_WITH(apply_weights(example.members, Eigen::MatrixXd::Identity(6, 6)),
                    Catch::Contains("row 77 of member 0 is not finite"));
  example = random_example(3, 2, 0);
  CHECK_THROWS_WITH(apply_weights(example.members, Eigen::MatrixXd::Constant(2, 2, INFINITY)),
                    Catch::Contains("row 0 of member 0"));
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
  EnsembleInformation information = ensemble_information(predicted, example.measurement, 1.1);
  CHECK(etkf_weights(information) == etkf_weights(predicted, example.measurement, 1.1));
  information.projection.conservativeResize(7);
  CHECK_THROWS_AS(etkf_weights(information), Error);
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
