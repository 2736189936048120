#include <Eigen/Dense>
#include <catch2/catch.hpp>
#include <cmath>
#include <semiflow/assimilation/discovery/normal_equations.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>

using namespace semiflow;

namespace {

using Support = std::vector<Index>;

Eigen::MatrixXd random_library(Index rows, Index terms) {
  Eigen::MatrixXd library(rows, terms);
  for (Index j = 0; j < terms; ++j)
    library.col(j) = standard_normal(rows, {.seed = 11, .purpose = 0, .item = static_cast<std::uint64_t>(j)});
  return library;
}

Eigen::VectorXd noise(Index rows) { return standard_normal(rows, {.seed = 11, .purpose = 1, .item = 0}); }

}  // namespace

TEST_CASE("sums of parts are the sum of the whole", "[normal_equations]") {
  const Eigen::MatrixXd library = random_library(50, 4);
  const Eigen::VectorXd target = noise(50);
  NormalEquations sum;
  for (const auto& [begin, size] : {std::pair<Index, Index>{0, 13}, {13, 0}, {13, 37}})
    sum += normal_equations(library.middleRows(begin, size), target.segment(begin, size));
  const NormalEquations whole = normal_equations(library, target);
  CHECK(sum.gram.isApprox(whole.gram, 1e-14));
  CHECK(sum.projection.isApprox(whole.projection, 1e-14));
  CHECK(sum.target_square == Approx(whole.target_square).epsilon(1e-14));
  CHECK(sum.rows == 50);
  CHECK_THROWS_AS(sum += normal_equations(random_library(5, 3), noise(5)), Error);
}

TEST_CASE("least squares from sums equals least squares from rows", "[normal_equations]") {
  Eigen::MatrixXd library = random_library(80, 5);
  library.col(1) *= 1e5;
  library.col(4) *= 1e-7;
  const Eigen::VectorXd target = library.col(0) + 1e7 * library.col(4) + 0.3 * noise(80);
  const Support support{4, 0, 1};
  const LeastSquares fit = refit(normal_equations(library, target), support);

  const Eigen::MatrixXd chosen = library(Eigen::all, support);
  const Eigen::VectorXd expected = chosen.colPivHouseholderQr().solve(target);
  const double rss = (target - chosen * expected).squaredNorm();
  const Eigen::MatrixXd covariance = rss / 77 * (chosen.transpose() * chosen).inverse();
  for (Index i = 0; const Index term : support) {
    CHECK(fit.coefficients(term) == Approx(expected(i)).epsilon(1e-11));
    CHECK(fit.standard_deviation(term) == Approx(std::sqrt(covariance(i, i))).epsilon(1e-8));
    ++i;
  }
  CHECK(fit.coefficients(2) == 0);
  CHECK(fit.standard_deviation(2) == 0);
  CHECK(fit.residual_square == Approx(rss).epsilon(1e-11));
  CHECK(fit.relative_residual == Approx(std::sqrt(rss) / target.norm()).epsilon(1e-11));
}

TEST_CASE("the reference problem's least squares", "[normal_equations]") {
  Eigen::MatrixXd library(20, 4);
  Eigen::VectorXd target(20);
  for (Index i = 0; i < 20; ++i) {
    const double n = static_cast<double>(i), x = (n + 0.5) / 20;
    library.row(i) << x, x * x, std::sin(3 * x), std::cos(5 * x);
    target(i) = 2 * x - 0.5 * std::sin(3 * x) + 0.02 * std::cos(37 * n * n);
  }
  const LeastSquares fit = refit(normal_equations(library, target), Support{0, 1, 2, 3});
  const Eigen::Vector4d expected(0.96977300, 1.00777214, -0.21420550, 0.01643977);
  CHECK((fit.coefficients - expected).cwiseAbs().maxCoeff() < 6e-9);
}

TEST_CASE("what the data do not determine is said to be undetermined", "[normal_equations]") {
  Eigen::MatrixXd library = random_library(30, 4);
  library.col(2) = library.col(0) - library.col(1);
  library.col(3).setZero();
  const Eigen::VectorXd target = library.col(2);
  const NormalEquations equations = normal_equations(library, target);
  const LeastSquares fit = refit(equations, Support{0, 1, 2, 3});
  CHECK(fit.coefficients.isApprox(Eigen::Vector4d(1, -1, 0, 0), 1e-12));
  CHECK(std::isinf(fit.standard_deviation(2)));
  CHECK(std::isinf(fit.standard_deviation(3)));
  CHECK(fit.standard_deviation(0) < 1e-7);
  CHECK(fit.relative_residual <= 1.001e-7);

  // Two rows, two terms: a perfect fit that says nothing about its error.
  const LeastSquares exact = refit(normal_equations(random_library(2, 2), noise(2)), Support{0, 1});
  CHECK(exact.coefficients.allFinite());
  CHECK(std::isinf(exact.standard_deviation(0)));

  const LeastSquares none = refit(equations, Support{});
  CHECK(none.coefficients.isZero(0));
  CHECK(none.relative_residual == 1);
  CHECK(refit(normal_equations(library, Eigen::VectorXd::Zero(30)), Support{0}).relative_residual == 0);
}

TEST_CASE("backward elimination drops what explains little", "[normal_equations]") {
  Eigen::MatrixXd library = random_library(400, 6);
  const Eigen::VectorXd target = 2 * library.col(1) - library.col(4) + 0.03 * library.col(3) + 0.01 * noise(400);
  const Support all{5, 4, 3, 2, 1, 0};
  library.col(1) *= 1e6;
  const NormalEquations equations = normal_equations(library, 1e3 * target);

  CHECK(eliminate_backward(equations, all, 0) == all);
  CHECK(eliminate_backward(equations, all, 0.005) == Support{4, 3, 1});
  CHECK(eliminate_backward(equations, all, 0.1) == Support{4, 1});
  CHECK(eliminate_backward(equations, all, 0.6) == Support{1});
  CHECK(eliminate_backward(equations, all, 2).empty());
  CHECK(eliminate_backward(equations, {}, 0.1).empty());

  // The threshold is the growth of the residual with a refit.
  const double with = refit(equations, Support{4, 3, 1}).residual_square;
  const double without = refit(equations, Support{4, 1}).residual_square;
  const double contribution = std::sqrt((without - with) / equations.target_square);
  CHECK(eliminate_backward(equations, {4, 3, 1}, contribution * 1.0001) == Support{4, 1});
  CHECK(eliminate_backward(equations, {4, 3, 1}, contribution * 0.9999) == Support{4, 3, 1});
}

TEST_CASE("collinearity names the direction that cannot be seen", "[normal_equations]") {
  Eigen::MatrixXd library = random_library(1000, 4);
  const Eigen::VectorXd target = noise(1000);
  library.col(3) = -(library.col(0) + 2 * library.col(1)) / 5 + 1e-3 * library.col(3);
  const Collinearity report = collinearity(normal_equations(library, target));

  // Column 0 + 2 column 1 + 5 column 3 is nearly nothing, and column 3's share of it is the largest.
  CHECK((report.weakest_direction - Eigen::Vector4d(0.2, 0.4, 0, 1)).cwiseAbs().maxCoeff() < 1e-3);
  Eigen::MatrixXd unit = library;
  unit.colwise().normalize();
  const Eigen::VectorXd values = unit.jacobiSvd().singularValues();
  CHECK(report.condition == Approx(values(0) / values(3)).epsilon(1e-8));
  for (Index j = 0; j < 4; ++j) {
    Eigen::MatrixXd others(1000, 3);
    for (Index k = 0, column = 0; k < 4; ++k)
      if (k != j) others.col(column++) = unit.col(k);
    const Eigen::VectorXd rest = unit.col(j) - others * others.colPivHouseholderQr().solve(unit.col(j));
    CHECK(report.variance_inflation(j) == Approx(1 / rest.squaredNorm()).epsilon(1e-8));
  }

  library.col(3) = library.col(0);
  library.col(1).setZero();
  const Collinearity singular = collinearity(normal_equations(library, target));
  CHECK(std::isinf(singular.condition));
  CHECK(std::isinf(singular.variance_inflation(0)));
  CHECK(std::isinf(singular.variance_inflation(1)));
  CHECK(singular.variance_inflation(2) == Approx(1).epsilon(0.05));
  CHECK(std::isinf(singular.variance_inflation(3)));
  CHECK(singular.weakest_direction.cwiseAbs().isApprox(Eigen::Vector4d(1, 0, 0, 1), 1e-10));
}
