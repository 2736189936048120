#include <catch2/catch.hpp>
#include <cmath>
#include <semiflow/assimilation/incremental_update.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/pde/linear_advection.hpp>

using namespace semiflow;

namespace {

Ensemble noise(std::uint64_t item) { return standard_normal(6 * 3, {5, 1000, item}).reshaped(6, 3); }

}  // namespace

TEST_CASE("an incremental update of a linear model is its closed form", "[incremental_update]") {
  const Index steps = 8;
  const double a = 0.9;
  // With a shift of the whole circle every step is a factor.
  LinearAdvection model({.points = 6, .shift = 6, .damping = a, .dt = 0.25});
  const Ensemble start = noise(0), increments = noise(1);
  Ensemble members = start;
  advance_with_increments(model, members, increments, {1.0, 3.0}, steps);
  const double power = std::pow(a, static_cast<double>(steps));
  const Ensemble expected = power * start + (1 - power) / (1 - a) / static_cast<double>(steps) * increments;
  CHECK((members - expected).cwiseAbs().maxCoeff() < 1e-14);
}

TEST_CASE("an increment arrives whole in what does not change and not in what oscillates", "[incremental_update]") {
  LinearAdvection constant({.points = 6, .shift = 6, .dt = 0.25});
  const Ensemble start = noise(0), increments = noise(1);
  Ensemble members = start;
  advance_with_increments(constant, members, increments, {0.0, 2.0}, 8);
  CHECK((members - start - increments).cwiseAbs().maxCoeff() < 1e-14);

  // Around the circle once in the window: of every wave nothing is left, of the mean all.
  LinearAdvection wave({.points = 6, .shift = 1, .dt = 0.25});
  members = start;
  advance_with_increments(wave, members, increments, {0.0, 1.5}, 6);
  const Ensemble mean = increments.colwise().mean().replicate(6, 1);
  CHECK((members - start - mean).cwiseAbs().maxCoeff() < 1e-14);

  members = start;
  advance_with_increments(wave, members, Ensemble::Zero(6, 3), {0.0, 1.0}, 4);
  Ensemble free = start;
  wave.advance(free, {0.0, 1.0});
  CHECK(members == free);

  CHECK_THROWS_AS(advance_with_increments(wave, members, Ensemble::Zero(6, 2), {0.0, 1.0}, 4), Error);
  CHECK_THROWS_AS(advance_with_increments(wave, members, increments, {0.0, 1.0}, 0), Error);
}
