#include <algorithm>
#include <cstring>
#include <limits>
#include <semiflow/core/error.hpp>
#include <semiflow/core/slab_fft.hpp>

#include "fftw_plan.hpp"

namespace semiflow {

namespace {

using Block = ModeLayout::Block;
using Complex = std::complex<double>;

// Most blocks have eight columns; a copy of a length that the compiler knows is a few instructions.
void copy_columns(const Complex* from, Complex* to, Index columns) {
  if (columns == 8) {
    std::memcpy(static_cast<void*>(to), from, 8 * sizeof(Complex));
  } else {
    std::copy_n(from, columns, to);
  }
}

}  // namespace

struct SlabFft::Plans {
  struct Axis {
    int points;
    fftw_plan forward[2], inverse[2];  // of blocks of eight columns, and of the last, narrower one
  };
  fftw_plan rows_forward, rows_inverse;
  std::vector<Axis> axes;  // all but the last
  Index last_columns;

  Plans(const ModeLayout& layout, FftPlanning planning) {
    const Grid& grid = layout.grid();
    const Index last = grid.dimensions() - 1;
    const int n = fftw::points(grid.axis(last));
    rows_forward = fftw::plan({fftw::Kind::forward_real, {n}, 0, planning});
    rows_inverse = fftw::plan({fftw::Kind::inverse_real, {n}, 0, planning});
    last_columns = layout.columns() % 8;
    for (Index d = 0; d < last; ++d) {
      Axis axis{.points = fftw::points(grid.axis(d)), .forward = {}, .inverse = {}};
      for (const int i : {0, 1}) {
        const int lines = i == 0 ? 8 : static_cast<int>(last_columns);
        if (lines == 0) continue;
        axis.forward[i] = fftw::plan({fftw::Kind::forward, {axis.points}, lines, planning});
        axis.inverse[i] = fftw::plan({fftw::Kind::inverse, {axis.points}, lines, planning});
      }
      axes.push_back(axis);
    }
  }
};

// What the ranks send to each other, in modes: from a slab, blocks owner by owner; to an owner, slab by slab.
struct SlabFft::Exchange {
  struct Part {
    std::vector<int> counts, offsets;
    Index total = 0;

    void add(Index count) {
      require(total + count <= std::numeric_limits<int>::max(),
              "a rank cannot send more than 2^31 - 1 modes: take more ranks");
      counts.push_back(static_cast<int>(count));
      offsets.push_back(static_cast<int>(total));
      total += count;
    }
  };

  std::shared_ptr<const Communicator> ranks;
  Part blocks, slabs;
  std::vector<Share> rows;  // of every rank's slab

  void operator()(const Complex* from, const Part& sent, Complex* to, const Part& received) const {
    MPI_Alltoallv(from, sent.counts.data(), sent.offsets.data(), MPI_C_DOUBLE_COMPLEX, to, received.counts.data(),
                  received.offsets.data(), MPI_C_DOUBLE_COMPLEX, ranks->get());
  }
};

SlabFft::SlabFft(const Domain& domain, FftPlanning planning, Index columns)
    : layout_(domain, columns),
      others_(domain.grid().dimensions() > 1),
      points_(domain.points()),
      row_(domain.grid().axis(domain.grid().dimensions() - 1).points),
      rows_(points_ / row_),
      plans_(std::make_shared<const Plans>(layout_, planning)) {
  const Index slab_rows_of_one = domain.slab_points() / row_;
  const auto size = [](Index n) { return static_cast<std::size_t>(n); };
  if (row_ % 2 == 1) aligned_.resize(size(row_));
  if (others_) line_.resize(std::max(size(row_ / 2 + 1), 8 * size(domain.grid().axis(0).points)));
  if (!domain.communicator()) {
    sent_ = layout_.blocks();
    return;
  }
  auto exchange = std::make_shared<Exchange>();
  exchange->ranks = domain.communicator();
  Index my_columns = 0;
  for (const Block& block : layout_.blocks()) my_columns += block.columns;
  for (int rank = 0; rank < domain.ranks(); ++rank) {
    const Index begin = exchange->blocks.total;
    for (Block& block : layout_.blocks_of(rank, rows_)) {
      block.begin += begin;
      sent_.push_back(block);
    }
    const Index sent = sent_.empty() ? 0 : sent_.back().begin + rows_ * sent_.back().columns;
    exchange->blocks.add(std::max(sent, begin) - begin);
    const Share slabs = domain.slabs(rank);
    exchange->rows.push_back({slabs.begin * slab_rows_of_one, slabs.size * slab_rows_of_one});
    exchange->slabs.add(exchange->rows.back().size * my_columns);
  }
  exchanged_.resize(size(exchange->slabs.total));
  exchange_ = std::move(exchange);
}

void SlabFft::forward(double* values, Complex* modes) {
  for (Index r = 0; r < rows_; ++r) {
    double* row = values + r * row_;
    if (!aligned_.empty()) row = std::copy_n(row, row_, aligned_.data()) - row_;
    forward_row(row, r, modes);
  }
  to_blocks(modes);
  for (const Block& block : layout_.blocks()) forward_block(block, modes);
}

void SlabFft::inverse(Complex* modes, double* values) {
  for (const Block& block : layout_.blocks()) inverse_block(block, modes);
  to_rows(modes);
  for (Index r = 0; r < rows_; ++r) {
    double* const row = values + r * row_;
    inverse_row(modes, r, aligned_.empty() ? row : aligned_.data());
    if (!aligned_.empty()) std::copy_n(aligned_.data(), row_, row);
  }
}

void SlabFft::forward_row(double* values, Index r, Complex* modes) {
  if (!others_) return fftw_execute_dft_r2c(plans_->rows_forward, values, fftw::as_fftw(modes));
  fftw_execute_dft_r2c(plans_->rows_forward, values, fftw::as_fftw(line_.data()));
  for (const Block& b : sent_) copy_columns(line_.data() + b.first, modes + b.begin + r * b.columns, b.columns);
}

void SlabFft::inverse_row(Complex* modes, Index r, double* values) {
  if (!others_) return fftw_execute_dft_c2r(plans_->rows_inverse, fftw::as_fftw(modes), values);
  for (const Block& b : sent_) copy_columns(modes + b.begin + r * b.columns, line_.data() + b.first, b.columns);
  std::fill(line_.data() + layout_.columns(), line_.data() + row_ / 2 + 1, Complex{});
  fftw_execute_dft_c2r(plans_->rows_inverse, fftw::as_fftw(line_.data()), values);
}

// In a plane along y; in a box along y, plane by plane, and along z, through a line that lies together.
void SlabFft::along_others(const Block& b, Complex* modes, bool forward) {
  const Plans::Axis &first = plans_->axes.front(), &second = plans_->axes.back();
  Complex* const block = modes + b.begin;
  const int kind = b.columns == 8 ? 0 : 1;
  const auto transform = [&](const Plans::Axis& axis, Complex* line) {
    fftw_execute_dft((forward ? axis.forward : axis.inverse)[kind], fftw::as_fftw(line), fftw::as_fftw(line));
  };
  if (plans_->axes.size() == 1) return transform(first, block);
  const Index plane = second.points * b.columns;
  const auto along_y = [&] {
    for (Index z = 0; z < first.points; ++z) transform(second, block + z * plane);
  };
  if (forward) along_y();
  for (Index y = 0; y < second.points; ++y) {
    Complex* const column = block + y * b.columns;
    for (Index z = 0; z < first.points; ++z) copy_columns(column + z * plane, line_.data() + z * b.columns, b.columns);
    transform(first, line_.data());
    for (Index z = 0; z < first.points; ++z) copy_columns(line_.data() + z * b.columns, column + z * plane, b.columns);
  }
  if (!forward) along_y();
}

void SlabFft::exchange_to_blocks(Complex* modes) {
  const Exchange& exchange = *exchange_;
  exchange(modes, exchange.blocks, exchanged_.data(), exchange.slabs);
  const Complex* from = exchanged_.data();
  for (const Share& rows : exchange.rows) {
    for (const Block& b : layout_.blocks()) {
      std::copy_n(from, rows.size * b.columns, modes + b.begin + rows.begin * b.columns);
      from += rows.size * b.columns;
    }
  }
}

void SlabFft::exchange_to_rows(Complex* modes) {
  const Exchange& exchange = *exchange_;
  Complex* to = exchanged_.data();
  for (const Share& rows : exchange.rows)
    for (const Block& b : layout_.blocks())
      to = std::copy_n(modes + b.begin + rows.begin * b.columns, rows.size * b.columns, to);
  exchange(exchanged_.data(), exchange.slabs, modes, exchange.blocks);
}

}  // namespace semiflow
