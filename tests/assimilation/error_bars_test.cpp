#include <catch2/catch.hpp>
#include <cmath>
#include <semiflow/assimilation/discovery/discovery.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>

using namespace semiflow;

namespace {

Eigen::VectorXd normals(Index n, std::uint64_t item, std::uint64_t seed = 41) {
  return standard_normal(n, {.seed = seed, .purpose = 0, .item = item});
}

// One term, 0.5 of it missing; all rows of a block share half of the variance of their noise.
std::vector<NormalEquations> correlated_blocks(Index blocks, std::uint64_t seed) {
  const Index rows = 20;
  std::vector<NormalEquations> all;
  for (Index b = 0; b < blocks; ++b) {
    const auto item = static_cast<std::uint64_t>(2 * b);
    const Eigen::VectorXd column = Eigen::VectorXd::Ones(rows);
    const Eigen::VectorXd target = 0.5 * column + std::sqrt(0.5) * normals(rows, item, seed) +
                                   Eigen::VectorXd::Constant(rows, std::sqrt(0.5) * normals(1, item + 1, seed)(0));
    all.push_back(normal_equations(column, target));
  }
  return all;
}

}  // namespace

TEST_CASE("the bootstrap over blocks is that of the mean", "[discovery]") {
  std::vector<NormalEquations> blocks;
  const Eigen::VectorXd values = normals(12, 0);
  for (const double value : values)
    blocks.push_back(normal_equations(Eigen::MatrixXd::Ones(1, 1), Eigen::VectorXd::Constant(1, value)));
  // The variance of the mean of n draws from n values is their mean square about the mean, over n; without bias: n - 1.
  const double exact = std::sqrt((values.array() - values.mean()).square().sum() / 11 / 12);
  const Discovery found = describe_support(blocks, {0}, 0, {.bootstrap_samples = 5000, .seed = 3});
  CHECK(found.coefficients(0) == Approx(values.mean()));
  CHECK(found.standard_deviation(0) == Approx(exact).epsilon(0.05));
  const Discovery again = describe_support(blocks, {0}, 0, {.bootstrap_samples = 5000, .seed = 3});
  CHECK(again.standard_deviation == found.standard_deviation);
  CHECK(describe_support(blocks, {0}, 0, {.bootstrap_samples = 5000, .seed = 4}).standard_deviation !=
        found.standard_deviation);
  CHECK_THROWS_AS(describe_support(blocks, {0}, 0, {.bootstrap_samples = 1}), Error);
}

TEST_CASE("error bars over blocks are true where rows are correlated, those of rows are not", "[discovery]") {
  const Index runs = 300;
  double of_bootstrap = 0, of_jackknife = 0, of_rows = 0;
  for (Index i = 0; i < runs; ++i) {
    const std::vector<NormalEquations> blocks = correlated_blocks(20, static_cast<std::uint64_t>(500 + i));
    NormalEquations all;
    for (const NormalEquations& block : blocks) all += block;
    const auto square = [&](const Eigen::VectorXd& deviation, const Eigen::VectorXd& coefficients) {
      return std::pow((coefficients(0) - 0.5) / deviation(0), 2) / static_cast<double>(runs);
    };
    const Discovery b = describe_support(blocks, {0}, 0, {.bootstrap_samples = 200, .seed = 1}),
                    j = describe_support(blocks, {0}, 0);
    const LeastSquares rows = refit(all, std::vector<Index>{0});
    of_bootstrap += square(b.standard_deviation, b.coefficients);
    of_jackknife += square(j.standard_deviation, j.coefficients);
    of_rows += square(rows.standard_deviation, rows.coefficients);
  }
  // z has a standard deviation of 1 up to what 20 blocks and 300 runs leave.
  for (const double z : {std::sqrt(of_bootstrap), std::sqrt(of_jackknife)}) {
    CHECK(z > 0.85);
    CHECK(z < 1.25);
  }
  CHECK(std::sqrt(of_rows) > 2);
}
