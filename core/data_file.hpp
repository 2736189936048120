#pragma once
#include <filesystem>
#include <memory>
#include <semiflow/core/ensemble.hpp>
#include <string>
#include <vector>

namespace semiflow {

/// What the reader of a variable counts on.
struct DataExpectation {
  /// Extents, outermost first; -1 leaves one open. Empty: any shape of one to four dimensions.
  std::vector<Index> shape = {};
  /// Missing values (NaN, or the file's _FillValue) become NaN instead of an error. Infinities never pass.
  bool missing_allowed = false;
  /// Read this frame alone, whatever the others hold; -1 reads all.
  Index frame = -1;
};

/// A variable of a user's file, as doubles. The first dimension counts the frames.
struct DataVariable {
  std::vector<Index> shape = {};        ///< in the file, with all frames
  std::vector<std::string> dimensions;  ///< their names; "" where the file has none
  Eigen::MatrixXd frames;               ///< [values of one frame in C order x frames]
  std::string units;                    ///< "" if the file does not say
};

/// A user's own HDF5 or netCDF-4 file of truth or observations, read only.
///
/// Not collective and without MPI: every rank that opens it reads it for itself, and meets the same
/// errors. All are Error(Fault::input) with one line: file, variable, what is wrong, what is expected.
class DataFile {
 public:
  explicit DataFile(const std::filesystem::path& path);
  DataFile(DataFile&&) noexcept;
  DataFile& operator=(DataFile&&) noexcept;
  ~DataFile();

  /// The paths of all variables, "/group/name", in the order of their names.
  std::vector<std::string> variables() const;

  std::vector<Index> shape(const std::string& variable) const;
  /// A text among the attributes of the file; "" where it has none of that name.
  std::string text(const std::string& attribute) const;
  /// Throws Error also for a frame that the variable does not have.
  DataVariable read(const std::string& variable, const DataExpectation& expected = {}) const;
  /// Finite frames first, first + 1, ..., [values of one frame x count], for those who come again and again: the variable
  /// stays open.
  Eigen::MatrixXd frames(const std::string& variable, Index first, Index count) const;
  /// The time of every frame of a variable, [frame], finite and increasing: the coordinate of its first
  /// dimension if that is called time or t, or else a variable called time beside it.
  Eigen::VectorXd time(const std::string& variable) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace semiflow
