// A sparse regression of 24 terms on 1e7 rows: the sums, beside a matrix product of the same arithmetic and the making of
// the rows alone, and both relevance vector algorithms and the ranking of supports on them. Run it with one rank and two.
#include <mpi.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <semiflow/assimilation/discovery/relevance_vectors.hpp>
#include <semiflow/assimilation/discovery/row_sums.hpp>
#include <semiflow/assimilation/discovery/supports.hpp>
#include <semiflow/core/blas_kernels.hpp>

using namespace semiflow;

namespace {

constexpr Index terms = 24, rows = 10'000'000;

// Numbers in (-1, 1) that cost nothing, the same wherever a block begins; the target has three terms and noise.
void make_rows(Index first, Eigen::Ref<Eigen::MatrixXd> library, Eigen::Ref<Eigen::VectorXd> target) {
  for (Index j = 0; j < terms; ++j) {
    std::uint32_t state = static_cast<std::uint32_t>(first) * 2654435761U + static_cast<std::uint32_t>(j) * 40503U;
    for (Index i = 0; i < target.size(); ++i) {
      state = state * 1664525U + 1013904223U;
      library(i, j) = static_cast<double>(static_cast<std::int32_t>(state)) * 0x1p-31;
    }
  }
  target = library.col(3) - 0.5 * library.col(7) + 0.1 * library.col(20);
  for (Index i = 0; i < target.size(); ++i) target(i) += 0.3 * library(target.size() - 1 - i, 11);
}

double seconds_of(const Communicator& world, const auto& work) {
  MPI_Barrier(world.get());
  const auto start = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
  return world.maximum(passed.count());
}

}  // namespace

int main(int argc, char** argv) {
  use_better_blas_kernels(argv);
  MPI_Init(&argc, &argv);
  {
    const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD);
    const Share mine = world.share(rows);
    Eigen::MatrixXd block(2048, terms), gram(terms, terms);
    Eigen::VectorXd target(2048);
    const double making = seconds_of(world, [&] {
      for (Index first = 0; first < mine.size; first += 2048) make_rows(first, block, target);
    });
    const double product = seconds_of(world, [&] {
      gram.setZero();
      for (Index first = 0; first < mine.size; first += 2048) gram.noalias() += block.transpose() * block;
    });
    NormalEquations sums;
    double best = 1e300;
    for (int i = 0; i < 3; ++i)
      best = std::min(best, seconds_of(world, [&] { sums = sum_rows(world, terms, rows, make_rows); }));
    std::size_t kept[3] = {};
    const double fast = seconds_of(world, [&] { kept[0] = relevance_vectors(sums).support.size(); });
    const double classic = seconds_of(
        world, [&] { kept[1] = relevance_vectors(sums, {.algorithm = RelevanceAlgorithm::classic}).support.size(); });
    const double ranking = seconds_of(world, [&] { kept[2] = rank_supports(sums).support.size(); });
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    if (world.rank() == 0)
      std::printf(
          "%d ranks, %ld terms, %.0e rows: sums %.3f s (rows alone %.3f, products alone %.3f), fast %.4f s, classic "
          "%.4f "
          "s, ranking %.4f s, kept %zu %zu %zu, largest memory %.0f MB, checksum %.17g\n",
          world.size(), static_cast<long>(terms), static_cast<double>(rows), best, making, product, fast, classic,
          ranking, kept[0], kept[1], kept[2], static_cast<double>(usage.ru_maxrss) / 1024, sums.gram.sum());
  }
  MPI_Finalize();
}
