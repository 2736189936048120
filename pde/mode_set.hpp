#pragma once
#include <semiflow/core/aligned.hpp>
#include <semiflow/core/fft.hpp>

namespace semiflow {

/// A choice of the modes of a grid, and the packed array that holds only those: what dealiasing leaves of a
/// spectrum, 2/3 of a line and 4/9 of a plane. In the grid's array the modes lie in a few contiguous runs.
class ModeSet {
 public:
  struct Run {
    Index grid;    ///< first mode in the array of the grid
    Index packed;  ///< first mode in the packed array
    Index length;
  };

  ModeSet() = default;
  /// The modes where mask [modes] is not zero.
  ModeSet(const Grid& grid, const Eigen::ArrayXd& mask);

  Index size() const { return size_; }
  const std::vector<Run>& runs() const { return runs_; }
  /// The runs between the chosen modes; packed is unused. In a plane or a box only those of the first columns() modes
  /// of every row: the transform takes care of the rest.
  const std::vector<Run>& gaps() const { return gaps_; }
  /// One more than the largest number along the last axis.
  Index columns() const { return columns_; }

  /// The same modes, in the same packed order, as they lie in the array of a grid with more points; without those at
  /// a Nyquist number of this grid, which stand for two there.
  ModeSet on(const Grid& finer) const;

  /// The chosen entries of an array [modes].
  template <class Array>
  Array pick(const Array& full) const {
    Array packed(size_);
    for (const Run& run : runs_) packed.segment(run.packed, run.length) = full.segment(run.grid, run.length);
    return packed;
  }
  void gather(const std::complex<double>* full, std::complex<double>* packed) const;
  /// Leaves the other modes as they are.
  void scatter(const std::complex<double>* packed, std::complex<double>* full) const;

 private:
  void find_gaps();

  std::vector<Axis> axes_;
  std::vector<Run> runs_, gaps_;
  Index size_ = 0;
  Index columns_ = 0;
};

}  // namespace semiflow
