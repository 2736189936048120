#pragma once
#include <filesystem>
#include <memory>
#include <semiflow/core/communicator.hpp>
#include <semiflow/core/ensemble.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace semiflow {

/// A named axis and its coordinate, e.g. time or x. The coordinate's size is the size of the dimension.
struct Dimension {
  std::string name;
  Eigen::VectorXd coordinate;
  std::string units = {};
  std::string long_name = {};

  /// Without a physical coordinate, e.g. member: 0, 1, ..., size - 1.
  static Dimension numbered(std::string name, Index size, std::string long_name);
};

enum class Storage {
  real,    ///< double; NaN where nothing was written
  integer  ///< 64-bit; whole numbers only, _FillValue where nothing was written
};

/// A variable with known extents. The first dimension is the frame: time, pass, lead, ... Each of its
/// values holds one frame; a variable without dimensions is one frame of one value.
struct Variable {
  std::string path;                          ///< "/truth/u"; its group must exist
  std::vector<std::string> dimensions = {};  ///< names, outermost first, sought in the group, then up to the root
  std::string units = {};
  std::string long_name = {};
  int compression = 0;  ///< deflate level 0-9, applied when the file is finished
  Storage storage = Storage::real;
};

/// The result of one experiment: an HDF5 file that is also valid netCDF-4 (CF), written by all ranks together.
///
/// Everything is defined first: groups, dimensions, variables with their full extents, attributes. After
/// end_definitions() only data and the values of existing attributes change, never the file's structure.
/// So whenever the program is stopped, by SIGKILL too, the file is readable and holds all that was flushed,
/// and NaN elsewhere; a resumed run reopens it and writes on.
///
/// While it grows the file is called PATH.partial; finish() renames it to PATH, so that an earlier PATH
/// stays until its successor is complete.
///
/// Small frames are gathered in memory, about 1 MiB a variable and rank, and written together. flush(),
/// finish() and every read write them out.
///
/// The root attribute "status" tells how far it is: defining, running, finished.
///
/// Every call is collective, and every rank throws the same Error: Fault::input for an unknown path, a
/// wrong shape or a frame past the end, Fault::run if the disk refuses.
class ResultFile {
 public:
  /// Starts PATH.partial, replacing an old one. Fault::input if the directory is missing or not writable.
  static ResultFile create(const std::filesystem::path& path, const Communicator& comm);
  /// Reopens PATH.partial for writing. Fault::input if it is missing, unreadable, or was stopped before
  /// its definitions were complete.
  static ResultFile resume(const std::filesystem::path& path, const Communicator& comm);
  /// Opens a finished file for reading.
  static ResultFile open(const std::filesystem::path& path, const Communicator& comm);
  /// Where the file lies while it grows: PATH.partial. Not collective.
  static std::filesystem::path partial(const std::filesystem::path& path);

  ResultFile(ResultFile&&) noexcept;
  ResultFile& operator=(ResultFile&&) noexcept;
  /// Writes what is buffered and closes; PATH.partial stays unless finish() was called. During the unwinding
  /// of an exception, which may have struck this rank alone, it does nothing collective and so drops the buffer.
  ~ResultFile();

  // Definitions, in any order that has groups and dimensions before their users.

  void add_group(const std::string& path, const std::string& long_name);
  void add_dimension(const std::string& group, const Dimension& dimension);
  void add_variable(const Variable& variable);
  /// Strings, one for each value of the dimension, e.g. the names of terms: characters [dimension, length].
  void add_labels(const std::string& path, const std::string& dimension, const std::vector<std::string>& labels);

  /// Creates an attribute of a group or variable, or changes its value; after end_definitions() it must
  /// exist already. A text may be changed to one of at most max(capacity, its first length) bytes.
  void set_attribute(const std::string& object, const std::string& name, std::string_view text, Index capacity = 0);
  void set_attribute(const std::string& object, const std::string& name, const char* text) {
    set_attribute(object, name, std::string_view(text));
  }
  void set_attribute(const std::string& object, const std::string& name, double value);
  void set_attribute(const std::string& object, const std::string& name, Index value);
  void set_attribute(const std::string& object, const std::string& name, int value) {
    set_attribute(object, name, Index{value});
  }

  /// Fixes the structure, fills every variable with NaN and brings the file to the disk. Data may be
  /// written from here on.
  void end_definitions();

  // Data.

  /// Writes one frame of a variable [frame, member, state...]: my_members [state x mine] holds the rank's
  /// share(all_members); it may be empty. A frame of the wrong size on one rank alone throws there alone.
  void write_members(const std::string& path, Index frame, EnsembleView my_members, Index all_members);
  /// Writes whole frames that are the same on every rank: [values of one frame x frames].
  void write(const std::string& path, Index first_frame, const Eigen::MatrixXd& frames);
  /// Writes one frame of one value.
  void write(const std::string& path, Index frame, double value);

  /// My share(all_members) of one frame: [state x mine].
  Ensemble read_members(const std::string& path, Index frame, Index all_members);
  /// Frames on every rank: [values of one frame x frames].
  Eigen::MatrixXd read(const std::string& path, Index first_frame, Index frames);
  Eigen::MatrixXd read_all(const std::string& path);
  std::vector<std::string> read_labels(const std::string& path);

  std::string text_attribute(const std::string& object, const std::string& name);
  double double_attribute(const std::string& object, const std::string& name);
  Index index_attribute(const std::string& object, const std::string& name);
  bool has_attribute(const std::string& object, const std::string& name);

  /// True if a group, dimension or variable of this path exists.
  bool has(const std::string& path);
  /// The extents of a variable or dimension, outermost first; empty for a single value.
  std::vector<Index> shape(const std::string& path);
  /// The names of a variable's dimensions, outermost first; "" for one that has none.
  std::vector<std::string> dimensions(const std::string& path);
  /// The paths of all variables, coordinates included, in the order of their creation.
  std::vector<std::string> variables();

  /// Writes what is buffered and waits for the disk.
  void flush();
  /// Flushes, compresses what asked for it, closes and renames PATH.partial to PATH. Nothing may follow.
  void finish();

 private:
  struct State;
  explicit ResultFile(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace semiflow
