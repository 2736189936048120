#include <array>
#include <catch2/catch.hpp>
#include <semiflow/assimilation/reliability.hpp>
#include <semiflow/core/error.hpp>

#include "example.hpp"

using namespace semiflow;

namespace {

// Truth and members are draws around a place that moves; those of the members are `narrower` times as wide. Sensor 0 is
// right, sensor 1 reads 0.5 too much.
Reliability reliability_of(Index members, double narrower, Index times) {
  Reliability reliability(2);
  const Eigen::Vector2d width(1, 2), bias(0, 0.5), variance(0.3, 1);
  for (Index k = 0; k < times; ++k) {
    const auto draw = [&](std::uint64_t purpose, Index columns) -> Eigen::MatrixXd {
      return standard_normal(2 * columns, {8, purpose, static_cast<std::uint64_t>(k)}).reshaped(2, columns);
    };
    const Eigen::Vector2d place = 10 * draw(1000, 1);
    const Ensemble predicted = (narrower * (width.asDiagonal() * draw(1001, members))).colwise() + place;
    const Eigen::Vector2d truth = place + width.asDiagonal() * draw(1002, 1);
    reliability.add(predicted, {.values = truth + bias + variance.cwiseSqrt().asDiagonal() * draw(1003, 1),
                                .error_variance = variance});
  }
  return reliability;
}

}  // namespace

TEST_CASE("the budget of a reliable ensemble is closed, that of others is not", "[reliability]") {
  const Index members = GENERATE(3, 20), times = 20000;
  const double narrower = GENERATE(1., 0.7);
  const Reliability reliability = reliability_of(members, narrower, times);
  for (Index j = 0; j < 2; ++j) {
    const double width = j == 0 ? 1 : 2, bias = j == 0 ? 0 : 0.5, observation = j == 0 ? 0.3 : 1, n = times;
    const double m = static_cast<double>(members), ensemble = (m + 1) / m * std::pow(narrower * width, 2);
    const double variance = width * width * (1 + narrower * narrower / m) + observation;
    const ReliabilityBudget budget = reliability.budget(j);
    CHECK(budget.departures == times);
    CHECK(budget.observation_variance == Approx(observation).epsilon(1e-12));
    CHECK(budget.ensemble_variance == Approx(ensemble).epsilon(3 * std::sqrt(2 / (m - 1) / n)));
    CHECK(std::sqrt(budget.squared_bias) == Approx(bias).margin(3 * std::sqrt(variance / n)));
    // The variance of the departures less that of the ensemble, both with the errors of independent samples.
    const double error = std::sqrt((2 * variance * variance + 2 * ensemble * ensemble / (m - 1)) / n);
    CHECK(budget.residual == Approx((1 - narrower * narrower) * width * width).margin(3 * error));
    CHECK(budget.squared_departure ==
          Approx(budget.squared_bias + budget.ensemble_variance + budget.observation_variance + budget.residual)
              .epsilon(1e-14));
  }
}

TEST_CASE("reliability budgets go on from their state and know any groups", "[reliability]") {
  const Example example = random_example(12, 5, 6);
  const Ensemble predicted = example.predicted();
  const std::array<Index, 6> group{1, 0, 1, 1, 0, 1};
  Reliability whole(2), first(2);
  for (int k = 0; k < 2; ++k) whole.add(predicted, example.measurement, group);
  first.add(predicted, example.measurement, group);
  Reliability second(first.state());
  second.add(predicted, example.measurement, group);
  CHECK(second.state() == whole.state());

  const Eigen::VectorXd d = example.measurement.values - predicted.rowwise().mean();
  CHECK(whole.budget(0).departures == 4);
  CHECK(whole.budget(0).squared_bias == Approx(std::pow((d(1) + d(4)) / 2, 2)).epsilon(1e-12));
  CHECK(whole.budget(1).squared_departure == Approx((d.squaredNorm() - d(1) * d(1) - d(4) * d(4)) / 4).epsilon(1e-12));

  CHECK(std::isnan(Reliability().budget().residual));
  CHECK_THROWS_AS(whole.add(predicted, example.measurement), Error);
  CHECK_THROWS_AS(whole.budget(-1), Error);
  CHECK_THROWS_AS(Reliability(Eigen::MatrixXd(Eigen::MatrixXd::Zero(7, 2))), Error);
}
