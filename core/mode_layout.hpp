#pragma once
#include <semiflow/core/domain.hpp>
#include <vector>

namespace semiflow {

/// Where the modes of a field lie in a rank's array, for a transform that leaves out the columns (numbers along the last
/// axis) from some number on.
///
/// Columns stand in blocks of eight, the last narrower: a block is [other axes][column] in C order, one after the other
/// with a gap of a cache line or two between them. Transforms along the other axes stay within a block, so that a
/// block fits a cache, and block b belongs to rank b mod ranks whatever the number of columns, so that a mode has one
/// owner. On a line all columns are one block, whatever is left out.
class ModeLayout {
 public:
  struct Block {
    Index number;   ///< among the blocks of all ranks
    Index first;    ///< column
    Index columns;  ///< how many
    Index begin;    ///< in the array
  };

  /// Throws Error unless there is at least one column; more than the grid has count as all.
  ModeLayout(const Domain& domain, Index columns);

  const Grid& grid() const { return grid_; }
  /// Entries of the array, with the gaps, and enough for what a transform has there on its way: the rows of my slab.
  Index size() const { return size_; }
  Index columns() const { return columns_; }
  /// Modes of a column.
  Index rows() const { return rows_; }
  /// Mine, from the smallest column.
  const std::vector<Block>& blocks() const { return blocks_; }
  /// Those of a rank; begin counts from 0 without gaps.
  std::vector<Block> blocks_of(int rank, Index rows) const;

  /// Of a mode in the order of Grid: its place in the array, or -1 if another rank owns it or it is left out.
  Index place(Index mode) const;
  /// Of column c of row r in one of my blocks: the mode in the order of Grid.
  Index mode(const Block& block, Index r, Index c) const { return r * all_columns_ + block.first + c; }

  /// An array in the order of Grid as it lies here; the gaps are zero.
  template <class Array>
  Array arrange(const Array& modes) const {
    Array result = Array::Zero(size_);
    for (const Block& b : blocks_)
      for (Index r = 0; r < rows_; ++r)
        result.segment(b.begin + r * b.columns, b.columns) = modes.segment(mode(b, r, 0), b.columns);
    return result;
  }

 private:
  Index width() const;

  Grid grid_;
  int rank_, ranks_;
  Index rows_, columns_, all_columns_;
  std::vector<Block> blocks_;
  Index size_ = 0;
};

}  // namespace semiflow
