#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/pde/resampling.hpp>

using namespace semiflow;

namespace {

// Two fields of known waves on a plane.
Eigen::VectorXd waves(const Grid& plane, Index highest) {
  const Eigen::ArrayXd y = 2 * std::numbers::pi / plane.axis(0).length * plane.coordinate(0),
                       x = 2 * std::numbers::pi / plane.axis(1).length * plane.coordinate(1);
  Eigen::VectorXd state(2 * plane.points());
  state << (1 + (3 * x - 2 * y).cos() + 0.5 * (static_cast<double>(highest) * x + y).sin()).matrix(),
      (x.sin() * (static_cast<double>(highest) * y).cos()).matrix();
  return state;
}

}  // namespace

TEST_CASE("waves that both grids have are the same on both", "[resampling]") {
  const Grid coarse({{12, 3.0}, {10, 2.0}}), fine({{25, 3.0}, {32, 2.0}});
  for (const auto& [from, to] : {std::pair{coarse, fine}, {fine, coarse}, {fine, fine}})
    CHECK((resampled(from, to, waves(from, 4)) - waves(to, 4)).norm() < 1e-12);
}

TEST_CASE("waves that the coarse grid lacks go, and none takes their place", "[resampling]") {
  const Grid coarse({{12, 3.0}, {12, 2.0}}), fine({{32, 3.0}, {32, 2.0}});
  const Eigen::VectorXd kept = waves(coarse, 4);
  Eigen::VectorXd fine_state = waves(fine, 4);
  const Eigen::ArrayXd x = std::numbers::pi * fine.coordinate(1);
  fine_state.head(fine.points()) += (7 * x).cos().matrix() + (6 * x).cos().matrix();  // 6 is the Nyquist harmonic
  CHECK((resampled(fine, coarse, fine_state) - kept).norm() < 1e-12);
  // 2/3 of 12 points keep harmonics below 4.
  const Ensemble two_thirds = resampled(fine, coarse, waves(fine, 4), 2. / 3);
  CHECK((two_thirds.col(0).head(coarse.points()) - waves(coarse, 4).head(coarse.points())).norm() > 1);
  CHECK((resampled(fine, coarse, waves(fine, 3), 2. / 3) - waves(coarse, 3)).norm() < 1e-12);
}

TEST_CASE("a batch is each of its states; what does not fit is refused", "[resampling]") {
  const Grid coarse({{16, 1.0}}), fine({{48, 1.0}});
  const Ensemble states = standard_normal(96, {.seed = 1, .purpose = 0, .item = 0}).reshaped(48, 2);
  const Ensemble both = resampled(fine, coarse, states);
  CHECK(both.col(1) == resampled(fine, coarse, states.col(1)).col(0));
  CHECK((resampled(fine, coarse, resampled(coarse, fine, both)) - both).norm() < 1e-13 * both.norm());
  CHECK_THROWS_AS(resampled(fine, Grid({{16, 2.0}}), states), Error);
  CHECK_THROWS_AS(resampled(fine, Grid({{4, 1.0}, {4, 1.0}}), states), Error);
  CHECK_THROWS_AS(resampled(fine, coarse, states.topRows(20)), Error);
  CHECK_THROWS_AS(resampled(fine, coarse, states, 0), Error);
}
