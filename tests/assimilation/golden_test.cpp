// DAPPER's filters cycle by cycle, from its own draws: see benchmarks/peers/dapper_golden.py.
#include <catch2/catch.hpp>
#include <functional>
#include <semiflow/assimilation/conventions.hpp>
#include <semiflow/assimilation/denkf.hpp>
#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/assimilation/letkf.hpp>
#include <semiflow/assimilation/local_eakf.hpp>
#include <semiflow/core/data_file.hpp>
#include <semiflow/core/grid.hpp>
#include <semiflow/pde/lorenz.hpp>

using namespace semiflow;

namespace {

using Analysis = std::function<void(Ensemble& members, const Measurement& measurement)>;

// All of the state is observed.
template <class Scheme>
Analysis by(Scheme scheme) {
  return [scheme = std::move(scheme)](Ensemble& members, const Measurement& measurement) {
    const Ensemble predicted = members;
    if constexpr (LocalAnalysisScheme<Scheme>) {
      scheme.analyse(members, 0, predicted, measurement);
    } else {
      scheme.analyse(members, predicted, measurement);
    }
  };
}

template <class Model>
void check(const std::string& group, const std::string& method, Model model, double interval, double error_variance,
           const Analysis& analyse) {
  const DataFile golden(GOLDEN_FILE);
  const auto read = [&](const std::string& name) { return golden.read("/" + group + "/" + name).frames; };
  const Eigen::MatrixXd observations = read("observation"), means = read("mean_" + method),
                        spreads = read("spread_" + method);
  Ensemble members = read("first_" + method);
  const Index state = members.rows();
  Eigen::MatrixXd positions(1, state);
  for (Index i = 0; i < state; ++i) positions(0, i) = static_cast<double>(i);
  for (Index event = 0; event < observations.cols(); ++event) {
    const double time = interval * static_cast<double>(event);
    model.advance(members, {time, time + interval});
    analyse(members, {.event = static_cast<std::uint64_t>(event + 1),
                      .time = time + interval,
                      .values = observations.col(event),
                      .error_variance = Eigen::VectorXd::Constant(state, error_variance),
                      .positions = positions});
    const Eigen::VectorXd mean = members.rowwise().mean();
    const Eigen::VectorXd spread =
        ((members.colwise() - mean).rowwise().squaredNorm() / static_cast<double>(members.cols() - 1)).cwiseSqrt();
    INFO(method << ", event " << event + 1);
    CHECK((mean - means.col(event)).cwiseAbs().maxCoeff() < 1e-8);
    CHECK((spread - spreads.col(event)).cwiseAbs().maxCoeff() < 1e-8);
  }
}

}  // namespace

TEST_CASE("golden: Lorenz-63 with DAPPER's draws", "[golden]") {
  const auto run = [](const std::string& method, const Analysis& analyse) {
    check("lorenz_63", method, RungeKutta4(Lorenz63{}, 0.01), 0.25, 2, analyse);
  };
  run("etkf_3", by(Etkf({.inflation = conventions::from_dapper(1.30)})));
  run("etkf_10", by(Etkf({.inflation = conventions::from_dapper(1.02)})));
  run("denkf_10", by(Denkf({.inflation = conventions::from_dapper(1.02)})));
}

TEST_CASE("golden: Lorenz-96 with DAPPER's draws", "[golden]") {
  const Grid line({{40, 40.0}});
  const auto run = [](const std::string& method, const Analysis& analyse) {
    check("lorenz_96", method, RungeKutta4(Lorenz96{}, 0.05), 0.05, 1, analyse);
  };
  run("etkf_28", by(Etkf({.inflation = conventions::from_dapper(1.02)})));
  run("denkf_40", by(Denkf({.inflation = conventions::from_dapper(1.01)})));
  run("letkf_7", by(Letkf(line, {.taper = conventions::taper_from_dapper(4),
                                 .batch = {2},
                                 .inflation = conventions::from_dapper(1.04)})));
  run("local_eakf_7",
      by(LocalEakf(line, {.taper = conventions::taper_from_dapper(6), .inflation = conventions::from_dapper(1.07)})));
}
