#include <catch2/catch.hpp>
#include <cmath>
#include <semiflow/assimilation/failed_members.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>

using namespace semiflow;

namespace {

Ensemble some(Index rows, Index members) {
  return standard_normal(rows * members, {9, 1000, 1}).reshaped(rows, members);
}

const double infinite = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("a member that failed is a copy of another without a perturbation", "[failed_members]") {
  const Ensemble before = some(5, 8);
  Ensemble members = before;
  members.col(2).setConstant(std::nan(""));
  members(3, 5) = infinite;
  replace_failed_members(members, {2, 5}, {.perturbation = 0, .seed = 3, .event = 7});
  for (const Index i : {2, 5}) {
    bool copy = false;
    for (const Index j : {0, 1, 3, 4, 6, 7}) copy = copy || members.col(i) == before.col(j);
    CHECK(copy);
  }
  for (const Index j : {0, 1, 3, 4, 6, 7}) CHECK(members.col(j) == before.col(j));
}

TEST_CASE("replacements have the moments of a kernel around those that are left", "[failed_members]") {
  // Of one of two left, m +- d, plus h d w: mean m, variance d^2 + 2 (h d)^2.
  const double h = 0.5, m = 1, d = 2;
  const int draws = 20000;
  double sum = 0, squares = 0;
  for (int k = 0; k < draws; ++k) {
    Ensemble members(1, 4);
    members << m - d, m + d, std::nan(""), infinite;
    replace_failed_members(members, {2, 3}, {.perturbation = h, .seed = 1, .event = static_cast<std::uint64_t>(k)});
    for (const double x : {members(0, 2), members(0, 3)}) {
      sum += x;
      squares += (x - m) * (x - m);
    }
  }
  const double variance = d * d + 2 * h * h * d * d;
  CHECK(sum / (2 * draws) == Approx(m).margin(4 * std::sqrt(variance / (2 * draws))));
  CHECK(squares / (2 * draws) == Approx(variance).epsilon(0.03));
}

TEST_CASE("rows are replaced alike however they are dealt out", "[failed_members]") {
  Ensemble whole = some(37, 6);
  Ensemble parts = whole;
  const FailedMembersOptions options{.seed = 4, .event = 2};
  replace_failed_members(whole, {0, 3}, options);
  for (const auto& [first, size] : {std::pair{0, 5}, {5, 16}, {21, 16}})
    replace_failed_members(parts.middleRows(first, size), {0, 3}, options);
  CHECK(whole == parts);
  const Ensemble same = whole;
  replace_failed_members(whole, {}, options);
  CHECK(whole == same);
}

TEST_CASE("too few members are an error of the run", "[failed_members]") {
  Ensemble members = some(3, 5);
  CHECK_THROWS_WITH(replace_failed_members(members, {0, 1, 2}, {}), Catch::Contains("3 of 5 members"));
  CHECK_NOTHROW(replace_failed_members(members, {0, 1}, {}));
  CHECK_THROWS_AS(replace_failed_members(members, {1, 0}, {}), Error);
  CHECK_THROWS_AS(replace_failed_members(members, {1, 1}, {}), Error);
  CHECK_THROWS_AS(replace_failed_members(members, {5}, {}), Error);
  CHECK_THROWS_AS(replace_failed_members(members, {0}, {.perturbation = -1}), Error);
}
