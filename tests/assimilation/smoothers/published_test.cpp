// Published errors of smoothers and of the local EAKF, the median over seeds within 10 %: see specs/assimilation.md 2.3.
#include <catch2/catch.hpp>
#include <semiflow/assimilation/local_eakf.hpp>
#include <semiflow/assimilation/smoothers/enks.hpp>
#include <semiflow/assimilation/smoothers/ienks.hpp>
#include <semiflow/pde/lorenz.hpp>

#include "../local_example.hpp"
#include "../twin_experiment.hpp"

using namespace semiflow;

namespace {

using L63 = RungeKutta4<Lorenz63>;
using L96 = RungeKutta4<Lorenz96>;

TwinExperiment<L63> lorenz63(double interval, double error_variance, Index cycles, std::uint64_t seed) {
  return {{.start = Eigen::Vector3d(1.509, -1.531, 25.46),
           .start_variance = 2,
           .interval = interval,
           .error_variance = error_variance,
           .cycles = cycles,
           .burn_in = 16},
          L63(Lorenz63{}, 0.01),
          seed};
}

TwinExperiment<L96> lorenz96(double interval, Index cycles, std::uint64_t seed) {
  return {{.start = Eigen::VectorXd::Unit(40, 0),
           .start_variance = 0.001,
           .interval = interval,
           .error_variance = 1,
           .cycles = cycles,
           .burn_in = 20},
          L96(Lorenz96{}, 0.05),
          seed};
}

PointObservations all_of(Index state) {
  std::vector<Index> rows;
  for (Index i = 0; i < state; ++i) rows.push_back(i);
  return PointObservations(rows);
}

struct Errors {
  double filter, smoother;
};

template <class M>
Errors run_ienks(TwinExperiment<M> twin, Index members, typename Ienks<M>::Options options) {
  const Communicator self = Communicator::self();
  const PointObservations observe = all_of(twin.truth.rows());
  options.seed = twin.seed;
  Ienks<M> ienks(self, twin.model, options);
  SmoothingWindow window{.rows = twin.members(members)};
  Ensemble filtered = twin.truth, smoothed = twin.truth;
  for (Index k = 0; k < filtered.cols(); ++k) {
    const IenksAnalysis found = ienks.assimilate(window, twin.measurements[static_cast<std::size_t>(k)], observe);
    filtered.col(k) = found.analysis.rowwise().mean();
    if (k >= options.lag) smoothed.col(k - options.lag) = window.rows.rowwise().mean();
  }
  for (Index k = filtered.cols() - options.lag; k < filtered.cols(); ++k) {
    ienks.slide(window);
    smoothed.col(k) = window.rows.rowwise().mean();
  }
  return {twin.rmse(filtered), twin.rmse(smoothed)};
}

// Of what run(seed) gives, the median over seeds 1, 2, ...
template <class Run>
double median_over(std::uint64_t seeds, const Run& run) {
  std::vector<double> errors;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) errors.push_back(run(seed));
  return median(errors);
}

struct Row63 {
  const char* name;
  double interval, error_variance;
  Index members;
  Ienks<L63>::Options options;
  double rmse;
};

struct Row96 {
  const char* name;
  double interval;
  Index members;
  Ienks<L96>::Options options;
  double rmse;
};

}  // namespace

TEST_CASE("published: IEnKS of Lorenz-63", "[ienks][.slow]") {
  const Row63 row =
      GENERATE(Row63{"A11", 0.25, 2, 10, {.inflation = {.posterior_std = 1.02}, .rotate = true}, 0.31},
               Row63{"A15, 10 members", 0.25, 1, 10, {.inflation = {.posterior_std = 1.02}, .rotate = true}, 0.22},
               Row63{"A15, 3 members", 0.25, 1, 3, {.inflation = {.posterior_std = 1.04}}, 0.23},
               Row63{"A15, finite size", 0.25, 1, 3, {.iteration = {.certainty = 1}}, 0.22},
               Row63{"A16, 10 members", 0.05, 1, 10, {.inflation = {.posterior_std = 1.02}, .rotate = true}, 0.13},
               Row63{"A16, 3 members", 0.05, 1, 3, {.inflation = {.posterior_std = 1.02}}, 0.13},
               Row63{"A16, finite size", 0.05, 1, 3, {.iteration = {.certainty = 1}}, 0.15},
               Row63{"A16, finite size, twice as sure", 0.05, 1, 3, {.iteration = {.certainty = 2}}, 0.14});
  INFO(row.name);
  CHECK(median_over(11, [&](std::uint64_t seed) {
          return run_ienks(lorenz63(row.interval, row.error_variance, 4000, seed), row.members, row.options).filter;
        }) == Approx(row.rmse).epsilon(0.1));
}

// B19 with inflation has 0.46 in DAPPER's file, from one run. DAPPER 1.7.1 itself gives 0.464 to 0.566 over 11 seeds of the
// file's 1000 cycles, median 0.486.
TEST_CASE("published: IEnKS of Lorenz-96", "[ienks][.slow]") {
  const Row96 row = GENERATE(Row96{"B19", 0.6, 25, {.inflation = {.posterior_std = 1.2}, .rotate = true}, 0.486},
                             Row96{"B19, finite size", 0.6, 25, {.iteration = {.certainty = 2}, .rotate = true}, 0.46},
                             Row96{"B20", 0.2, 20, {.lag = 4, .iteration = {.certainty = 2}}, 0.31});
  INFO(row.name);
  CHECK(median_over(11, [&](std::uint64_t seed) {
          return run_ienks(lorenz96(row.interval, 1000, seed), row.members, row.options).filter;
        }) == Approx(row.rmse).epsilon(0.1));
}

// Bounds of the tests of DataAssimilationBenchmarks.jl, 3500 cycles of which 500 are dropped.
TEST_CASE("published: smoothers of Lorenz-96 with a lag of ten", "[enks][ienks][.slow]") {
  const Inflation inflation{.posterior_std = 1.02};
  for (std::uint64_t seed : {1, 2, 3}) {
    TwinExperiment<L96> twin = lorenz96(0.05, 3500, seed);
    twin.settings.burn_in = 25;
    const Errors ienks = run_ienks(twin, 21, {.lag = 10, .inflation = inflation});
    CHECK(ienks.filter < 0.20);
    CHECK(ienks.smoother < 0.10);

    const PointObservations observe = all_of(40);
    const Enks smoother({.inflation = inflation});
    std::vector<Ensemble> states;
    Ensemble members = twin.members(21), filtered = twin.truth, smoothed = twin.truth;
    for (Index k = 0; k < filtered.cols(); ++k) {
      twin.model.advance(members, {0, 0.05});
      smoother.analyse(members, std::span(states).last(std::min<std::size_t>(states.size(), 10)), observe(members),
                       twin.measurements[static_cast<std::size_t>(k)]);
      states.push_back(members);
      filtered.col(k) = members.rowwise().mean();
    }
    for (Index k = 0; k < filtered.cols(); ++k) smoothed.col(k) = states[static_cast<std::size_t>(k)].rowwise().mean();
    CHECK(twin.rmse(filtered) < 0.20);
    CHECK(twin.rmse(smoothed) < 0.15);
  }
}

TEST_CASE("published: serial EAKF with covariance localisation, of Lorenz-96", "[eakf][.slow]") {
  CHECK(median_over(5, [](std::uint64_t seed) {
          TwinExperiment<L96> twin = lorenz96(0.05, 3000, seed);
          const PointObservations observe = all_of(40);
          const LocalEakf filter(line_of(40), {.taper = GaspariCohn{.half_width = 1.82 * 6},
                                               .inflation = {.posterior_std = 1.07},
                                               .rotate = true,
                                               .seed = seed});
          Ensemble members = twin.members(7), means = twin.truth;
          for (Index k = 0; k < means.cols(); ++k) {
            Measurement measurement = twin.measurements[static_cast<std::size_t>(k)];
            measurement.positions = line_of(40).coordinate(0).matrix().transpose();
            twin.model.advance(members, {0, 0.05});
            filter.analyse(members, 0, observe(members), measurement);
            means.col(k) = members.rowwise().mean();
          }
          return twin.rmse(means);
        }) == Approx(0.23).epsilon(0.1));
}
