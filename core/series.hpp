// Private to core: the data of one variable of a result file.
#pragma once
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "hdf5_handle.hpp"

namespace semiflow::hdf5 {

/// Reads and writes the frames of one variable. Frames that follow each other are gathered in memory and
/// written in one call. Every call is collective and throws the same Error on every rank.
class Series {
 public:
  /// file_name goes into errors.
  Series(hid_t file, const std::string& path, std::string file_name);

  void write_members(Index frame, EnsembleView mine, Index all_members, const Communicator& comm);
  void write(Index first_frame, const Eigen::MatrixXd& frames, const Communicator& comm);
  Ensemble read_members(Index frame, Index all_members, const Communicator& comm);
  Eigen::MatrixXd read(Index first_frame, Index frames, const Communicator& comm);

  /// Puts the fill value everywhere, the work shared by the ranks.
  void fill(const Communicator& comm);
  /// Writes out what is gathered.
  void drain(const Communicator& comm);

  Index frames() const { return shape_.empty() ? 1 : shape_.front(); }
  /// Forgets what is gathered and leaves the dataset open: for a rank that may be alone.
  void abandon();

 private:
  enum class Writer { nobody, everybody, first_rank };

  void require_frames(Index first, Index count) const;
  Index values_from(std::size_t axis) const;
  Selection members_block(Index frame, Index frames, Share members) const;
  Selection frames_block(Index first, Index frames) const;
  void require_members(Index all_members) const;
  /// Notes that the next frames start at first; what is gathered is written out before unless they follow it.
  void prepare(Writer writer, Index first, Index all_members, const Communicator& comm);
  void put(const Selection& block, const double* values, Writer writer, const Communicator& comm);
  std::string where() const { return file_name_ + ", " + path_; }

  Handle dataset_;
  std::string path_, file_name_;
  std::vector<Index> shape_;
  bool whole_numbers_ = false;

  // Frames first_ ... first_ + count_ - 1, as they lie in the file, without the other ranks' members.
  std::vector<double> gathered_;
  Writer writer_ = Writer::nobody;
  Index first_ = 0, count_ = 0, all_members_ = 0;
};

/// What integer variables hold where nothing was written: the lowest, which a double holds exactly.
inline constexpr std::int64_t missing_integer = std::numeric_limits<std::int64_t>::min();

}  // namespace semiflow::hdf5
