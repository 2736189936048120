// Private to assimilation.
#pragma once
#include <algorithm>
#include <semiflow/core/communicator.hpp>

namespace semiflow::detail {

// The sum of [values] over all rows of all ranks, who hold their row_share: add(row, part) writes what a block of rows, the
// first of which is my row, adds. The blocks are added up in their order, many at a time: the same bits on any number of
// ranks. Collective.
template <class Add>
Eigen::VectorXd sum_over_blocks(const Communicator& comm, Index my_rows, Index values, Add add) {
  constexpr Index blocks_a_round = 256;
  const auto total = [&](Index count) {
    return static_cast<Index>(comm.sum_in_order(Eigen::MatrixXd::Constant(1, 1, static_cast<double>(count)))(0));
  };
  const Index my_blocks = (my_rows + row_block - 1) / row_block;
  const Index first = comm.row_share(total(my_rows)).begin / row_block, blocks = total(my_blocks);
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(values);
  for (Index round = 0; round < blocks; round += blocks_a_round) {
    const Index begin = std::max(round, first), end = std::min(round + blocks_a_round, first + my_blocks);
    Eigen::MatrixXd parts(values, std::max<Index>(end - begin, 0));
    for (Index block = begin; block < end; ++block) add((block - first) * row_block, parts.col(block - begin));
    sum += comm.sum_in_order(parts);
  }
  return sum;
}

}  // namespace semiflow::detail
