#include <algorithm>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/mode_set.hpp>

namespace semiflow {

namespace {

// Where mode k of a grid lies in the order of a finer one, or -1 for a mode at a Nyquist number.
Index number_in(const Grid& grid, const Grid& finer, Index k) {
  const Index last = grid.dimensions() - 1;
  Index index = 0, stride = 1;
  for (Index d = last; d >= 0; --d) {
    const Index n = grid.axis(d).points, m = finer.axis(d).points;
    const Index count = d == last ? n / 2 + 1 : n, wide = d == last ? m / 2 + 1 : m;
    const Index position = k % count;
    k /= count;
    if (n != m && 2 * position == n) return -1;
    index += stride * (d == last || 2 * position < n ? position : position + m - n);
    stride *= wide;
  }
  return index;
}

}  // namespace

Index used_columns(const Grid& grid, const Eigen::ArrayXd& mask) {
  const Index row = grid.axis(grid.dimensions() - 1).points / 2 + 1;
  Index columns = 1;
  for (Index k = 0; k < mask.size(); ++k)
    if (mask(k) != 0) columns = std::max(columns, k % row + 1);
  return columns;
}

ModeSet::ModeSet(const ModeLayout& layout, const Eigen::ArrayXd& mask) {
  const Grid& grid = layout.grid();
  require(mask.size() == grid.modes(), "a mask has one number a mode");
  for (Index d = 0; d < grid.dimensions(); ++d) axes_.push_back(grid.axis(d));
  for (const ModeLayout::Block& block : layout.blocks()) {
    for (Index r = 0; r < layout.rows(); ++r) {
      for (Index c = 0; c < block.columns; ++c) {
        const Index mode = layout.mode(block, r, c);
        if (mask(mode) == 0) continue;
        add(block.begin + r * block.columns + c, size());
        modes_.push_back(mode);
      }
    }
  }
  find_gaps(layout);
}

void ModeSet::add(Index place, Index packed) {
  const bool follows = !runs_.empty() && runs_.back().place + runs_.back().length == place &&
                       runs_.back().packed + runs_.back().length == packed;
  if (!follows) runs_.push_back({place, packed, 0});
  ++runs_.back().length;
}

void ModeSet::find_gaps(const ModeLayout& layout) {
  auto run = runs_.begin();
  for (const ModeLayout::Block& block : layout.blocks()) {
    const Index end = block.begin + layout.rows() * block.columns;
    Index place = block.begin;
    for (; run != runs_.end() && run->place < end; ++run) {
      if (run->place > place) gaps_.push_back({place, 0, run->place - place});
      place = run->place + run->length;
    }
    if (place < end) gaps_.push_back({place, 0, end - place});
    block_runs_.push_back(static_cast<std::size_t>(run - runs_.begin()));
    block_gaps_.push_back(gaps_.size());
  }
}

ModeSet ModeSet::on(const ModeLayout& finer) const {
  const Grid grid(axes_);
  require(finer.grid().dimensions() == grid.dimensions(), "the finer grid has the same directions");
  for (Index d = 0; d < grid.dimensions(); ++d)
    require(finer.grid().axis(d).points >= grid.axis(d).points, "the finer grid has at least as many points");
  ModeSet result;
  for (Index d = 0; d < grid.dimensions(); ++d) result.axes_.push_back(finer.grid().axis(d));
  for (const Index mode : modes_) {
    // Packed order stays: in a finer grid, too, columns follow each other, and negative wavenumbers positive ones.
    const Index number = number_in(grid, finer.grid(), mode);
    if (number >= 0) result.add(finer.place(number), std::ssize(result.modes_));
    result.modes_.push_back(number);
  }
  result.find_gaps(finer);
  return result;
}

void ModeSet::gather(const std::complex<double>* all, std::complex<double>* packed) const {
  for (const Index mode : modes_) *packed++ = all[mode];
}

void ModeSet::scatter(const std::complex<double>* packed, std::complex<double>* all) const {
  for (const Index mode : modes_) all[mode] = *packed++;
}

void ModeSet::take(const std::complex<double>* held, std::complex<double>* packed) const {
  for (const Run& run : runs_) std::copy_n(held + run.place, run.length, packed + run.packed);
}

void ModeSet::put(const std::complex<double>* packed, std::complex<double>* held) const {
  for (const Run& run : runs_) std::copy_n(packed + run.packed, run.length, held + run.place);
}

}  // namespace semiflow
