#pragma once
#include <semiflow/core/mode_layout.hpp>
#include <span>

namespace semiflow {

/// A choice of the modes of a field, and the packed array that holds only those that this rank owns: what dealiasing
/// leaves of a spectrum, 2/3 of a line and 4/9 of a plane. In the array of a layout the modes lie in a few contiguous
/// runs.
class ModeSet {
 public:
  struct Run {
    Index place;   ///< first mode in the array of the layout
    Index packed;  ///< first mode in the packed array
    Index length;
  };

  ModeSet() = default;
  /// The modes where mask is not zero, of those that the layout holds; mask [modes] is in the order of Grid.
  ModeSet(const ModeLayout& layout, const Eigen::ArrayXd& mask);

  Index size() const { return std::ssize(modes_); }
  /// The chosen modes in the order of Grid: [size].
  const std::vector<Index>& modes() const { return modes_; }
  const std::vector<Run>& runs() const { return runs_; }
  /// Those in a block of the layout, counted as in layout.blocks().
  std::span<const Run> runs(std::size_t block) const { return part(runs_, block_runs_, block); }
  /// The runs between the chosen modes in a block; packed is unused.
  std::span<const Run> gaps(std::size_t block) const { return part(gaps_, block_gaps_, block); }

  /// The same modes, in the same packed order, as they lie in a layout of a grid with more points; without those at a
  /// Nyquist number of this grid, which stand for two there.
  ModeSet on(const ModeLayout& finer) const;

  /// The chosen entries of an array [modes] in the order of Grid.
  template <class Array>
  Array pick(const Array& all) const {
    Array packed(size());
    for (Index i = 0; i < size(); ++i) packed(i) = all(modes_[static_cast<std::size_t>(i)]);
    return packed;
  }
  /// From an array [modes] in the order of Grid, and back; scatter leaves the other modes as they are.
  void gather(const std::complex<double>* all, std::complex<double>* packed) const;
  void scatter(const std::complex<double>* packed, std::complex<double>* all) const;
  /// The same with an array of the layout.
  void take(const std::complex<double>* held, std::complex<double>* packed) const;
  void put(const std::complex<double>* packed, std::complex<double>* held) const;

 private:
  static std::span<const Run> part(const std::vector<Run>& runs, const std::vector<std::size_t>& ends,
                                   std::size_t block) {
    const std::size_t begin = block == 0 ? 0 : ends[block - 1];
    return {runs.data() + begin, ends[block] - begin};
  }
  void add(Index place, Index packed);
  void find_gaps(const ModeLayout& layout);

  std::vector<Axis> axes_;
  std::vector<Index> modes_;  // in the order of Grid, of every packed one
  std::vector<Run> runs_, gaps_;
  std::vector<std::size_t> block_runs_, block_gaps_;  // where those of a block end
};

/// One more than the largest number along the last axis of the modes where mask [modes] is not zero; at least 1.
Index used_columns(const Grid& grid, const Eigen::ArrayXd& mask);

}  // namespace semiflow
