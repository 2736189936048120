#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <semiflow/assimilation/discovery/discovery.hpp>
#include <semiflow/assimilation/discovery/supports.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>

using namespace semiflow;

namespace {

Eigen::MatrixXd normal_matrix(Index rows, Index columns, std::uint64_t seed) {
  return standard_normal(rows * columns, {.seed = seed, .purpose = 0, .item = 0}).reshaped(rows, columns);
}

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("two terms: the evidence of each support is the closed form", "[discovery][supports]") {
  const Index n = 50;
  const Eigen::MatrixXd phi = normal_matrix(n, 2, 1);
  const Eigen::VectorXd noise = standard_normal(n, {.seed = 1, .purpose = 1, .item = 0});
  const Eigen::VectorXd target = 0.9 * phi.col(0) + noise;
  const NormalEquations equations = normal_equations(phi, target);
  const auto rows = static_cast<double>(n), g = rows;
  const double total = target.squaredNorm();
  const auto rest = [&](std::vector<Index> support) { return refit(equations, support).residual_square; };
  // The price of the choice: one of two, or both.
  const double one = std::log(2.0);

  SECTION("known noise") {
    const RankedSupports ranked = rank_supports(equations, {.noise_variance = 1});
    const auto odds = [&](std::vector<Index> s) {
      return 0.5 * (g / (1 + g) * (total - rest(s)) - static_cast<double>(s.size()) * std::log1p(g)) -
             (s.size() == 1 ? one : 0);
    };
    CHECK(ranked.support == std::vector<Index>{0});
    CHECK(ranked.log_odds == Approx(odds({0})).epsilon(1e-10));
    CHECK(ranked.log_bayes_factor(1) == Approx(odds({0, 1}) - odds({0})).epsilon(1e-8));
    CHECK(ranked.log_bayes_factor(0) == Approx(odds({0}) - std::max(0.0, odds({1}))).epsilon(1e-8));
    const double all = 1 + std::exp(odds({0})) + std::exp(odds({1})) + std::exp(odds({0, 1}));
    CHECK(ranked.probability == Approx(std::exp(odds({0})) / all).epsilon(1e-8));
    CHECK(ranked.inclusion_probability(1) ==
          Approx((std::exp(odds({1})) + std::exp(odds({0, 1}))) / all).epsilon(1e-8));
    REQUIRE(ranked.path.size() == 3);
    CHECK(ranked.path(0) == 0);
    CHECK(ranked.path(2) == Approx(odds({0, 1})).epsilon(1e-8));
  }
  SECTION("unknown noise") {
    const RankedSupports ranked = rank_supports(equations);
    const double odds = 0.5 * ((rows - 1) * std::log1p(g) - rows * std::log1p(g * rest({0}) / total)) - one;
    CHECK(ranked.support == std::vector<Index>{0});
    CHECK(ranked.log_odds == Approx(odds).epsilon(1e-10));
  }
}

TEST_CASE("a ranking does not depend on units", "[discovery][supports]") {
  Eigen::MatrixXd phi = normal_matrix(200, 6, 2);
  const Eigen::VectorXd noise = standard_normal(200, {.seed = 2, .purpose = 1, .item = 0});
  const Eigen::VectorXd target = 2 * phi.col(1) - 0.7 * phi.col(4) + noise;
  const RankedSupports before = rank_supports(normal_equations(phi, target));
  CHECK(before.support == std::vector<Index>{1, 4});
  const double column = 1e4, unit = 1e-7;
  phi.col(4) *= column;
  const NormalEquations scaled = normal_equations(phi, target * unit);
  for (const double variance : {0.0, 1.0}) {
    const RankedSupports ranked = rank_supports(scaled, {.noise_variance = variance * unit * unit});
    CHECK(ranked.support == before.support);
    if (variance == 0) CHECK(ranked.log_odds == Approx(before.log_odds).epsilon(1e-9));
    if (variance == 0) CHECK((ranked.inclusion_probability - before.inclusion_probability).norm() < 1e-8);
  }
  const Discovery found = describe_support(std::vector{scaled}, before.support, unit * unit);
  CHECK(found.coefficients(4) * column / unit == Approx(-0.7).epsilon(0.2));
}

TEST_CASE("noise alone ranks the empty model first", "[discovery][supports]") {
  const int trials = 200;
  int empty = 0;
  for (int i = 0; i < trials; ++i) {
    const auto seed = static_cast<std::uint64_t>(100 + i);
    const Eigen::MatrixXd phi = normal_matrix(120, 24, seed);
    const Eigen::VectorXd noise = standard_normal(120, {.seed = seed, .purpose = 1, .item = 0});
    const RankedSupports ranked = rank_supports(normal_equations(phi, noise), {.noise_variance = i % 2 ? 1.0 : 0.0});
    empty += ranked.support.empty() ? 1 : 0;
    CHECK(ranked.inclusion_probability.allFinite());
    CHECK(std::isfinite(ranked.log_odds));
  }
  CHECK(empty >= 190);
}

TEST_CASE("a ranking without information is empty", "[discovery][supports]") {
  const Eigen::MatrixXd phi = normal_matrix(30, 3, 3);
  Eigen::MatrixXd dependent(30, 4);
  dependent << phi, phi.col(0) - phi.col(1);
  dependent.col(2).setZero();

  const RankedSupports nothing = rank_supports(normal_equations(phi, Eigen::VectorXd::Zero(30)));
  CHECK(nothing.support.empty());
  CHECK(nothing.log_odds == 0);
  CHECK(nothing.inclusion_probability.allFinite());

  const RankedSupports ranked = rank_supports(normal_equations(dependent, 3 * phi.col(0)));
  CHECK(ranked.support == std::vector<Index>{0});
  CHECK(ranked.log_bayes_factor(2) == -infinity);
  CHECK(ranked.inclusion_probability(2) == 0);

  // As many terms as rows: nothing can be told.
  const RankedSupports few = rank_supports(normal_equations(phi.topRows(1), Eigen::VectorXd::Ones(1)));
  CHECK(few.support.empty());
  CHECK_THROWS_AS(rank_supports(normal_equations(phi, phi.col(0)), {.noise_variance = -1}), Error);
  CHECK_THROWS_AS(rank_supports(normal_equations(phi, phi.col(0)), {.noise_variance = std::nan("")}), Error);
}
