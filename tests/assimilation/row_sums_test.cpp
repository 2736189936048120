#include <catch2/catch.hpp>
#include <cmath>
#include <semiflow/assimilation/discovery/row_sums.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>

using namespace semiflow;
using Catch::Matchers::Contains;

namespace {

void some_rows(Index first, Eigen::Ref<Eigen::MatrixXd> library, Eigen::Ref<Eigen::VectorXd> target) {
  for (Index i = 0; i < target.size(); ++i) {
    const auto item = static_cast<std::uint64_t>(first + i);
    const Eigen::VectorXd numbers = standard_normal(4, {.seed = 9, .purpose = 0, .item = item});
    library.row(i) = numbers.head(3).transpose();
    target(i) = numbers(3);
  }
}

}  // namespace

TEST_CASE("sums of rows in blocks are those of all rows, the same on any number of ranks", "[discovery][mpi]") {
  const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD), self = Communicator::self();
  for (const Index rows : {0, 1, 2047, 2048, 9001}) {
    const NormalEquations ours = sum_rows(world, 3, rows, some_rows), mine = sum_rows(self, 3, rows, some_rows);
    CHECK(ours.gram == mine.gram);
    CHECK(ours.projection == mine.projection);
    CHECK(ours.target_square == mine.target_square);
    CHECK(ours.rows == static_cast<double>(rows));
    Eigen::MatrixXd library(rows, 3);
    Eigen::VectorXd target(rows);
    some_rows(0, library, target);
    const NormalEquations whole = normal_equations(library, target);
    CHECK((ours.gram - whole.gram).norm() <= 1e-12 * whole.gram.norm());
    CHECK((ours.projection - whole.projection).norm() <= 1e-11 * whole.gram.norm());
  }
  CHECK_THROWS_AS(sum_rows(world, 0, 5, some_rows), Error);
  CHECK_THROWS_WITH(sum_rows(world, 3, 5000,
                             [](Index first, auto library, auto target) {
                               some_rows(first, library, target);
                               if (first > 4000) target(0) = std::nan("");
                             }),
                    Contains("not finite"));
}
