#pragma once
#include <semiflow/core/aligned.hpp>
#include <semiflow/core/fft.hpp>
#include <semiflow/core/mode_layout.hpp>

namespace semiflow {

/// How a solver transforms its fields.
struct Execution {
  FftPlanning planning;
  /// The ranks that hold every field together, by slabs; null: this one holds it whole. A solver is then made, and
  /// called, by all of them together, and its states are their parts of a field (Domain::part).
  std::shared_ptr<const Communicator> ranks;

  Execution(FftPlanning p = FftPlanning::estimated, std::shared_ptr<const Communicator> r = nullptr)
      : planning(p), ranks(std::move(r)) {}
  Execution(std::shared_ptr<const Communicator> r) : Execution(FftPlanning::estimated, std::move(r)) {}
};

/// The real transform of one field that is dealt to ranks by slabs, or whole, with its modes in the order of
/// ModeLayout. Rows are transformed within a slab, then every rank gets its columns of all slabs and transforms them
/// along the other axes. Every row and every block of columns is transformed alone, by the same plan: a mode has the
/// same bits on any number of ranks.
///
/// Plans are kept until the program ends; copies share them, never the work arrays. One object must not be used by two
/// threads at a time.
class SlabFft {
 public:
  /// A transform between a field and those of its modes whose number along the last axis is below columns: inverse
  /// takes the others as zero, forward leaves them out. After truncation by the 2/3 rule this saves a third of the
  /// work along the other axes, and of what the ranks send to each other. Throws Error if an axis has more than 2^31 -
  /// 1 points, FFTW refuses to plan, or a rank would send more than 2^31 - 1 modes to another.
  SlabFft(const Domain& domain, FftPlanning planning, Index columns);

  const ModeLayout& layout() const { return layout_; }
  /// My points, and the size of my array of modes.
  Index points() const { return points_; }
  Index modes() const { return layout_.size(); }

  /// values [points()] to modes [modes()] and back, both aligned to 16 bytes, unscaled. forward leaves anything in the
  /// gaps of the layout; inverse destroys modes. Collective over the domain.
  void forward(double* values, std::complex<double>* modes);
  void inverse(std::complex<double>* modes, double* values);

  /// The same in parts, so that what is done to modes or values before and after finds them in the first cache: inverse
  /// is inverse_block for every block of layout().blocks(), to_rows, and inverse_row for every row r < rows(); forward
  /// is forward_row for every row, to_blocks, and forward_block for every block. Between to_rows and to_blocks an array
  /// of modes [modes()] holds the rows of the slab. to_rows and to_blocks are collective over the domain, the others
  /// not; inverse_row may destroy the row in modes.
  Index rows() const { return rows_; }
  Index row_points() const { return row_; }
  void inverse_block(const ModeLayout::Block& block, std::complex<double>* modes) {
    if (others_) along_others(block, modes, false);
  }
  void to_rows(std::complex<double>* modes) {
    if (exchange_) exchange_to_rows(modes);
  }
  void inverse_row(std::complex<double>* modes, Index r, double* values);
  void forward_row(double* values, Index r, std::complex<double>* modes);
  void to_blocks(std::complex<double>* modes) {
    if (exchange_) exchange_to_blocks(modes);
  }
  void forward_block(const ModeLayout::Block& block, std::complex<double>* modes) {
    if (others_) along_others(block, modes, true);
  }

 private:
  struct Plans;
  struct Exchange;
  using Complex = std::complex<double>;

  void along_others(const ModeLayout::Block& block, Complex* modes, bool forward);
  void exchange_to_rows(Complex* modes);
  void exchange_to_blocks(Complex* modes);

  ModeLayout layout_;
  bool others_;  // axes but the last
  Index points_, row_, rows_;
  std::vector<ModeLayout::Block> sent_;  // all blocks as a slab holds them, owner by owner
  std::shared_ptr<const Plans> plans_;
  std::shared_ptr<const Exchange> exchange_;  // null if the domain is whole
  AlignedVector<double> aligned_;             // a row of values, where rows do not begin at an aligned place
  AlignedVector<Complex> line_;               // the modes of a row, or a line of a block along the first axis of a box
  AlignedVector<Complex> exchanged_;
};

}  // namespace semiflow
