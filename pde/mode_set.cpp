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

std::vector<ModeSet::Run> gaps_between(const std::vector<ModeSet::Run>& runs, Index modes) {
  std::vector<ModeSet::Run> gaps;
  Index end = 0;
  for (const auto& run : runs) {
    if (run.grid > end) gaps.push_back({end, 0, run.grid - end});
    end = run.grid + run.length;
  }
  if (modes > end) gaps.push_back({end, 0, modes - end});
  return gaps;
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
  gaps_ = gaps_between(runs_, grid.modes());
}

ModeSet ModeSet::on(const Grid& finer) const {
  const Grid grid(axes_);
  require(finer.dimensions() == grid.dimensions(), "the finer grid has the same directions");
  const auto half = [](Index points) { return points / 2 + 1; };
  ModeSet result;
  result.axes_ = axes_of(finer);
  result.size_ = size_;
  const Index last = grid.dimensions() - 1;
  for (const Run& run : runs_) {
    // A run may go over the end of a row; rows lie elsewhere in the finer grid.
    for (Index k = run.grid; k < run.grid + run.length; ++k) {
      Index rest = k, index = 0, stride = 1;
      for (Index d = last; d >= 0; --d) {
        const Index n = grid.axis(d).points, m = finer.axis(d).points;
        require(m >= n, "the finer grid has at least as many points");
        const Index count = d == last ? half(n) : n, wide = d == last ? half(m) : m;
        const Index position = rest % count;
        rest /= count;
        require(n == m || 2 * position != n, "a Nyquist mode has no place of its own in a finer grid");
        index += stride * (d == last || 2 * position < n ? position : position + m - n);
        stride *= wide;
      }
      const Index packed = run.packed + (k - run.grid);
      auto& runs = result.runs_;
      if (runs.empty() || runs.back().grid + runs.back().length != index) runs.push_back({index, packed, 0});
      ++runs.back().length;
    }
  }
  // Packed order is the order of the coarse grid; in a finer one negative wavenumbers still follow positive ones.
  result.gaps_ = gaps_between(result.runs_, finer.modes());
  return result;
}

void ModeSet::gather(const std::complex<double>* full, std::complex<double>* packed) const {
  for (const Run& run : runs_) std::copy_n(full + run.grid, run.length, packed + run.packed);
}

void ModeSet::scatter(const std::complex<double>* packed, std::complex<double>* full) const {
  for (const Run& run : runs_) std::copy_n(packed + run.packed, run.length, full + run.grid);
}

}  // namespace semiflow
