#include <Eigen/Dense>
#include <catch2/catch.hpp>
#include <semiflow/assimilation/discovery/discovery.hpp>
#include <semiflow/assimilation/discovery/row_sums.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>

using namespace semiflow;

namespace {

using Support = std::vector<Index>;
const Support all_five{0, 1, 2, 3, 4};

Eigen::MatrixXd random_library(Index rows) {
  return standard_normal(rows * 5, {.seed = 21, .purpose = 0, .item = 0}).reshaped(rows, 5);
}

Eigen::VectorXd noise(Index rows) { return standard_normal(rows, {.seed = 21, .purpose = 1, .item = 0}); }

// Two of five terms, one of them small, in columns of very different size.
struct Data {
  Eigen::MatrixXd library = random_library(200);
  Eigen::VectorXd target = 2 * library.col(1) - 0.05 * library.col(3) + 0.002 * noise(200);
};

}  // namespace

TEST_CASE("ridge is its closed form, in either scale", "[threshold_regression]") {
  Data data;
  data.library.col(3) *= 1e3;
  const NormalEquations sums = normal_equations(data.library, data.target);
  const double penalty = 7;
  // The QR solution of the rows with sqrt(penalty) times the identity below them.
  const auto from_rows = [&](const Eigen::VectorXd& weights) {
    Eigen::MatrixXd rows(205, 5);
    rows << data.library, Eigen::MatrixXd(weights.cwiseSqrt().asDiagonal());
    Eigen::VectorXd target = Eigen::VectorXd::Zero(205);
    target.head(200) = data.target;
    return Eigen::VectorXd(rows.colPivHouseholderQr().solve(target));
  };
  const Eigen::VectorXd raw = from_rows(Eigen::VectorXd::Constant(5, penalty));
  CHECK((ridge(sums, all_five, {.penalty = penalty, .columns = ColumnScale::raw}) - raw).norm() < 1e-12 * raw.norm());
  const Eigen::VectorXd unit = from_rows(penalty * data.library.colwise().squaredNorm().transpose());
  CHECK((ridge(sums, all_five, {.penalty = penalty}) - unit).norm() < 1e-12 * unit.norm());
  CHECK(std::abs(unit(1)) < std::abs(raw(1)) / 5);  // 1 / (1 + 7) of what least squares gives
  CHECK((ridge(sums, all_five) - refit(sums, all_five).coefficients).norm() < 1e-12);

  const Support some{3, 1};
  const Eigen::VectorXd part = ridge(sums, some, {.penalty = penalty});
  CHECK(part(0) == 0);
  CHECK(part(1) != 0);
}

TEST_CASE("without a threshold STLSQ is least squares", "[threshold_regression]") {
  const Data data;
  const NormalEquations sums = normal_equations(data.library, data.target);
  for (const ColumnScale columns : {ColumnScale::standardised, ColumnScale::raw}) {
    // The penalty is of the fits in between: the last one has none.
    const ThresholdedLeastSquares fit =
        thresholded_least_squares(sums, {.threshold = 0, .ridge = {.penalty = 3, .columns = columns}});
    CHECK(fit.converged);
    CHECK(fit.support == all_five);
    CHECK((fit.coefficients - refit(sums, all_five).coefficients).norm() < 1e-12);
  }
}

TEST_CASE("a threshold depends on units if columns are raw, and does not if they are standardised",
          "[threshold_regression]") {
  Data data;
  const auto support = [&](ColumnScale columns, double threshold) {
    return thresholded_least_squares(normal_equations(data.library, data.target),
                                     {.threshold = threshold, .ridge = {.columns = columns}})
        .support;
  };
  CHECK(support(ColumnScale::standardised, 0.01) == Support{1, 3});
  CHECK(support(ColumnScale::raw, 0.02) == Support{1, 3});
  data.library.col(3) *= 1e4;  // the coefficient is 1e4 times smaller
  CHECK(support(ColumnScale::standardised, 0.01) == Support{1, 3});
  CHECK(support(ColumnScale::raw, 0.02) == Support{1});
  data.library.col(3) /= 1e8;
  data.target *= 1e-6;
  CHECK(support(ColumnScale::standardised, 0.01) == Support{1, 3});
  CHECK(support(ColumnScale::raw, 0.02).empty());
}

TEST_CASE("thresholds go on until no term falls below", "[threshold_regression]") {
  // Nearly the same column twice: each has half of the coefficient in a ridge fit; when the weaker one has gone, the other
  // has all of it.
  Data data;
  data.library.col(4) = data.library.col(1) + 0.01 * data.library.col(4);
  const NormalEquations sums = normal_equations(data.library, data.target);
  const ThresholdedLeastSquares fit = thresholded_least_squares(sums, {.threshold = 0.4});
  CHECK(fit.support == Support{1});
  CHECK(fit.coefficients(1) == Approx(2).margin(0.01));
  CHECK(fit.iterations >= 2);
  const ThresholdedLeastSquares nothing = thresholded_least_squares(sums, {.threshold = 10});
  CHECK(nothing.support.empty());
  CHECK(nothing.coefficients.isZero(0));
}

TEST_CASE("dependent and empty columns, no target, and bad options", "[threshold_regression]") {
  Data data;
  data.library.col(2) = 3 * data.library.col(1);
  data.library.col(0).setZero();
  const NormalEquations sums = normal_equations(data.library, data.target);
  const Eigen::VectorXd plain = ridge(sums, all_five);
  CHECK(plain(0) == 0);
  CHECK(plain(2) == 0);
  CHECK(plain(1) == Approx(2).margin(0.01));
  const Eigen::VectorXd shared = ridge(sums, all_five, {.penalty = 1e-6});
  CHECK(shared(0) == 0);
  // Twins in unit columns share the weight.
  CHECK(shared(1) == Approx(1).margin(0.01));
  CHECK(shared(2) == Approx(1. / 3).margin(0.01));
  CHECK(thresholded_least_squares(sums, {.threshold = 0.01}).support == Support{1, 3});
  const NormalEquations empty = normal_equations(data.library, Eigen::VectorXd::Zero(200));
  CHECK(ridge(empty, all_five, {.penalty = 1}).isZero(0));
  CHECK(thresholded_least_squares(empty).support.empty());

  CHECK_THROWS_AS(ridge(sums, all_five, {.penalty = -1}), Error);
  CHECK_THROWS_AS(ridge(sums, Support{5}), Error);
  CHECK_THROWS_AS(thresholded_least_squares(sums, {.threshold = -1}), Error);
  CHECK_THROWS_AS(thresholded_least_squares(sums, {.max_iterations = 0}), Error);
}

TEST_CASE("baselines of a discovery, the same bits on any number of ranks", "[threshold_regression][mpi]") {
  const Data data;
  std::vector<NormalEquations> blocks[2];
  const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD), self = Communicator::self();
  for (Index b = 0; b < 4; ++b)
    for (int which : {0, 1})
      blocks[which].push_back(sum_rows(which == 0 ? world : self, 5, 50, [&](Index first, auto library, auto target) {
        library = data.library.middleRows(50 * b + first, library.rows());
        target = data.target.segment(50 * b + first, target.size());
      }));
  const Eigen::VectorXd none = Eigen::VectorXd::Zero(5);
  for (const BaselineRegression& baseline :
       {BaselineRegression(ThresholdOptions{.threshold = 0.01}), BaselineRegression(RidgeOptions{.penalty = 0.1})}) {
    const Discovery ours = discover(blocks[0], none, {.baseline = baseline}),
                    alone = discover(blocks[1], none, {.baseline = baseline});
    CHECK(ours.coefficients == alone.coefficients);
    CHECK(ours.standard_deviation == alone.standard_deviation);
    const bool sparse = std::holds_alternative<ThresholdOptions>(baseline);
    CHECK(ours.support == (sparse ? Support{1, 3} : all_five));
    CHECK(ours.coefficients(1) == Approx(sparse ? 2 : 2 / 1.1).margin(0.01));
    CHECK(ours.standard_deviation(1) > 0);
    // What is in the model already belongs to the total.
    Eigen::VectorXd in_model = none;
    in_model(1) = 1;
    CHECK(discover(blocks[0], in_model, {.baseline = baseline}).support.size() == ours.support.size());
  }
}
