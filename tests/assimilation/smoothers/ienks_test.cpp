#include <catch2/catch.hpp>
#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/assimilation/finite_size.hpp>
#include <semiflow/assimilation/smoothers/ienks.hpp>
#include <semiflow/core/error.hpp>

#include "linear_example.hpp"
#include "lorenz63_example.hpp"

using namespace semiflow;

namespace {

using LinearIenks = Ienks<LinearAdvection>;
using Lorenz63Ienks = Ienks<RungeKutta4<Lorenz63>>;

// What DAPPER 1.7.1, iEnKS('Sqrt'), makes of it: the forecast and the analysis at the third measurement, and the ensemble
// at the beginning of the last window, and carried to its end.
struct Reference {
  Lorenz63Ienks::Options options;
  Index iterations;
  double inflation;
  Lorenz63Row forecast, analysis, smoothed, end;
};

}  // namespace

TEST_CASE("reference: IEnKS of Lorenz-63", "[ienks][reference]") {
  const Reference reference =
      GENERATE(Reference{{},
                         10,
                         1,
                         {{-6.2897984471, 2.6064979755, 33.8820137265}, 0.6780259046, 2.4961129359},
                         {{-6.2206536183, 2.5933885078, 33.7647930812}, 0.5481723093, 2.4408230460},
                         {{-9.3667660508, -16.4589646765, 15.3192757698}, 0.6878192669, -17.1050919922},
                         {{-6.2206536183, 2.5933885078, 33.7647930812}, 0.5481723093, 2.4408230460}},
               Reference{{.iteration = {.iterations = 1}},
                         1,
                         1,
                         {{-6.0472732844, 2.5797763807, 33.5002944484}, 0.6880481252, 2.5485999691},
                         {{-6.0827577686, 2.5458014792, 33.5272308431}, 0.5480081613, 2.4477563847},
                         {{-9.5221820055, -16.6296622305, 15.7048726185}, 0.6740829373, -17.3251133403},
                         {{-6.0795226423, 2.5453509030, 33.5169639062}, 0.5496942390, 2.4425640256}},
               Reference{{.lag = 2},
                         10,
                         1,
                         {{-6.2210384489, 2.6910968875, 33.8447851571}, 0.6805714759, 2.4910284045},
                         {{-6.1629760678, 2.6819189789, 33.7473621865}, 0.5443964201, 2.4439306546},
                         {{-1.2761480334, -2.2080187560, 13.3762753424}, 0.3852524776, -2.4550775667},
                         {{-6.1629760678, 2.6819189789, 33.7473621865}, 0.5443964201, 2.4439306546}},
               Reference{{.lag = 0, .iteration = {.iterations = 2}},
                         2,
                         1,
                         {{-5.8958080750, 3.2641323631, 33.8346544531}, 1.0331844801, 3.2883539915},
                         {{-6.1225748551, 2.9264687562, 33.9074653517}, 0.6996054444, 2.7652404604},
                         {{-6.1225748551, 2.9264687562, 33.9074653517}, 0.6996054444, 2.7652404604},
                         {{-6.1225748551, 2.9264687562, 33.9074653517}, 0.6996054444, 2.7652404604}},
               Reference{{.iteration = {.certainty = 1.0}},
                         10,
                         1.0001359826513052,
                         {{-6.2537466855, 2.6194119856, 33.8389055559}, 0.6980229824, 2.4664231322},
                         {{-6.2022917150, 2.5937392278, 33.7379529944}, 0.5645044375, 2.3977144453},
                         {{-9.3836325758, -16.4800267585, 15.3546292358}, 0.7011590175, -17.0958326807},
                         {{-6.2022917150, 2.5937392278, 33.7379529944}, 0.5645044375, 2.3977144453}},
               Reference{{.lag = 2, .iteration = {.certainty = 1.5}},
                         10,
                         0.9994161037407983,
                         {{-6.1968737529, 2.7011379288, 33.8170422456}, 0.6924559609, 2.4628342309},
                         {{-6.1511126193, 2.6827636038, 33.7305687223}, 0.5538933351, 2.4084861257},
                         {{-1.2784722806, -2.2116306684, 13.3780607285}, 0.4168210885, -2.4650963623},
                         {{-6.1511126193, 2.6827636038, 33.7305687223}, 0.5538933351, 2.4084861257}},
               Reference{{.iteration = {.iterations = 3, .annealed = true}},
                         3,
                         1,
                         {{-6.2415120561, 2.5692967839, 33.7810832539}, 0.6689532285, 2.4855013873},
                         {{-6.1963265596, 2.5557870276, 33.7000137877}, 0.5425434336, 2.4208161637},
                         {{-9.4058990465, -16.4906735050, 15.4453243145}, 0.6755744926, -17.1817880500},
                         {{-6.1957567371, 2.5552264430, 33.6979239266}, 0.5424137109, 2.4202823943}},
               Reference{{.iteration = {.tolerance = 1e-5}, .inflation = {.posterior_std = 1.1}},
                         2,
                         1,
                         {{-6.2737772924, 2.6051251389, 33.8592575968}, 0.7562113006, 2.4496589933},
                         {{-6.2069950369, 2.5807428772, 33.7351711844}, 0.5923797094, 2.3735618789},
                         {{-9.3853407176, -16.4748560052, 15.3721579330}, 0.8143644504, -17.1854513489},
                         {{-6.2071991816, 2.5815826490, 33.7374421602}, 0.6517420010, 2.3573165731}});
  const Communicator self = Communicator::self();
  auto [model, observe, members, measurements] = Lorenz63Example();
  SmoothingWindow window{.rows = members};
  Lorenz63Ienks ienks(self, model, reference.options);
  IenksAnalysis last;
  for (const Measurement& measurement : measurements) last = ienks.assimilate(window, measurement, observe);
  CHECK(last.iterations == reference.iterations);
  CHECK(last.inflation == Approx(reference.inflation).margin(1e-10).epsilon(0));
  check(last.forecast, reference.forecast);
  check(last.analysis, reference.analysis);
  check(window.rows, reference.smoothed);
  while (!window.measured.empty()) ienks.slide(window);
  check(window.rows, reference.end);
}

TEST_CASE("for a linear model the IEnKS is the ETKF, with any lag and any number of iterations", "[ienks]") {
  const Communicator self = Communicator::self();
  LinearExample example(8);
  const Index lag = GENERATE(0, 1, 3, 100), iterations = GENERATE(1, 4);
  const bool annealed = GENERATE(false, true);
  LinearIenks ienks(self, example.model, {.lag = lag, .iteration = {.iterations = iterations, .annealed = annealed}});
  SmoothingWindow window{.rows = example.members};
  Ensemble filtered = example.members;
  for (const Measurement& measurement : example.measurements) {
    example.model.advance(filtered, {0, example.interval});
    const IenksAnalysis found = ienks.assimilate(window, measurement, example.observe);
    CHECK(largest(found.forecast - filtered) < 1e-10);
    Etkf().analyse(filtered, example.observe(filtered), measurement);
    CHECK(largest(found.analysis - filtered) < 1e-10);
    CHECK(found.iterations == iterations);
    CHECK(std::ssize(window.measured) == std::min<Index>(lag, static_cast<Index>(measurement.event)));
    CHECK(window.begin == std::max(0.0, measurement.time - static_cast<double>(lag) * example.interval));
  }
  while (!window.measured.empty()) ienks.slide(window);
  CHECK(largest(window.rows - filtered) < 1e-10);
}

TEST_CASE("inflation and rotation of the IEnKS are the ETKF's, for a linear model without a lag", "[ienks]") {
  const Communicator self = Communicator::self();
  LinearExample example(2);
  const Inflation inflation{.prior_std = 1.1,
                            .relaxation_to_prior_perturbations = 0.1,
                            .posterior_std = 1.01,
                            .relaxation_to_prior_spread = 0.2};
  LinearIenks ienks(self, example.model, {.lag = 0, .inflation = inflation, .rotate = true, .seed = 5});
  // A rotated ETKF takes a symmetric root, as the IEnKS does, only if it relaxes to the perturbations.
  const Etkf etkf({.inflation = inflation, .rotate = true, .seed = 5});
  SmoothingWindow window{.rows = example.members};
  Ensemble filtered = example.members;
  for (const Measurement& measurement : example.measurements) {
    ienks.assimilate(window, measurement, example.observe);
    example.model.advance(filtered, {0, example.interval});
    etkf.analyse(filtered, example.observe(filtered), measurement);
    CHECK(largest(window.rows - filtered) < 1e-10);
  }
}

TEST_CASE("for a linear model the IEnKS-N finds the inflation and the weights of the EnKF-N", "[ienks]") {
  const Communicator self = Communicator::self();
  LinearExample example(1);
  const double certainty = GENERATE(1.0, 2.0);
  LinearIenks ienks(self, example.model, {.iteration = {.iterations = 60, .certainty = certainty}});
  SmoothingWindow window{.rows = example.members};
  const IenksAnalysis found = ienks.assimilate(window, example.measurements[0], example.observe);
  Ensemble filtered = example.members;
  example.model.advance(filtered, {0, example.interval});
  const FiniteSizeUpdate expected = finite_size_update(
      ensemble_information(example.observe(filtered), example.measurements[0]), certainty, FiniteSizeForm::primal);
  apply_weights(filtered, expected.weights);
  CHECK(found.inflation == Approx(expected.inflation).margin(1e-10));
  CHECK(largest(found.analysis - filtered) < 1e-10);
}

TEST_CASE("a smoothing window that is stopped and taken up again goes on with the same bits", "[ienks]") {
  const Communicator self = Communicator::self();
  auto [model, observe, members, measurements] = Lorenz63Example();
  SmoothingWindow window{.rows = members};
  const Lorenz63Ienks::Options options{.lag = 2, .inflation = {.posterior_std = 1.02}, .rotate = true, .seed = 1};
  Lorenz63Ienks ienks(self, model, options);
  for (int k : {0, 1}) ienks.assimilate(window, measurements[static_cast<std::size_t>(k)], observe);
  SmoothingWindow stopped = window;
  ienks.assimilate(window, measurements[2], observe);
  Lorenz63Ienks(self, model, options).assimilate(stopped, measurements[2], observe);
  CHECK(stopped.rows == window.rows);
  CHECK(stopped.measured == window.measured);
}

TEST_CASE("the IEnKS has the same bits on any number of ranks", "[ienks][mpi]") {
  const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD), self = Communicator::self();
  RungeKutta4<Lorenz96> model(Lorenz96{.points = 70}, 0.05);
  Ensemble members = random_example(70, 7, 1).members;
  model.advance(members, {0, 1});
  const PointObservations observe({0, 7, 21, 30, 44, 69});
  Ienks<RungeKutta4<Lorenz96>>::Options options{
      .lag = 2, .iteration = {.iterations = 3}, .inflation = {.relaxation_to_prior_spread = 0.3}, .rotate = true};
  options.iteration.annealed = GENERATE(false, true);
  const Share mine = world.row_share(70), my_members = world.share(7);
  Ienks<RungeKutta4<Lorenz96>> together(world, model, options), alone(self, model, options);
  SmoothingWindow parts{.rows = world.members_to_rows(members.middleCols(my_members.begin, my_members.size), 7)};
  SmoothingWindow whole{.rows = members};
  for (int k = 1; k <= 4; ++k) {
    const Measurement measurement{.event = static_cast<std::uint64_t>(k),
                                  .time = 0.2 * k,
                                  .values = observe(members).col(0),
                                  .error_variance = Eigen::VectorXd::Ones(6)};
    const IenksAnalysis part = together.assimilate(parts, measurement, observe);
    const IenksAnalysis all = alone.assimilate(whole, measurement, observe);
    CHECK(part.forecast == all.forecast.middleRows(mine.begin, mine.size));
    CHECK(part.analysis == all.analysis.middleRows(mine.begin, mine.size));
    CHECK(parts.rows == whole.rows.middleRows(mine.begin, mine.size));
  }
}

TEST_CASE("the IEnKS refuses what makes no sense, on every rank alike", "[ienks][mpi]") {
  const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD);
  LinearExample example(1);
  const auto refused = [&](const LinearIenks::Options& options, const std::string& message) {
    CHECK_THROWS_WITH(LinearIenks(world, example.model, options), Catch::Contains(message));
  };
  refused({.lag = -1}, "lag");
  refused({.iteration = {.iterations = 0}}, "at least one iteration");
  refused({.iteration = {.tolerance = -1}}, "tolerance");
  refused({.iteration = {.certainty = 0}}, "certainty");
  refused({.iteration = {.annealed = true, .certainty = 1}}, "at the same time");
  refused({.inflation = {.posterior_std = -1}}, "posterior_std");

  LinearIenks ienks(world, example.model, {});
  const Share mine = world.row_share(100);
  const SmoothingWindow start{.rows = example.members.middleRows(mine.begin, mine.size)};
  const auto fails = [&](SmoothingWindow window, const Measurement& measurement, const std::string& message) {
    CHECK_THROWS_WITH(ienks.assimilate(window, measurement, example.observe), Catch::Contains(message));
  };
  const Measurement measurement = example.measurements[0];
  Measurement wrong = measurement;
  wrong.time = -1;
  fails(start, wrong, "not be earlier");
  wrong.time = 2.5;
  fails(start, wrong, "whole number of steps");
  wrong = measurement;
  wrong.values.conservativeResize(3);
  wrong.error_variance.conservativeResize(3);
  fails(start, wrong, "4 predictions for 3 sensors");
  SmoothingWindow window = start;
  window.rows = Ensemble(101, 20);
  fails(window, measurement, "this rank's rows");
  window = start;
  window.rows.conservativeResize(mine.size, 20 - world.rank());
  if (world.size() > 1) fails(window, measurement, "all members");
  window.rows = start.rows.leftCols(1);
  fails(window, measurement, "at least two members");
  // Out of sight of the sensors, and on the first rank only.
  window = start;
  if (mine.begin == 0) window.rows(10, 3) = NAN;
  fails(window, measurement, "is not finite");
}
