#include <Eigen/Dense>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <semiflow/assimilation/discovery/relevance_vectors.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>

using namespace semiflow;

namespace {

using Support = std::vector<Index>;
constexpr auto fast = RelevanceAlgorithm::fast, classic = RelevanceAlgorithm::classic;

struct Problem {
  Eigen::MatrixXd library;
  Eigen::VectorXd target;

  NormalEquations equations() const { return normal_equations(library, target); }
};

// Four nearly collinear columns; the target is made of x and sin 3x.
Problem teaching_problem() {
  const Index rows = 20;
  Problem data{.library = Eigen::MatrixXd(rows, 4), .target = Eigen::VectorXd(rows)};
  for (Index i = 0; i < rows; ++i) {
    const double n = static_cast<double>(i), x = (n + 0.5) / 20;
    data.library.row(i) << x, x * x, std::sin(3 * x), std::cos(5 * x);
    data.target(i) = 2 * x - 0.5 * std::sin(3 * x) + 0.02 * std::cos(37 * n * n);
  }
  return data;
}

// Independent normal columns, the first few with coefficients 1, -2, 3, ..., and noise in the target.
Problem random_problem(Index rows, Index terms, Index relevant, double noise, std::uint64_t seed) {
  Problem data{.library = Eigen::MatrixXd(rows, terms),
               .target = noise * standard_normal(rows, {.seed = seed, .purpose = 1, .item = 0})};
  for (Index j = 0; j < terms; ++j) {
    data.library.col(j) = standard_normal(rows, {.seed = seed, .purpose = 0, .item = static_cast<std::uint64_t>(j)});
    if (j < relevant) data.target += static_cast<double>(j % 2 == 0 ? j + 1 : -j - 1) * data.library.col(j);
  }
  return data;
}

void check_finite(const RelevanceVectors& result) {
  CHECK(result.converged);
  CHECK(result.mean.allFinite());
  CHECK(result.standard_deviation.allFinite());
  CHECK_FALSE(result.precision.hasNaN());
  CHECK(std::isfinite(result.log_bayes_factor));
  CHECK_FALSE(std::isnan(result.log_evidence));
}

void check_equal(const RelevanceVectors& a, const RelevanceVectors& b, double relative) {
  REQUIRE(a.support == b.support);
  CHECK(a.noise_precision == Approx(b.noise_precision).epsilon(relative));
  CHECK(a.log_evidence == Approx(b.log_evidence).epsilon(relative));
  for (const Index term : a.support) {
    CHECK(a.mean(term) == Approx(b.mean(term)).epsilon(relative));
    CHECK(a.standard_deviation(term) == Approx(b.standard_deviation(term)).epsilon(relative));
    CHECK(a.precision(term) == Approx(b.precision(term)).epsilon(relative));
  }
}

}  // namespace

TEST_CASE("relevance vectors reproduce the reference problem", "[relevance_vectors]") {
  const auto algorithm = GENERATE(fast, classic);
  const RelevanceVectors result =
      relevance_vectors(teaching_problem().equations(), {.algorithm = algorithm, .tolerance = 1e-12});
  // MacKay's fixed point with explicit inverses in 40 digits (mpmath), evidence by the determinant of C.
  const Eigen::Vector4d mean(0.170717122050032, 1.78233669961078, 0, 0.0227395887507189);
  const Eigen::Vector4d deviation(0.0250315008023781, 0.0311732457052932, 0, 0.00594751090433756);
  const Eigen::Vector4d precision(33.5898344980994, 0.314693424772304, 0, 1810.07995785417);
  check_finite(result);
  REQUIRE(result.support == Support{0, 1, 3});
  for (const Index term : result.support) {
    CHECK(result.mean(term) == Approx(mean(term)).epsilon(1e-8));
    CHECK(result.standard_deviation(term) == Approx(deviation(term)).epsilon(1e-8));
    CHECK(result.precision(term) == Approx(precision(term)).epsilon(1e-8));
  }
  CHECK(result.mean(2) == 0);
  CHECK(result.standard_deviation(2) == 0);
  CHECK(std::isinf(result.precision(2)));
  CHECK(result.noise_precision == Approx(4178.28403232957).epsilon(1e-8));
  CHECK(result.log_evidence == Approx(46.2027138515586).epsilon(1e-10));
  CHECK(result.log_bayes_factor == Approx(result.log_evidence - result.log_evidence_empty).epsilon(1e-12));
}

TEST_CASE("the fast algorithm takes the reference path", "[relevance_vectors]") {
  const Problem data = teaching_problem();
  const double variance = data.target.squaredNorm() / 20 - data.target.mean() * data.target.mean();
  const RelevanceVectors result = relevance_vectors(data.equations(), {.initial_noise_precision = 10 / variance});
  REQUIRE(result.steps.size() > 3);
  const Support order{result.steps[0].term, result.steps[1].term, result.steps[2].term};
  CHECK(order == Support{1, 0, 3});
  CHECK(result.steps[0].gain == Approx(236.16293066).margin(1e-8));
  CHECK(result.steps[1].gain == Approx(3.34754821).margin(1e-8));
  CHECK(result.steps[2].gain == Approx(2.53924940).margin(1e-8));
}

TEST_CASE("every step gains the evidence that was predicted", "[relevance_vectors]") {
  // The small random problem has as many terms as rows: terms come and go there.
  const auto data = GENERATE(teaching_problem(), random_problem(40, 12, 3, 0.5, 1), random_problem(15, 15, 2, 1, 3));
  const RelevanceVectors result = relevance_vectors(data.equations());
  REQUIRE_FALSE(result.steps.empty());
  for (const RelevanceStep& step : result.steps) {
    CHECK(step.gain == Approx(step.log_evidence_after - step.log_evidence_before).margin(1e-8));
    CHECK(step.gain > -1e-10);
  }
}

TEST_CASE("a term that others replace is removed", "[relevance_vectors]") {
  // The sum of the two right columns, slightly wrong, explains most at first.
  Problem data = random_problem(100, 3, 0, 0.1, 4);
  data.target += data.library.col(0) + data.library.col(1);
  data.library.col(2) = data.library.col(0) + data.library.col(1) + 0.3 * data.library.col(2);
  const RelevanceVectors result = relevance_vectors(data.equations());
  CHECK(result.support == Support{0, 1});
  CHECK(result.steps.front().term == 2);
  int removals = 0;
  for (const RelevanceStep& step : result.steps) {
    CHECK(step.gain == Approx(step.log_evidence_after - step.log_evidence_before).margin(1e-8));
    removals += step.action == RelevanceAction::remove;
  }
  CHECK(removals == 1);
}

TEST_CASE("evidence is the density of the target", "[relevance_vectors]") {
  const Problem data = teaching_problem();
  const double beta = 300;
  const Eigen::Vector2d alpha(2, 5);
  const Support support{2, 0};
  Eigen::MatrixXd covariance = Eigen::MatrixXd::Identity(20, 20) / beta;
  for (Index i = 0; i < 2; ++i) {
    const Eigen::VectorXd column = data.library.col(support[static_cast<std::size_t>(i)]);
    covariance += column * column.transpose() / alpha(i);
  }
  for (const Eigen::VectorXd& target : {data.target, Eigen::VectorXd(0 * data.target)}) {
    const double expected = -0.5 * (20 * std::log(2 * std::numbers::pi) +
                                    2 * Eigen::MatrixXd(covariance.llt().matrixL()).diagonal().array().log().sum() +
                                    target.dot(covariance.llt().solve(target)));
    CHECK(log_evidence(normal_equations(data.library, target), support, alpha, beta) ==
          Approx(expected).epsilon(1e-11));
  }
  CHECK(log_evidence(data.equations(), {}, {}, beta) ==
        Approx(10 * std::log(beta / (2 * std::numbers::pi)) - beta * data.target.squaredNorm() / 2).epsilon(1e-12));
}

TEST_CASE("the fast and the classic algorithm agree", "[relevance_vectors]") {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const NormalEquations equations = random_problem(200, 12, 4, 0.3, seed).equations();
    const RelevanceVectors a = relevance_vectors(equations, {.algorithm = fast, .tolerance = 1e-12});
    const RelevanceVectors b = relevance_vectors(equations, {.algorithm = classic, .tolerance = 1e-12});
    check_finite(a);
    check_finite(b);
    check_equal(a, b, 1e-8);
  }
}

TEST_CASE("units do not matter", "[relevance_vectors]") {
  const auto algorithm = GENERATE(fast, classic);
  const Problem data = random_problem(100, 8, 3, 0.5, 5);
  Problem scaled = data;
  scaled.library.col(0) *= 1e4;
  scaled.library.col(2) *= 1e-6;
  scaled.library.col(5) *= 1e-150;
  scaled.target *= 1e3;
  const RelevanceVectorOptions options{.algorithm = algorithm, .tolerance = 1e-12};
  const RelevanceVectors a = relevance_vectors(data.equations(), options);
  const RelevanceVectors b = relevance_vectors(scaled.equations(), options);
  REQUIRE(a.support == b.support);
  const Eigen::ArrayXd norms = scaled.library.colwise().norm().array() / data.library.colwise().norm().array();
  for (const Index term : a.support) {
    const double scale = 1e3 / norms(term);
    CHECK(b.mean(term) == Approx(a.mean(term) * scale).epsilon(1e-10));
    CHECK(b.standard_deviation(term) == Approx(a.standard_deviation(term) * scale).epsilon(1e-10));
  }
  CHECK(b.noise_precision == Approx(a.noise_precision / 1e6).epsilon(1e-10));
  CHECK(b.log_evidence == Approx(a.log_evidence - 100 * std::log(1e3)).epsilon(1e-10));
  CHECK(b.log_bayes_factor == Approx(a.log_bayes_factor).epsilon(1e-10));
}

TEST_CASE("pure noise leaves next to nothing", "[relevance_vectors]") {
  const auto algorithm = GENERATE(fast, classic);
  Index kept = 0, contributing = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Problem data = random_problem(1000, 10, 0, 1, seed);
    const RelevanceVectors result = relevance_vectors(data.equations(), {.algorithm = algorithm});
    check_finite(result);
    kept += static_cast<Index>(result.support.size());
    contributing += static_cast<Index>(eliminate_backward(data.equations(), result.support, 0.1).size());
    for (const Index term : result.support) CHECK(std::abs(result.mean(term)) < 0.12);
  }
  // q^2 > s is |w| > sd of one term alone: probability 0.32 for useless ones.
  CHECK(kept < 90);  // of 200
  CHECK(contributing <= 1);
}

TEST_CASE("a target without any relevant term gives the empty model and its evidence", "[relevance_vectors]") {
  const auto algorithm = GENERATE(fast, classic);
  Problem data = random_problem(50, 3, 0, 1, 2);
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(data.library);
  data.target -= data.library * qr.solve(data.target);
  const RelevanceVectors result = relevance_vectors(data.equations(), {.algorithm = algorithm});
  check_finite(result);
  CHECK(result.support.empty());
  CHECK(result.mean.isZero(0));
  const double variance = data.target.squaredNorm() / 50;
  CHECK(result.noise_precision == Approx(1 / variance));
  CHECK(result.log_evidence == Approx(-25 * (std::log(2 * std::numbers::pi * variance) + 1)));
  CHECK(result.log_evidence_empty == Approx(result.log_evidence));
  CHECK(result.log_bayes_factor == Approx(0).margin(1e-10));
}

TEST_CASE("degenerate data are survived", "[relevance_vectors]") {
  const auto algorithm = GENERATE(fast, classic);
  const RelevanceVectorOptions options{.algorithm = algorithm};
  Problem data = random_problem(60, 5, 2, 0.1, 7);

  SECTION("zero target") {
    data.target.setZero();
    const RelevanceVectors result = relevance_vectors(data.equations(), options);
    check_finite(result);
    CHECK(result.support.empty());
    CHECK(std::isinf(result.noise_precision));
  }
  SECTION("zero column") {
    data.library.col(3).setZero();
    const RelevanceVectors result = relevance_vectors(data.equations(), options);
    check_finite(result);
    CHECK(std::isinf(result.precision(3)));
  }
  SECTION("the same column twice") {
    data.library.col(3) = data.library.col(0);
    data.library.col(4) = -2 * data.library.col(1);
    const RelevanceVectors result = relevance_vectors(data.equations(), options);
    check_finite(result);
    CHECK(result.support.size() == 3 - (std::isinf(result.precision(2)) ? 1 : 0));
    CHECK(result.mean(0) + result.mean(3) == Approx(1).epsilon(0.05));
    CHECK(result.mean(1) - 2 * result.mean(4) == Approx(-2).epsilon(0.05));
  }
  SECTION("a column that is nearly a sum of two others") {
    data.library.col(4) = data.library.col(0) + data.library.col(1) + 1e-7 * data.library.col(3);
    check_finite(relevance_vectors(data.equations(), options));
  }
  SECTION("a fit without noise") {
    data.target = data.library.col(0) - 2 * data.library.col(1);
    const RelevanceVectors result = relevance_vectors(data.equations(), options);
    check_finite(result);
    CHECK(result.mean(0) == Approx(1).epsilon(1e-10));
    CHECK(result.mean(1) == Approx(-2).epsilon(1e-10));
    CHECK(result.noise_precision <= 1e14 * 60 / data.target.squaredNorm() * (1 + 1e-12));
    CHECK(eliminate_backward(data.equations(), result.support, 1e-6) == Support{0, 1});
  }
  SECTION("a small term above a smaller noise") {
    data.target = data.library.col(0) + 1e-5 * data.library.col(1) +
                  1e-6 * standard_normal(60, {.seed = 7, .purpose = 2, .item = 0});
    const RelevanceVectors result = relevance_vectors(data.equations(), options);
    CHECK(result.mean(1) == Approx(1e-5).epsilon(0.1));
  }
  SECTION("as few rows as terms, and fewer") {
    for (const Index rows : {1, 2, 3, 4, 5}) {
      const RelevanceVectors result = relevance_vectors(random_problem(rows, 5, 2, 0.1, 7).equations(), options);
      CHECK(result.mean.allFinite());
      CHECK(std::isfinite(result.log_bayes_factor));
    }
  }
  SECTION("one term") {
    const RelevanceVectors result = relevance_vectors(random_problem(60, 1, 1, 0.1, 7).equations(), options);
    check_finite(result);
    CHECK(result.mean(0) == Approx(1).epsilon(0.05));
  }
  SECTION("no term") {
    const NormalEquations equations = normal_equations(Eigen::MatrixXd(60, 0), data.target);
    check_finite(relevance_vectors(equations, options));
  }
}

TEST_CASE("impossible sums are refused", "[relevance_vectors]") {
  const NormalEquations good = teaching_problem().equations();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto refused = [](const NormalEquations& equations) {
    CHECK_THROWS_AS(relevance_vectors(equations), Error);
    CHECK_THROWS_AS(refit(equations, Support{0}), Error);
    CHECK_THROWS_AS(collinearity(equations), Error);
  };
  NormalEquations bad = good;
  SECTION("not a number in the Gram matrix") { bad.gram(1, 1) = nan; }
  SECTION("not a number in the projection") { bad.projection(0) = nan; }
  SECTION("infinite target") { bad.target_square = std::numeric_limits<double>::infinity(); }
  SECTION("no rows") { bad.rows = 0; }
  SECTION("sizes") { bad.projection.conservativeResize(3); }
  SECTION("one triangle only") { bad.gram = Eigen::MatrixXd(bad.gram.triangularView<Eigen::Lower>()); }
  SECTION("sums of different rows") { bad.target_square /= 2; }
  refused(bad);
  CHECK_THROWS_AS(relevance_vectors(good, {.tolerance = 0}), Error);
  CHECK_THROWS_AS(relevance_vectors(good, {.max_iterations = 0}), Error);
  CHECK_THROWS_AS(refit(good, Support{4}), Error);
  CHECK_THROWS_AS(refit(good, Support{1, 1}), Error);
  CHECK_THROWS_AS(log_evidence(good, Support{1}, Eigen::VectorXd::Zero(1), 1), Error);
  CHECK_THROWS_AS(eliminate_backward(good, {}, nan), Error);
}
