#include <catch2/catch.hpp>
#include <cmath>
#include <semiflow/assimilation/incremental_update.hpp>
#include <semiflow/core/random.hpp>

using namespace semiflow;

namespace {

// x' = rate x, a rate for each entry.
struct Growth {
  Eigen::VectorXd rate;

  Index state_size() const { return rate.size(); }
  void advance(EnsembleRef members, Interval window) const {
    members = (rate * (window.end - window.begin)).array().exp().matrix().asDiagonal() * members;
  }
};

}  // namespace

TEST_CASE("an incremental update adds the geometric series of its increment", "[incremental]") {
  Growth model{Eigen::Vector3d(-2, 0.5, 1e-9)};
  const Ensemble first = standard_normal(12, {1, 1000, 0}).reshaped(3, 4);
  const Ensemble increment = standard_normal(12, {1, 1001, 0}).reshaped(3, 4);
  for (const Index steps : {1, 2, 10}) {
    Ensemble members = first;
    advance_with_increment(model, members, increment, {3, 5}, steps);
    const Eigen::VectorXd whole = (2 * model.rate).array().exp();
    const Eigen::VectorXd step = 2 * model.rate / static_cast<double>(steps);
    const Eigen::VectorXd part = step.array().exp() * (2 * model.rate).array().expm1() / step.array().expm1();
    const Ensemble exact = whole.asDiagonal() * first + part.asDiagonal() * increment / static_cast<double>(steps);
    CHECK((members - exact).norm() < 1e-13 * exact.norm());
  }
}

TEST_CASE("nothing to add is the model alone", "[incremental]") {
  Growth model{Eigen::Vector2d(-1, 1)};
  Ensemble alone = standard_normal(4, {1, 1000, 0}).reshaped(2, 2), members = alone;
  model.advance(alone, {0, 1});
  advance_with_increment(model, members, Ensemble::Zero(2, 2), {0, 1}, 4);
  CHECK((members - alone).norm() < 1e-14);
  CHECK_THROWS_AS(advance_with_increment(model, members, Ensemble::Zero(2, 1), {0, 1}, 4), Error);
  CHECK_THROWS_AS(advance_with_increment(model, members, Ensemble::Zero(2, 2), {0, 1}, 0), Error);
}
