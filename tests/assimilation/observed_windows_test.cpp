#include <catch2/catch.hpp>
#include <cmath>
#include <semiflow/assimilation/discovery/noisy_pairs.hpp>
#include <semiflow/assimilation/discovery/observed_windows.hpp>
#include <semiflow/assimilation/observations.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/pde/kuramoto_sivashinsky.hpp>

using namespace semiflow;

namespace {

constexpr double interval = 0.2, error_std = 0.02;

Eigen::VectorXd normal(Index n, std::uint64_t item) {
  return standard_normal(n, {.seed = 12, .purpose = 0, .item = item});
}

// A chaotic record seen at every second point, and a background that knows its own error: members around a state that
// is itself one of theirs.
struct Record {
  Grid grid{{{32, 22.0}}};
  std::vector<ObservedWindow> windows;
  PointObservations sensors;

  static std::vector<Index> every_second() {
    std::vector<Index> rows;
    for (Index i = 0; i < 32; i += 2) rows.push_back(i);
    return rows;
  }

  Record() : sensors(every_second()) {
    SpectralModel truth(kuramoto_sivashinsky(grid), 0.05);
    Ensemble u = (2 * grid.coordinate(0) * M_PI / 22).sin().matrix() + 0.1 * normal(32, 1);
    truth.advance(u, {0, 100});
    for (Index w = 0; w < 8; ++w) {
      ObservedWindow window{.begin = 10.0 * static_cast<double>(w), .members = Ensemble(32, 40)};
      const auto item = static_cast<std::uint64_t>(1000 * (w + 1));
      Eigen::VectorXd background = u.col(0);
      for (Index harmonic = 0; harmonic < 2; ++harmonic) background += 0.05 * smooth(item + harmonic);
      for (Index m = 0; m < 40; ++m) window.members.col(m) = background + 0.07 * smooth(item + 10 + m);
      Ensemble v = u;
      for (Index k = 1; k <= 4; ++k) {
        truth.advance(v, {0, interval});
        const Eigen::VectorXd variance = Eigen::VectorXd::Constant(16, error_std * error_std);
        window.measurements.push_back(noisy_measurement(sensors(v).col(0), variance,
                                                        static_cast<std::uint64_t>(4 * w + k),
                                                        window.begin + interval * static_cast<double>(k), 5));
      }
      windows.push_back(window);
      truth.advance(u, {0, 10});
    }
  }

  Eigen::VectorXd smooth(std::uint64_t item) const {
    const Eigen::VectorXd numbers = normal(14, item);
    const Eigen::ArrayXd x = grid.coordinate(0) * 2 * M_PI / 22;
    Eigen::ArrayXd sum = Eigen::ArrayXd::Zero(32);
    for (Index n = 1; n <= 7; ++n)
      sum += numbers(2 * n - 2) * (static_cast<double>(n) * x).cos() +
             numbers(2 * n - 1) * (static_cast<double>(n) * x).sin();
    return sum.matrix() / 2.6;
  }

  ObservedWindows problem(const KuramotoSivashinskyCoefficients& model, const std::vector<std::string>& names) const {
    TermLibrary library(grid, {.names = names});
    return {CandidateModels(kuramoto_sivashinsky(grid, model), library.terms(), 0.05, RungeKutta::etdrk4,
                            difference_steps(library, windows[0].members.col(0), 4 * interval)),
            std::ssize(windows), 40, [this](Index i) { return windows[static_cast<std::size_t>(i)]; },
            [this](const Measurement&, EnsembleView states) { return sensors(states); }};
  }
};

}  // namespace

TEST_CASE("derivatives of the forecast of a window pass Taylor's test", "[discovery][joint]") {
  const Record record;
  ObservedWindows windows = record.problem({.antidiffusion = 0.5}, {"u_xx", "u u_x"});
  const JointProblem problem = windows.problem();
  const Eigen::VectorXd dw = normal(40, 3), dc = normal(2, 4);
  problem.set_coefficients(Eigen::VectorXd::Zero(2));
  const LinearisedForecast at = problem.linearise(0, Eigen::VectorXd::Zero(40));
  CHECK(at.departure.size() == 64);
  double previous = 0;
  for (const double size : {1e-1, 1e-2, 1e-3}) {
    problem.set_coefficients(size * dc);
    const Eigen::VectorXd change = at.departure - problem.linearise(0, size * dw).departure;
    const double rest = (change - size * (at.state_sensitivity * dw + at.term_sensitivity * dc)).norm();
    if (previous > 0) CHECK(std::log10(previous / rest) == Approx(2).margin(0.15));
    previous = rest;
  }
}

TEST_CASE("the missing term is found through half of the points", "[discovery][joint][mpi]") {
  const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD), self = Communicator::self();
  const Record record;
  const std::vector<std::string> names{"u", "u_x", "u u_x", "u_xx", "u_xxx", "u_xxxx"};
  ObservedWindows ours = record.problem({.antidiffusion = 0.5}, names),
                  mine = record.problem({.antidiffusion = 0.5}, names);
  const JointDiscovery joint = discover_jointly(world, ours.problem()), alone = discover_jointly(self, mine.problem());
  CHECK(joint.found.coefficients == alone.found.coefficients);
  CHECK(joint.misfits == alone.misfits);
  REQUIRE(joint.converged);
  REQUIRE(joint.found.support == std::vector<Index>{3});  // u_xx: the library's order is by derivative
  CHECK(std::abs(joint.found.coefficients(3) + 0.5) < 4 * joint.found.standard_deviation(3));
  CHECK(joint.found.standard_deviation(3) < 0.03);
  CHECK(joint.misfit == Approx(1).margin(0.3));
}
