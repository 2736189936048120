#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>
#include <semiflow/core/error.hpp>
#include <semiflow/core/fft.hpp>
#include <semiflow/core/random.hpp>
#include <thread>

using namespace semiflow;

namespace {

Ensemble noise(Index rows, Index cols) {
  Ensemble values(rows, cols);
  for (Index j = 0; j < cols; ++j) values.col(j) = standard_normal(rows, {1, 0, static_cast<std::uint64_t>(j)});
  return values;
}

}  // namespace

TEST_CASE("there and back gives the same field", "[fft]") {
  const auto axes = GENERATE(std::vector<Axis>{{16, 1.0}}, std::vector<Axis>{{15, 1.0}},
                             std::vector<Axis>{{6, 1.0}, {9, 2.0}}, std::vector<Axis>{{7, 1.0}, {8, 2.0}});
  const Grid grid(axes);
  Fft fft(grid);
  const Index fields = 2, members = 3;
  const Ensemble u = noise(fields * grid.points(), members);
  Spectrum modes(fields * grid.modes(), members);
  Ensemble back(u.rows(), u.cols());
  fft.forward(u, modes);
  fft.inverse(modes, back);
  CHECK((back - u).cwiseAbs().maxCoeff() < 1e-14 * static_cast<double>(grid.points()));
}

TEST_CASE("a plane wave has one mode", "[fft]") {
  const Grid grid({{8, 2.0}, {12, 3.0}});
  const Eigen::ArrayXd phase = 2 * std::numbers::pi * (2 * grid.coordinate(0) / 2.0 + 3 * grid.coordinate(1) / 3.0);
  const Ensemble u = phase.cos().matrix();
  Spectrum modes(grid.modes(), 1);
  Fft(grid).forward(u, modes);
  const Index expected = 2 * 7 + 3;
  CHECK(modes(expected, 0).real() == Approx(48));
  modes(expected, 0) = 0;
  CHECK(modes.cwiseAbs().maxCoeff() < 1e-12);
}

TEST_CASE("Parseval holds with the multiplicities", "[fft]") {
  const Grid grid({{9, 1.0}, {10, 1.0}});
  const Ensemble u = noise(grid.points(), 1);
  Spectrum modes(grid.modes(), 1);
  Fft(grid).forward(u, modes);
  const double sum = (modes.array().abs2().col(0) * grid.multiplicity()).sum() / static_cast<double>(grid.points());
  CHECK(sum == Approx(u.squaredNorm()).epsilon(1e-13));
}

TEST_CASE("a member alone has the bits that it has in a batch", "[fft]") {
  const Grid grid({{64, 1.0}});
  Fft fft(grid);
  const Ensemble u = noise(grid.points(), 9);
  Spectrum all(grid.modes(), 9), one(grid.modes(), 1);
  fft.forward(u, all);
  for (Index j = 0; j < 9; ++j) {
    Fft(grid).forward(u.col(j), one);
    CHECK(one == all.col(j));
  }
}

TEST_CASE("a wrong shape is refused", "[fft]") {
  Fft fft(Grid({{8, 1.0}}));
  Spectrum modes(5, 1);
  CHECK_THROWS_AS(fft.forward(Ensemble::Zero(9, 1), modes), Error);
}

TEST_CASE("what FFTW cannot count is refused before memory is asked for", "[fft]") {
  CHECK_THROWS_WITH(Fft(Grid({{(Index{1} << 32) + 8, 1.0}})), Catch::Contains("2^31 - 1 points"));
}

TEST_CASE("threads may make and drop transforms of their own", "[fft]") {
  const Ensemble u = noise(48, 1);
  Spectrum expected(25, 1);
  Fft(Grid({{48, 1.0}})).forward(u, expected);
  std::vector<Spectrum> found(4, Spectrum(25, 1));
  std::vector<std::thread> threads;
  for (Spectrum& modes : found)
    threads.emplace_back([&u, &modes] {
      for (Index n = 8; n < 40; ++n) Fft(Grid({{n, 1.0}}));
      Fft(Grid({{48, 1.0}})).forward(u, modes);
    });
  for (std::thread& thread : threads) thread.join();
  for (const Spectrum& modes : found) CHECK(modes == expected);
}
