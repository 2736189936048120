// Private to assimilation.
#pragma once
#include <algorithm>
#include <semiflow/core/communicator.hpp>

namespace semiflow::detail {

// A block of rows of all members, padded with zeros to its full height. Sums over a block then always have the same
// shape and alignment, and therefore the same bits, wherever the rows lie in the caller's memory: Eigen's reductions
// of a run-time size peel to the next aligned address, so their order of operations depends on it.
using RowTile = Eigen::Matrix<double, row_block, Eigen::Dynamic>;
using TileColumn = Eigen::Array<double, row_block, 1>;

// Copies the rows from begin on, at most a tile of them, and returns how many. The tile is [row_block x member].
inline Index load_tile(EnsembleView rows, Index begin, RowTile& tile) {
  const Index count = std::min(row_block, rows.rows() - begin);
  if (count == row_block) {
    tile = rows.middleRows<row_block>(begin);
  } else {
    tile.topRows(count) = rows.middleRows(begin, count);
    tile.bottomRows(row_block - count).setZero();
  }
  return count;
}

// Zero times a number is zero unless it is infinite or NaN: as fast as a sum, unlike a test of each number.
template <class Tile>
bool all_finite(const Tile& tile) {
  Eigen::Array<double, Tile::RowsAtCompileTime, 1> sum;
  sum.setZero();
  for (Index k = 0; k < tile.cols(); ++k) sum += 0 * tile.col(k).array();
  return (sum == 0).all();
}

// Mean over the members, [row x member], of every row. Added up in their order, whatever the row.
template <class Members>
Eigen::Array<double, Members::RowsAtCompileTime, 1> member_mean(const Members& members) {
  Eigen::Array<double, Members::RowsAtCompileTime, 1> sum;
  sum.setZero(members.rows());
  for (Index k = 0; k < members.cols(); ++k) sum += members.col(k).array();
  return sum / static_cast<double>(members.cols());
}

}  // namespace semiflow::detail
