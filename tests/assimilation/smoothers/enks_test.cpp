#include <Eigen/QR>
#include <catch2/catch.hpp>
#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/assimilation/smoothers/enks.hpp>
#include <semiflow/assimilation/smoothers/enrts.hpp>
#include <semiflow/assimilation/smoothers/ienks.hpp>
#include <semiflow/core/error.hpp>

#include "linear_example.hpp"
#include "lorenz63_example.hpp"

using namespace semiflow;

namespace {

// The run of a filter over Lorenz-63, looked at after every step: the ensembles before and after the analyses, and as
// the EnKS leaves them with all the past.
struct Trajectory {
  std::vector<Ensemble> forecast, analysis, smoothed;
};

Trajectory trajectory_of(Lorenz63Example example, const Enks::Options& options) {
  Trajectory t;
  t.forecast.push_back(example.members);
  t.analysis.push_back(example.members);
  t.smoothed.push_back(example.members);
  const Enks smoother(options);
  for (const Measurement& measurement : example.measurements)
    for (int step = 1; step <= 25; ++step) {
      Ensemble& members = example.members;
      example.model.advance(members, {0, 0.01});
      t.forecast.push_back(members);
      if (step == 25) smoother.analyse(members, t.smoothed, example.observe(members), measurement);
      t.analysis.push_back(members);
      t.smoothed.push_back(members);
    }
  return t;
}

std::vector<Ensemble> backward_pass(const Trajectory& t, double smallest_singular_value) {
  const Communicator self = Communicator::self();
  std::vector<Ensemble> states = t.analysis;
  for (std::size_t k = states.size() - 1; k-- > 0;)
    apply_weights(states[k], enrts_weights(self, t.forecast[k + 1], states[k + 1], smallest_singular_value));
  return states;
}

}  // namespace

TEST_CASE("reference: EnKS of Lorenz-63", "[enks][reference]") {
  const Trajectory t = trajectory_of({}, {});
  check(t.smoothed[1], {{1.1096291104, -1.3564819748, 25.5511819133}, 0.8061124059, -1.5218404855});
  check(t.smoothed[25], {{-1.3253406142, -2.2182902365, 13.9228951971}, 0.4145688565, -2.4343338182});
  check(t.smoothed[50], {{-9.3242372441, -16.5542479229, 14.8141766272}, 0.7492104487, -17.2560453340});
  check(t.smoothed[75], {{-6.1225748551, 2.9264687562, 33.9074653517}, 0.6996054444, 2.7652404604});
}

TEST_CASE("reference: EnKS of Lorenz-63 with inflation and a lag", "[enks][reference]") {
  auto [model, observe, members, measurements] = Lorenz63Example();
  const Enks smoother({.inflation = {.posterior_std = 1.1}});
  std::vector<Ensemble> past;
  for (const Measurement& measurement : measurements) {
    model.advance(members, {0, 0.25});
    const std::span<Ensemble> lag = std::span(past).last(std::min<std::size_t>(past.size(), 1));
    smoother.analyse(members, lag, observe(members), measurement);
    past.push_back(members);
  }
  check(past[0], {{-1.3255984768, -2.2433168487, 13.7902999038}, 0.4659634766, -2.5124203842});
  check(past[1], {{-9.3698935652, -16.5198831624, 15.0712281365}, 0.8200387319, -17.2239434028});
  check(past[2], {{-6.1554318890, 2.7541815967, 33.8313690109}, 0.8193883542, 2.4972477693});
}

TEST_CASE("reference: EnRTS of Lorenz-63", "[enks][reference]") {
  const std::vector<Ensemble> states = backward_pass(trajectory_of({}, {}), 1e-5);
  check(states[1], {{1.2066331177, -1.3730132364, 25.8785268506}, 0.7988399873, -1.5096445462});
  check(states[25], {{-1.3277151507, -2.2237917457, 14.0675091796}, 0.3993816790, -2.4370313129});
  check(states[50], {{-9.3244104017, -16.5542448173, 14.8141594854}, 0.7492832462, -17.2558637035});
}

TEST_CASE("where the forecast spans all members' differences, the EnRTS is the EnKS", "[enks]") {
  Lorenz63Example example;
  example.members = example.members.leftCols(GENERATE(2, 4)).eval();
  const Trajectory t = trajectory_of(example, {.rotate = GENERATE(false, true), .seed = 4});
  const std::vector<Ensemble> states = backward_pass(t, 0);
  for (std::size_t k = 0; k < states.size(); ++k) CHECK(largest(states[k] - t.smoothed[k]) < 1e-10);
}

TEST_CASE("for a linear model EnKS and IEnKS are one, and the past is where the present comes from", "[enks][ienks]") {
  const Communicator self = Communicator::self();
  LinearExample example(6);
  const bool rotate = GENERATE(false, true);
  const Index iterations = GENERATE(1, 3), lag = GENERATE(1, 3, 6);
  const Enks enks({.rotate = rotate, .seed = 2});
  Ienks<LinearAdvection> ienks(self, example.model,
                               {.lag = lag, .iteration = {.iterations = iterations}, .rotate = rotate, .seed = 2});
  SmoothingWindow window{.rows = example.members};
  std::vector<Ensemble> past{example.members};
  Ensemble& members = example.members;
  for (const Measurement& measurement : example.measurements) {
    example.model.advance(members, {0, example.interval});
    enks.analyse(members, past, example.observe(members), measurement);
    past.push_back(members);
    ienks.assimilate(window, measurement, example.observe);
    const auto begin = static_cast<std::size_t>(window.begin / example.interval);
    CHECK(largest(window.rows - past[begin]) < 1e-10);
    for (const Ensemble& earlier : past) {
      Ensemble moved = earlier;
      example.model.advance(moved, {0, example.interval * static_cast<double>(&past.back() - &earlier)});
      CHECK(largest(moved - members) < 1e-10);
    }
  }
}

TEST_CASE("inflation is for the present only", "[enks]") {
  LinearExample example(1);
  const Measurement& measurement = example.measurements[0];
  Ensemble forecast = example.members;
  example.model.advance(forecast, {0, example.interval});
  const Inflation inflation{.relaxation_to_prior_perturbations = 0.2, .posterior_std = 1.3};
  Ensemble members = forecast, plain = forecast;
  std::vector<Ensemble> past{example.members}, plain_past{example.members};
  Enks({.inflation = inflation}).analyse(members, past, example.observe(forecast), measurement);
  Enks().analyse(plain, plain_past, example.observe(forecast), measurement);
  CHECK(past[0] == plain_past[0]);
  CHECK(largest(members - plain) > 0.01);
  Etkf({.inflation = inflation}).analyse(forecast, example.observe(forecast), measurement);
  CHECK(largest(members - forecast) < 1e-12);
}

TEST_CASE("prior inflation multiplies the present, and the past by what the present has to do with it", "[enks]") {
  // Past and present as one state of which the present rows are inflated: a Kalman filter with its sample covariance.
  LinearExample example(1);
  const Measurement& measurement = example.measurements[0];
  Ensemble forecast = example.members;
  example.model.advance(forecast, {0, example.interval});
  const double prior_std = 1.2;
  const Eigen::VectorXd mean = forecast.rowwise().mean();
  Ensemble both(200, 20);
  both << example.members, (prior_std * (forecast.colwise() - mean)).colwise() + mean;
  Eigen::MatrixXd H = Eigen::MatrixXd::Zero(4, 200);
  H.rightCols(100) = example.observe(Eigen::MatrixXd::Identity(100, 100));
  const Gaussian expected = kalman_update(sample_moments(both), H, measurement);

  std::vector<Ensemble> past{example.members};
  Enks({.inflation = {.prior_std = prior_std}}).analyse(forecast, past, example.observe(forecast), measurement);
  both << past[0], forecast;
  const Gaussian found = sample_moments(both);
  CHECK(largest(found.mean - expected.mean) < 1e-12);
  CHECK(largest(found.covariance - expected.covariance) < 1e-12);
}

TEST_CASE("the EnRTS has the same bits on any number of ranks", "[enks][mpi]") {
  const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD), self = Communicator::self();
  const Index rows = GENERATE(20, 70, 10000);  // empty ranks, more blocks than a round
  const Ensemble forecast = random_example(rows, 7, 1).members;
  const Ensemble smoothed = 0.5 * forecast.array() + 0.3 * forecast.rowwise().reverse().array().sin();
  const Share mine = world.row_share(rows);
  const Eigen::MatrixXd weights =
      enrts_weights(world, forecast.middleRows(mine.begin, mine.size), smoothed.middleRows(mine.begin, mine.size));
  CHECK(weights == enrts_weights(self, forecast, smoothed));

  const Eigen::MatrixXd F = forecast.colwise() - forecast.rowwise().mean();
  Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd> decomposition;
  decomposition.setThreshold(1e-10);
  Eigen::MatrixXd expected = decomposition.compute(F).pseudoInverse() * (smoothed - forecast);
  expected.diagonal().array() += 1;
  CHECK(largest(weights - expected) < 1e-12);
}

TEST_CASE("smoothers refuse what makes no sense", "[enks]") {
  CHECK_THROWS_AS(Enks({.inflation = {.prior_std = -1}}), Error);
  Lorenz63Example example;
  std::vector<Ensemble> past{example.members.leftCols(3)};
  Ensemble& members = example.members;
  CHECK_THROWS_AS(Enks().analyse(members, past, example.observe(members), example.measurements[0]), Error);

  const Communicator self = Communicator::self();
  const auto refused = [&](EnsembleView forecast, EnsembleView smoothed, double smallest, const std::string& message) {
    CHECK_THROWS_WITH(enrts_weights(self, forecast, smoothed, smallest), Catch::Contains(message));
  };
  refused(members.leftCols(1), members.leftCols(1), 0, "at least two members");
  refused(members, members.leftCols(4), 0, "same rows and members");
  refused(members, members, 1, "smallest_singular_value");
  refused(members, members * NAN, 0, "must be finite");

  // An ensemble without spread has nothing to regress on.
  const Ensemble one = members.col(0).replicate(1, 4);
  CHECK(enrts_weights(self, one, members.leftCols(4)) == Eigen::MatrixXd(Eigen::MatrixXd::Identity(4, 4)));
}
