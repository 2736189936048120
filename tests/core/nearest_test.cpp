#include <catch2/catch.hpp>
#include <semiflow/core/nearest.hpp>

using namespace semiflow;

TEST_CASE("edit distance counts swaps of neighbours as one") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("mdoel", "model") == 1);
  CHECK(edit_distance("ca", "abc") == 3);
}

TEST_CASE("the nearest word is a likely one or none") {
  const std::vector<std::string> words = {"inflation", "localization", "posterior_std", "members", "dt", "n"};
  CHECK(nearest("inflatoin", words) == "inflation");
  CHECK(nearest("infl", words) == "inflation");
  CHECK(nearest("inflation_factor", words) == "inflation");
  CHECK(nearest("std", words) == "posterior_std");
  CHECK(nearest("Members", words) == "members");
  CHECK(nearest("dx", words) == "dt");
  CHECK(nearest("m", words) == std::nullopt);
  CHECK(nearest("radius", words) == std::nullopt);
  CHECK(nearest("", words) == std::nullopt);
  CHECK(nearest("x", {}) == std::nullopt);
}
