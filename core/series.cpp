#include "series.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <semiflow/core/collective_error.hpp>

namespace semiflow::hdf5 {

namespace {

// Large enough that the cost of a write call is lost in it, small enough for dozens of variables.
constexpr Index buffer_values = (Index{1} << 20) / static_cast<Index>(sizeof(double));
constexpr double largest_whole_number = 9007199254740992;  // 2^53: beyond it doubles skip whole numbers
const char* const disk_remedy = "check the disk's free space, then run again with --resume";

std::string text(Index n) { return std::to_string(n); }

}  // namespace

Series::Series(hid_t file, const std::string& path, std::string file_name)
    : dataset_(H5Dopen2(file, path.c_str(), H5P_DEFAULT), H5Dclose), path_(path), file_name_(std::move(file_name)) {
  check(dataset_.valid(), where(), "cannot open the variable");
  for (const hsize_t n : extents(dataset_)) shape_.push_back(static_cast<Index>(n));
  const Handle type(H5Dget_type(dataset_), H5Tclose);
  whole_numbers_ = H5Tget_class(type) == H5T_INTEGER;
  if (!whole_numbers_ && H5Tget_class(type) != H5T_FLOAT) throw Error(Fault::input, where(), "it holds no numbers");
}

Index Series::values_from(std::size_t axis) const {
  Index n = 1;
  for (std::size_t i = axis; i < shape_.size(); ++i) n *= shape_[i];
  return n;
}

void Series::require_frames(Index first, Index count) const {
  if (first >= 0 && count >= 0 && first + count <= frames()) return;
  throw Error(Fault::input, where(),
              "frames " + text(first) + " to " + text(first + count - 1) + " were asked for, but it has frames 0 to " +
                  text(frames() - 1));
}

void Series::require_members(Index all_members) const {
  if (shape_.size() >= 2 && shape_[1] == all_members) return;
  throw Error(Fault::input, where(), "its second dimension is not the " + text(all_members) + " members");
}

Selection Series::members_block(Index frame, Index count, Share members) const {
  Selection block = frames_block(frame, count);
  block.begin[1] = static_cast<hsize_t>(members.begin);
  block.count[1] = static_cast<hsize_t>(members.size);
  return block;
}

Selection Series::frames_block(Index first, Index count) const {
  Selection block{std::vector<hsize_t>(shape_.size(), 0), std::vector<hsize_t>(shape_.begin(), shape_.end())};
  if (!shape_.empty()) {
    block.begin[0] = static_cast<hsize_t>(first);
    block.count[0] = static_cast<hsize_t>(count);
  }
  return block;
}

void Series::prepare(Writer writer, Index first, Index all_members, const Communicator& comm) {
  if (count_ > 0 && (writer != writer_ || first != first_ + count_ || all_members != all_members_)) drain(comm);
  if (count_ == 0) first_ = first;
  writer_ = writer;
  all_members_ = all_members;
}

void Series::write_members(Index frame, EnsembleView mine, Index all_members, const Communicator& comm) {
  require_frames(frame, 1);
  require_members(all_members);
  const Index state = values_from(2);
  const Share share = comm.share(all_members);
  if (mine.cols() != share.size || (share.size > 0 && mine.rows() != state))
    throw Error(Fault::input, where(),
                "a frame of this rank is [" + text(state) + " x " + text(share.size) + "], not [" + text(mine.rows()) +
                    " x " + text(mine.cols()) + "]");
  if (whole_numbers_) throw Error(Fault::input, where(), "members are real numbers, this variable is not");
  prepare(Writer::everybody, frame, all_members, comm);
  // The largest share decides, so that all ranks write together.
  const Index largest = state * comm.share(all_members, 0).size;
  const bool as_it_lies = mine.outerStride() == mine.rows() || mine.cols() <= 1;
  if (largest >= buffer_values && !comm.any(!as_it_lies)) {
    drain(comm);
    put(members_block(frame, 1, share), mine.data(), writer_, comm);
    return;
  }
  for (Index j = 0; j < mine.cols(); ++j)
    gathered_.insert(gathered_.end(), mine.col(j).data(), mine.col(j).data() + mine.rows());
  ++count_;
  if (count_ * largest >= buffer_values) drain(comm);
}

void Series::write(Index first, const Eigen::MatrixXd& frames, const Communicator& comm) {
  require_frames(first, frames.cols());
  if (frames.rows() != values_from(1))
    throw Error(Fault::input, where(), "a frame has " + text(values_from(1)) + " values, not " + text(frames.rows()));
  if (whole_numbers_)
    for (const double value : frames.reshaped())
      if (!(std::abs(value) <= largest_whole_number) || value != std::round(value))
        throw Error(Fault::input, where(), std::to_string(value) + " is not a whole number of at most 2^53");
  prepare(Writer::first_rank, first, 0, comm);
  if (comm.rank() == 0) gathered_.insert(gathered_.end(), frames.data(), frames.data() + frames.size());
  count_ += frames.cols();
  if (count_ * frames.rows() >= buffer_values) drain(comm);
}

void Series::drain(const Communicator& comm) {
  if (count_ == 0) return;
  // Emptied before the attempt: what cannot be written must not be tried again by the destructor.
  std::vector<double> values;
  values.swap(gathered_);
  const Index count = std::exchange(count_, 0);
  put(writer_ == Writer::everybody ? members_block(first_, count, comm.share(all_members_))
                                   : frames_block(first_, count),
      values.data(), writer_, comm);
  values.clear();
  gathered_.swap(values);
}

void Series::put(const Selection& block, const double* values, Writer writer, const Communicator& comm) {
  bool written = true;
  if (writer == Writer::everybody) written = hdf5::write(dataset_, block, values, true);
  if (writer == Writer::first_rank && comm.rank() == 0) written = hdf5::write(dataset_, block, values, false);
  throw_together(comm, written ? "" : "cannot write (" + last_error() + ")", Fault::run, where(), disk_remedy);
}

Ensemble Series::read_members(Index frame, Index all_members, const Communicator& comm) {
  require_frames(frame, 1);
  require_members(all_members);
  drain(comm);
  const Share share = comm.share(all_members);
  Ensemble mine(values_from(2), share.size);
  const bool fine = hdf5::read(dataset_, members_block(frame, 1, share), mine.data(), true);
  throw_together(comm, fine ? "" : "cannot read (" + last_error() + ")", Fault::run, where());
  return mine;
}

Eigen::MatrixXd Series::read(Index first, Index count, const Communicator& comm) {
  require_frames(first, count);
  drain(comm);
  Eigen::MatrixXd result(values_from(1), count);
  // One rank asks the disk and tells the others: cheaper than that all ask for the same.
  const bool fine =
      comm.rank() != 0 || result.size() == 0 || hdf5::read(dataset_, frames_block(first, count), result.data(), false);
  throw_together(comm, fine ? "" : "cannot read (" + last_error() + ")", Fault::run, where());
  if (result.size() > 0) comm.broadcast(result, 0);
  return result;
}

void Series::fill(const Communicator& comm) {
  // Blocks of at most one buffer: whole tails of the shape, several at a time along the axis before them.
  std::size_t axis = 0;
  while (axis < shape_.size() && values_from(axis + 1) > buffer_values) ++axis;
  const Index tail = values_from(std::min(axis + 1, shape_.size()));
  const Index along = axis < shape_.size() ? shape_[axis] : 1;
  const Index step = std::max<Index>(1, buffer_values / std::max<Index>(1, tail));
  const Index pieces = (along + step - 1) / step;
  Index outer = 1;
  for (std::size_t i = 0; i < axis; ++i) outer *= shape_[i];
  const std::vector<double> values(
      static_cast<std::size_t>(std::min(step, along) * tail),
      whole_numbers_ ? static_cast<double>(missing_integer) : std::numeric_limits<double>::quiet_NaN());
  std::string problem;
  for (Index i = comm.rank(); i < outer * pieces && problem.empty(); i += comm.size()) {
    Selection block = frames_block(0, frames());
    Index rest = i / pieces;
    for (std::size_t a = axis; a-- > 0; rest /= shape_[a]) {
      block.begin[a] = static_cast<hsize_t>(rest % shape_[a]);
      block.count[a] = 1;
    }
    if (axis < shape_.size()) {
      block.begin[axis] = static_cast<hsize_t>(i % pieces * step);
      block.count[axis] = static_cast<hsize_t>(std::min(step, along - i % pieces * step));
    }
    if (!hdf5::write(dataset_, block, values.data(), false))
      problem = "cannot reserve its place (" + last_error() + ")";
  }
  throw_together(comm, problem, Fault::run, where(), disk_remedy);
}

void Series::abandon() {
  gathered_.clear();
  count_ = 0;
  dataset_.abandon();
}

}  // namespace semiflow::hdf5
