#include <sys/mman.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <semiflow/core/collective_error.hpp>
#include <semiflow/core/communicator.hpp>

using namespace semiflow;

namespace {

// Entry (i, j) of the global ensemble, so that any block of it can be checked on its own.
Ensemble block(Share rows, Share members) {
  return Ensemble::NullaryExpr(rows.size, members.size, [=](Index i, Index j) {
    return 1000.0 * static_cast<double>(rows.begin + i) + static_cast<double>(members.begin + j);
  });
}

Communicator world() { return Communicator::duplicate_of(MPI_COMM_WORLD); }

}  // namespace

TEST_CASE("an ensemble goes from members to rows and back", "[mpi][communicator]") {
  const Communicator comm = world();
  const auto [rows, members] =
      GENERATE(std::pair<Index, Index>{7, 5}, std::pair<Index, Index>{2, 9}, std::pair<Index, Index>{1, 1},
               std::pair<Index, Index>{128, 3}, std::pair<Index, Index>{100, 20});
  const Ensemble mine = block({0, rows}, comm.share(members));
  const Ensemble by_rows = comm.members_to_rows(mine, members);
  CHECK(by_rows == block(comm.row_share(rows), {0, members}));
  CHECK(comm.rows_to_members(by_rows, rows) == mine);
  CHECK(comm.all_rows(by_rows, rows) == block({0, rows}, {0, members}));
  CHECK(comm.all_members(mine, members) == block({0, rows}, {0, members}));
}

TEST_CASE("a block of a taller matrix travels as it lies", "[mpi][communicator]") {
  const Communicator comm = world();
  const Ensemble tall = block({0, 40}, comm.share(6));
  CHECK(comm.members_to_rows(tall.topRows(33), 6) == block(comm.row_share(33), {0, 6}));
}

TEST_CASE("a block may lie more than 2 GiB behind the beginning of its matrix", "[mpi][communicator]") {
  const Communicator comm = world();
  const Share rows = comm.row_share(64);
  // Address space, of which only the pages that are written to take up memory.
  const Index stride = Index{1} << 27, members = 4;  // columns 1 GiB apart
  const auto bytes = static_cast<std::size_t>(stride * members) * sizeof(double);
  void* const space = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  REQUIRE(space != MAP_FAILED);
  using Far = Eigen::Map<Ensemble, Eigen::Unaligned, Eigen::OuterStride<>>;
  Far mine(static_cast<double*>(space), rows.size, members, Eigen::OuterStride<>(stride));
  mine = block(rows, {0, members});
  CHECK(comm.rows_to_members(mine, 64) == block({0, 64}, comm.share(members)));
  munmap(space, bytes);
}

TEST_CASE("shares cover every item once, and rows in whole blocks", "[mpi][communicator]") {
  const Communicator comm = world();
  const Index n = GENERATE(0, 1, 2, 31, 32, 33, 100);
  Index items = 0, rows = 0;
  for (int r = 0; r < comm.size(); ++r) {
    CHECK(comm.share(n, r).begin == items);
    CHECK(comm.row_share(n, r).begin == rows);
    CHECK((comm.row_share(n, r).begin % row_block == 0 || comm.row_share(n, r).size == 0));
    items += comm.share(n, r).size;
    rows += comm.row_share(n, r).size;
  }
  CHECK(items == n);
  CHECK(rows == n);
}

TEST_CASE("a sum has the same bits on any number of ranks", "[mpi][communicator]") {
  const Communicator comm = world();
  const Index n = 11;
  const Share mine = comm.share(n);
  const auto part = [](Index i, Index j) { return std::sin(static_cast<double>(3 * i + 7 * j)) / 3; };
  const Eigen::MatrixXd all = Eigen::MatrixXd::NullaryExpr(2, n, part);
  Eigen::VectorXd expected = Eigen::VectorXd::Zero(2);
  for (Index j = 0; j < n; ++j) expected += all.col(j);
  CHECK(comm.sum_in_order(all.middleCols(mine.begin, mine.size)) == expected);
}

TEST_CASE("a sum of what is too much to gather has the same bits", "[mpi][communicator]") {
  const Communicator comm = world();
  const Index n = 9, values = 40000;
  const Share mine = comm.share(n);
  const auto part = [](Index i, Index j) { return std::sin(static_cast<double>(3 * i + 7 * j)) / 3; };
  const Eigen::MatrixXd all = Eigen::MatrixXd::NullaryExpr(values, n, part);
  Eigen::VectorXd expected = Eigen::VectorXd::Zero(values);
  for (Index j = 0; j < n; ++j) expected += all.col(j);
  CHECK(comm.sum_in_order(all.middleCols(mine.begin, mine.size)) == expected);
}

TEST_CASE("rows may be dealt as it suits, some ranks without any", "[mpi][communicator]") {
  const Communicator comm = world();
  std::vector<Share> shares(static_cast<std::size_t>(comm.size()));
  shares.back() = {0, 11};  // the last has all but two
  if (comm.size() > 1) {
    shares.front() = {0, 2};
    for (std::size_t r = 1; r < shares.size(); ++r) shares[r] = {2, 0};
    shares.back() = {2, 9};
  }
  const Ensemble mine = block({0, 11}, comm.share(5));
  const Ensemble rows = comm.members_to_rows(mine, 5, shares);
  CHECK(rows == block(shares[static_cast<std::size_t>(comm.rank())], {0, 5}));
  CHECK(comm.rows_to_members(rows, shares) == mine);
}

TEST_CASE("columns go to whoever asked for them", "[mpi][communicator]") {
  const Communicator comm = world();
  // Rank r has the columns 10 r, 10 r + 1, 10 r + 2; the first goes to all, the others to the next rank, the last first.
  const Ensemble mine = block({0, 2}, {10 * comm.rank(), 3});
  std::vector<std::vector<Index>> to(static_cast<std::size_t>(comm.size()), {0});
  const int next = (comm.rank() + 1) % comm.size(), before = (comm.rank() + comm.size() - 1) % comm.size();
  to[static_cast<std::size_t>(next)] = {0, 2, 1};
  const Eigen::MatrixXd received = comm.send_columns(mine, to);
  Eigen::MatrixXd expected(2, 0);
  const auto add = [&](Index column) {
    expected.conservativeResize(2, expected.cols() + 1);
    expected.rightCols(1) = block({0, 2}, {column, 1});
  };
  for (Index r = 0; r < comm.size(); ++r) {
    add(10 * r);
    if (r == before) {
      add(10 * r + 2);
      add(10 * r + 1);
    }
  }
  CHECK(received == expected);
}

TEST_CASE("extremes and broadcasts reach every rank", "[mpi][communicator]") {
  const Communicator comm = world();
  CHECK(comm.minimum(Index{comm.rank()} + 3) == 3);
  CHECK(comm.maximum(Index{comm.rank()}) == comm.size() - 1);
  CHECK(comm.maximum(0.5 * comm.rank()) == 0.5 * (comm.size() - 1));
  Ensemble matrix = Ensemble::Constant(2, 3, comm.rank());
  comm.broadcast(matrix, comm.size() - 1);
  CHECK(matrix == Ensemble::Constant(2, 3, comm.size() - 1));
  std::string text = comm.rank() == 0 ? std::string("a\0b", 3) : "something longer";
  comm.broadcast(text, 0);
  CHECK(text == std::string("a\0b", 3));
  CHECK(comm.any(comm.rank() == comm.size() - 1));
  CHECK_FALSE(comm.any(false));
}

TEST_CASE("what fails on one rank fails on all, with the lowest rank's message", "[mpi][communicator]") {
  const Communicator comm = world();
  const int last = comm.size() - 1;
  const auto failed = [&](const auto& action) {
    try {
      run_together(comm, action);
    } catch (const Error& error) {
      return std::pair<std::string, Fault>{error.what(), error.fault()};
    }
    return std::pair<std::string, Fault>{"nothing", Fault::input};
  };
  CHECK(failed([] {}).first == "nothing");
  const auto input = failed([&] {
    if (comm.rank() == last) throw Error(Fault::input, "here", "wrong", "mend it");
  });
  CHECK(input == std::pair<std::string, Fault>{"here: wrong; mend it", Fault::input});
  const auto run = failed([&] {
    if (comm.rank() == 0) throw std::runtime_error("lowest");
    throw Error(Fault::input, "", "another");
  });
  CHECK(run == std::pair<std::string, Fault>{"lowest", Fault::run});
}
