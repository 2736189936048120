#include <algorithm>
#include <semiflow/core/error.hpp>
#include <semiflow/core/mode_layout.hpp>

namespace semiflow {

namespace {

// Two cache lines of a row: narrower ones waste the lines that a slab's row touches, wider ones leave the cache.
constexpr Index block_width = 8;
// Blocks whose distance is a power of two would compete for the same places of a cache.
constexpr Index gap = 8;

}  // namespace

ModeLayout::ModeLayout(const Domain& domain, Index columns)
    : grid_(domain.grid()), rank_(domain.rank()), ranks_(domain.ranks()) {
  require(columns > 0, "a transform needs at least one column");
  all_columns_ = grid_.axis(grid_.dimensions() - 1).points / 2 + 1;
  // A line is transformed where it lies, with all its modes.
  columns_ = grid_.dimensions() == 1 ? all_columns_ : std::min(columns, all_columns_);
  rows_ = grid_.modes() / all_columns_;
  blocks_ = blocks_of(rank_, rows_);
  for (std::size_t b = 0; b < blocks_.size(); ++b) {
    if (grid_.dimensions() > 1) blocks_[b].begin += static_cast<Index>(b) * gap;
    size_ = blocks_[b].begin + rows_ * blocks_[b].columns;
  }
  size_ = std::max(size_, domain.points() / grid_.axis(grid_.dimensions() - 1).points * columns_);
}

Index ModeLayout::width() const { return grid_.dimensions() == 1 ? columns_ : block_width; }

std::vector<ModeLayout::Block> ModeLayout::blocks_of(int rank, Index rows) const {
  std::vector<Block> blocks;
  Index begin = 0;
  for (Index number = rank; number * width() < columns_; number += ranks_) {
    const Index first = number * width();
    blocks.push_back({number, first, std::min(width(), columns_ - first), begin});
    begin += rows * blocks.back().columns;
  }
  return blocks;
}

Index ModeLayout::place(Index mode) const {
  const Index column = mode % all_columns_, row = mode / all_columns_;
  const Index number = column / width();
  if (column >= columns_ || number % ranks_ != rank_) return -1;
  const Block& block = blocks_[static_cast<std::size_t>(number / ranks_)];
  return block.begin + row * block.columns + column - block.first;
}

}  // namespace semiflow
