#include <catch2/catch.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/fft.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/core/slab_fft.hpp>

using namespace semiflow;

namespace {

std::shared_ptr<const Communicator> world() {
  return std::make_shared<const Communicator>(Communicator::duplicate_of(MPI_COMM_WORLD));
}

AlignedVector<double> values_of(const Domain& domain, const Eigen::VectorXd& whole) {
  const Ensemble part = domain.part(whole);
  return {part.data(), part.data() + part.size()};
}

const std::vector<std::vector<Axis>> shapes{
    {{16, 1.0}, {16, 1.0}}, {{64, 1.0}, {96, 2.0}},          {{9, 1.0}, {15, 1.0}},         {{5, 1.0}, {34, 1.0}},
    {{4, 1.0}, {6, 1.0}},   {{8, 1.0}, {6, 1.0}, {20, 1.0}}, {{5, 1.0}, {7, 1.0}, {9, 1.0}}};

}  // namespace

TEST_CASE("a field dealt by slabs has the modes of the whole field", "[slab_fft]") {
  const Grid grid(shapes[GENERATE(range<std::size_t>(0, 7))]);
  const bool truncated = GENERATE(false, true);
  const Index all = grid.axis(grid.dimensions() - 1).points / 2 + 1, columns = truncated ? (2 * all + 2) / 3 : all;
  const Domain domain(grid, world());
  SlabFft fft(domain, FftPlanning::estimated, columns);
  const Eigen::VectorXd u = standard_normal(grid.points(), {.seed = 4, .purpose = 0, .item = 0});
  Spectrum expected(grid.modes(), 1);
  Fft(grid).forward(u, expected);

  AlignedVector<double> values = values_of(domain, u);
  REQUIRE(std::ssize(values) == fft.points());
  AlignedVector<std::complex<double>> modes(static_cast<std::size_t>(fft.modes()));
  fft.forward(values.data(), modes.data());
  Index mine = 0;
  double error = 0;
  for (Index k = 0; k < grid.modes(); ++k) {
    const Index place = fft.layout().place(k);
    if (place < 0) {
      if (k % all >= columns) expected(k, 0) = 0;
      continue;
    }
    ++mine;
    error = std::max(error, std::abs(modes[static_cast<std::size_t>(place)] - expected(k, 0)));
  }
  CHECK(error < 1e-12);
  Ensemble count(1, 1);
  count << static_cast<double>(mine);
  CHECK(world()->sum_in_order(count)(0) == static_cast<double>(grid.modes() / all * columns));

  // Back: the field without the modes that are left out.
  Ensemble back(grid.points(), 1);
  Fft(grid).inverse(expected, back);
  fft.inverse(modes.data(), values.data());
  const Ensemble part = domain.part(back);
  error = 0;
  for (Index i = 0; i < part.size(); ++i)
    error =
        std::max(error, std::abs(values[static_cast<std::size_t>(i)] / static_cast<double>(grid.points()) - part(i)));
  CHECK(error < 1e-14);
}

TEST_CASE("a mode has the same bits on any number of ranks", "[slab_fft]") {
  const Grid grid(shapes[GENERATE(range<std::size_t>(0, 7))]);
  const Index columns = grid.axis(grid.dimensions() - 1).points / 3 + 1;
  const Domain dealt(grid, world()), whole(grid);
  SlabFft a(dealt, FftPlanning::estimated, columns), b(whole, FftPlanning::estimated, columns);
  const Eigen::VectorXd u = standard_normal(grid.points(), {.seed = 5, .purpose = 0, .item = 0});
  AlignedVector<double> mine = values_of(dealt, u), all = values_of(whole, u);
  AlignedVector<std::complex<double>> my_modes(static_cast<std::size_t>(a.modes())),
      all_modes(static_cast<std::size_t>(b.modes()));
  a.forward(mine.data(), my_modes.data());
  b.forward(all.data(), all_modes.data());
  bool same = true;
  for (Index k = 0; k < grid.modes(); ++k) {
    const Index here = a.layout().place(k);
    if (here >= 0)
      same =
          same && my_modes[static_cast<std::size_t>(here)] == all_modes[static_cast<std::size_t>(b.layout().place(k))];
  }
  CHECK(same);
  a.inverse(my_modes.data(), mine.data());
  b.inverse(all_modes.data(), all.data());
  const Eigen::VectorXd back = Eigen::Map<Eigen::VectorXd>(all.data(), grid.points());
  CHECK(mine == values_of(dealt, back));
}

TEST_CASE("a line is refused on several ranks", "[slab_fft]") {
  const auto ranks = world();
  if (ranks->size() > 1) {
    CHECK_THROWS_WITH(Domain(Grid({{16, 1.0}}), ranks), Catch::Contains("a line cannot be dealt"));
  } else {
    CHECK(Domain(Grid({{16, 1.0}}), ranks).points() == 16);
  }
}
