#include <algorithm>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/mode_set.hpp>

namespace semiflow {

namespace {

std::vector<Axis> axes_of(const Grid& grid) {
  std::vector<Axis> axes;
  for (Index d = 0; d < grid.dimensions(); ++d) axes.push_back(grid.axis(d));
  return axes;
}

// Where mode k of a grid lies in a finer one, or -1 for a mode at a Nyquist number.
Index place(const Grid& grid, const Grid& finer, Index k) {
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

ModeSet::ModeSet(const Grid& grid, const Eigen::ArrayXd& mask) : axes_(axes_of(grid)) {
  require(mask.size() == grid.modes(), "a mask has one number a mode");
  for (Index k = 0; k < mask.size(); ++k) {
    if (mask(k) == 0) continue;
    if (runs_.empty() || runs_.back().grid + runs_.back().length != k) runs_.push_back({k, size_, 0});
    ++runs_.back().length;
    ++size_;
  }
  find_gaps();
}

void ModeSet::find_gaps() {
  const Grid grid(axes_);
  const Index row = grid.axis(grid.dimensions() - 1).points / 2 + 1;
  std::vector<bool> chosen(static_cast<std::size_t>(grid.modes()));
  for (const Run& run : runs_) {
    for (Index k = run.grid; k < run.grid + run.length; ++k) {
      chosen[static_cast<std::size_t>(k)] = true;
      columns_ = std::max(columns_, k % row + 1);
    }
  }
  for (Index k = 0; k < grid.modes(); ++k) {
    if (chosen[static_cast<std::size_t>(k)] || (grid.dimensions() > 1 && k % row >= columns_)) continue;
    if (gaps_.empty() || gaps_.back().grid + gaps_.back().length != k) gaps_.push_back({k, 0, 0});
    ++gaps_.back().length;
  }
}

ModeSet ModeSet::on(const Grid& finer) const {
  const Grid grid(axes_);
  require(finer.dimensions() == grid.dimensions(), "the finer grid has the same directions");
  for (Index d = 0; d < grid.dimensions(); ++d)
    require(finer.axis(d).points >= grid.axis(d).points, "the finer grid has at least as many points");
  ModeSet result;
  result.axes_ = axes_of(finer);
  result.size_ = size_;
  for (const Run& run : runs_) {
    // A run may go over the end of a row; rows lie elsewhere in the finer grid.
    for (Index k = run.grid; k < run.grid + run.length; ++k) {
      const Index index = place(grid, finer, k);
      if (index < 0) continue;
      const Index packed = run.packed + (k - run.grid);
      auto& runs = result.runs_;
      if (runs.empty() || runs.back().grid + runs.back().length != index) runs.push_back({index, packed, 0});
      ++runs.back().length;
    }
  }
  // Packed order is the order of the coarse grid; in a finer one negative wavenumbers still follow positive ones.
  result.find_gaps();
  return result;
}

void ModeSet::gather(const std::complex<double>* full, std::complex<double>* packed) const {
  for (const Run& run : runs_) std::copy_n(full + run.grid, run.length, packed + run.packed);
}

void ModeSet::scatter(const std::complex<double>* packed, std::complex<double>* full) const {
  for (const Run& run : runs_) std::copy_n(packed + run.packed, run.length, full + run.grid);
}

}  // namespace semiflow
