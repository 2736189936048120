// The one-step reference of specs/assimilation.md 2.5, all ten digits of it.
#include <catch2/catch.hpp>
#include <semiflow/assimilation/conventions.hpp>
#include <semiflow/assimilation/denkf.hpp>
#include <semiflow/assimilation/enkf.hpp>
#include <semiflow/assimilation/ensrf.hpp>
#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/assimilation/finite_size.hpp>
#include <semiflow/assimilation/letkf.hpp>
#include <semiflow/assimilation/local_eakf.hpp>
#include <semiflow/assimilation/scores.hpp>

#include "local_example.hpp"

using namespace semiflow;

namespace {

// One row of the table: the mean at four points, the spread, and member 0 at point 2.
struct Row {
  double mean[4], spread, member;
};

void check(const Gaussian& state, const Row& row) {
  const auto digits = [](double value) { return Approx(value).margin(1e-9).epsilon(0); };
  const Index points[] = {0, 1, 5, 11};
  for (int i = 0; i < 4; ++i) CHECK(state.mean(points[i]) == digits(row.mean[i]));
  CHECK(spread_of(state) == digits(row.spread));
}

void check(const Ensemble& members, const Row& row) {
  check(sample_moments(members), row);
  CHECK(members(2, 0) == Approx(row.member).margin(1e-9).epsilon(0));
}

template <AnalysisScheme Scheme>
Ensemble analysed(const Scheme& scheme) {
  Example example = reference_example();
  const Eigen::MatrixXd predicted = example.predicted();
  scheme.analyse(example.members, predicted, example.measurement);
  return example.members;
}

template <LocalAnalysisScheme Scheme>
Ensemble analysed(const Scheme& scheme) {
  Example example = located(reference_example(), line_of(12));
  const Eigen::MatrixXd predicted = example.predicted();
  scheme.analyse(example.members, 0, predicted, example.measurement);
  return example.members;
}

Ensemble etkf(const Inflation& inflation) { return analysed(Etkf({.inflation = inflation})); }

}  // namespace

TEST_CASE("reference: prior and Kalman filter", "[reference]") {
  const Example example = reference_example();
  check(example.members, {{3.1286980751, 3.0855501399, 2.7731386356, 3.2802794875}, 0.9202040201, 4.5143787584});
  check(kalman_of(example), {{3.5374359401, 3.6441690408, 2.8717778210, 3.2064182691}, 0.4756290264, 0});
}

TEST_CASE("reference: ETKF with each inflation", "[reference]") {
  check(etkf({}), {{3.5374359401, 3.6441690408, 2.8717778210, 3.2064182691}, 0.4756290264, 4.4267804656});
  check(etkf({.posterior_std = 1.10}),
        {{3.5374359401, 3.6441690408, 2.8717778210, 3.2064182691}, 0.5231919290, 4.5040723221});
  check(etkf({.prior_std = 1 / std::sqrt(0.9)}),
        {{3.5446383282, 3.6553393158, 2.8746469820, 3.2048917920}, 0.4848546990, 4.4560723850});
  check(etkf({.relaxation_to_prior_perturbations = 0.5}),
        {{3.5374359401, 3.6441690408, 2.8717778210, 3.2064182691}, 0.6938147441, 4.7636215799});
  check(etkf({.relaxation_to_prior_spread = 0.9}),
        {{3.5374359401, 3.6441690408, 2.8717778210, 3.2064182691}, 0.8755402345, 5.1213909015});
}

TEST_CASE("reference: the numbers of other packages", "[reference]") {
  check(etkf(conventions::from_dapper(1.10)),
        {{3.5374359401, 3.6441690408, 2.8717778210, 3.2064182691}, 0.5231919290, 4.5040723221});
  check(etkf(conventions::from_enkf_c(1.10)),
        {{3.5374359401, 3.6441690408, 2.8717778210, 3.2064182691}, 0.5231919290, 4.5040723221});
  for (const Inflation& same :
       {conventions::from_pdaf(0.9), conventions::from_oops(1 / 0.9), conventions::from_dart(1 / 0.9)})
    check(etkf(same), {{3.5446383282, 3.6553393158, 2.8746469820, 3.2048917920}, 0.4848546990, 4.4560723850});
  check(etkf(conventions::from_oops(1, 0.5)),
        {{3.5374359401, 3.6441690408, 2.8717778210, 3.2064182691}, 0.6938147441, 4.7636215799});
  check(etkf(conventions::from_oops(1, 0, 0.9)),
        {{3.5374359401, 3.6441690408, 2.8717778210, 3.2064182691}, 0.8755402345, 5.1213909015});
  CHECK_THROWS_WITH(conventions::from_pdaf(1.1), Catch::Contains("forget"));

  // DAPPER's loc_rad is about where a taper is exp(-1/2); the others name 5/24 or the end.
  CHECK(taper_weight(conventions::taper_from_dapper(2, 0.5), 1) == Approx(std::exp(-0.5)).epsilon(0.05));
  CHECK(taper_weight(conventions::taper_from_dart(3), 3) == Approx(5.0 / 24).epsilon(1e-14));
  for (const GaspariCohn& taper : {conventions::taper_from_pdaf(3), conventions::taper_from_oops(3)}) {
    CHECK(taper_weight(taper, 3) == 0);
    CHECK(taper_weight(taper, 2.9) > 0);
  }
  check(analysed(Letkf(line_of(12), {.taper = conventions::taper_from_dapper(2)})),
        {{3.5708258323, 3.5731665081, 2.8261371716, 3.2424870217}, 0.5846203839, 4.3758349955});
}

TEST_CASE("reference: serial EnSRF and DEnKF", "[reference]") {
  check(analysed(Ensrf()), {{3.5374359401, 3.6441690408, 2.8717778210, 3.2064182691}, 0.4756290264, 4.4331725099});
  check(analysed(Denkf()), {{3.5374359401, 3.6441690408, 2.8717778210, 3.2064182691}, 0.5879074652, 4.6105099365});
}

TEST_CASE("reference: EnKF-N, its minimum found to the last digit", "[reference]") {
  const FiniteSizeForm form = GENERATE(FiniteSizeForm::dual, FiniteSizeForm::primal);
  const Example example = reference_example();
  const EnsembleInformation information = ensemble_information(example.predicted(), example.measurement);
  const auto factor = [&](double certainty) { return finite_size_update(information, certainty, form).inflation; };
  CHECK(factor(1) == Approx(1.031411309947).margin(1e-12).epsilon(0));
  CHECK(factor(2) == Approx(1.013650242760).margin(1e-12).epsilon(0));
  check(analysed(FiniteSizeEnkf({.form = form})),
        {{3.5417349758, 3.6508132494, 2.8734897707, 3.2054915256}, 0.4810451218, 4.4440529495});
  check(analysed(FiniteSizeEnkf({.certainty = 2, .form = form})),
        {{3.5393453296, 3.6471119945, 2.8725377457, 3.2060014626}, 0.4780035893, 4.4343791955});
}

TEST_CASE("reference: LETKF", "[reference]") {
  check(analysed(Letkf(line_of(12), {.taper = GaspariCohn{.half_width = 3.64}})),
        {{3.5708258323, 3.5731665081, 2.8261371716, 3.2424870217}, 0.5846203839, 4.3758349955});
}

TEST_CASE("reference: serial EAKF with covariance localisation", "[reference]") {
  check(analysed(LocalEakf(line_of(12), {.taper = GaspariCohn{.half_width = 3.64}})),
        {{3.5874492417, 3.5792794094, 2.7895424238, 3.2498313561}, 0.5998328488, 4.3818973934});
}

TEST_CASE("reference: stochastic EnKF with given perturbations", "[reference]") {
  Example example = reference_example();
  Eigen::MatrixXd perturbations(4, 6);
  for (int n = 0; n < 6; ++n)
    for (int j = 0; j < 4; ++j) perturbations(j, n) = std::sqrt(0.5) * std::sin(1.7 * n + 2.3 * j);
  perturbations.colwise() -= perturbations.rowwise().mean().eval();
  apply_weights(example.members, enkf_weights(example.predicted(), example.measurement, perturbations));
  check(example.members, {{3.5374359401, 3.6441690408, 2.8717778210, 3.2064182691}, 0.3687914938, 4.3099727992});
}

TEST_CASE("reference: scores and innovation", "[reference]") {
  const auto digits = [](double value) { return Approx(value).margin(1e-9).epsilon(0); };
  const Example example = reference_example();
  const Scores scores = score(example.members.topRows(1), Eigen::VectorXd::Constant(1, 3.2), Communicator::self());
  CHECK(scores.crps == digits(0.3116799726));
  CHECK(scores.crps_fair == digits(0.2344496619));
  CHECK(scores.rank_counts == Eigen::VectorXd(Eigen::VectorXd::Unit(7, 2)));

  const InnovationStatistics statistics = innovation_statistics(example.predicted(), example.measurement);
  CHECK(statistics.mean(0) == digits(0.6713019249));
  CHECK(statistics.mean(1) == digits(0.3792669977));
  CHECK(statistics.mean(2) == digits(-0.1753820247));
  CHECK(statistics.mean(3) == digits(-0.8983265074));
  CHECK(statistics.chi_squared == digits(0.2332984201));
  CHECK(statistics.signal_degrees_of_freedom == digits(1.6307992894));
}
