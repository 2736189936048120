// Private to core: the only header that includes hdf5.h.
#pragma once
#include <hdf5.h>

#include <exception>
#include <filesystem>
#include <semiflow/core/communicator.hpp>
#include <semiflow/core/error.hpp>
#include <string>
#include <utility>
#include <vector>

namespace semiflow::hdf5 {

/// Any HDF5 identifier, closed by the function that fits its kind. May be invalid.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);

  Handle() = default;
  Handle(hid_t id, Close close_by) : id_(id), close_(close_by) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Handle() { close(); }

  bool valid() const { return id_ >= 0; }
  operator hid_t() const { return id_; }
  /// Closes now, for callers who want to know whether it worked.
  bool close() { return id_ < 0 || close_(std::exchange(id_, -1)) >= 0; }
  /// Gives the identifier up without closing it.
  void abandon() { id_ = -1; }

 private:
  hid_t id_ = -1;
  Close close_ = nullptr;
};

/// Asked in the destructor of whoever holds a file open on all ranks: is an exception on its way through? It may have
/// struck this rank alone, and the others are not here to close the file with it; then it must be abandoned.
class Unwinding {
 public:
  bool now() const { return std::uncaught_exceptions() > before_; }

 private:
  int before_ = std::uncaught_exceptions();
};

/// Keeps HDF5 from printing its error stack while it lives: our errors say what matters in one line.
class QuietErrors {
 public:
  QuietErrors() {
    H5Eget_auto2(H5E_DEFAULT, &print_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;
  ~QuietErrors() { H5Eset_auto2(H5E_DEFAULT, print_, data_); }

 private:
  H5E_auto2_t print_ = nullptr;
  void* data_ = nullptr;
};

/// What HDF5 says of the last call that failed: the innermost reason, on one line.
std::string last_error();

/// Throws Error(Fault::run) with HDF5's own reason unless ok. For calls that fail on every rank alike.
void check(bool ok, const std::string& where, const std::string& problem);

/// A file access list for all ranks of comm together.
Handle parallel_access(const Communicator& comm);
/// A transfer list; collective transfers are joined by every rank, if only with an empty selection.
Handle transfer(bool collective);

std::vector<hsize_t> extents(hid_t dataset);

/// A block of a dataset, and as many values in a row in memory.
struct Selection {
  std::vector<hsize_t> begin, count;
};
/// Moves a block between the dataset and contiguous memory; an empty block is legal.
bool write(hid_t dataset, const Selection& block, const double* values, bool collective);
bool read(hid_t dataset, const Selection& block, double* values, bool collective);

/// True if path names an object that can be reached; never fails on a missing parent.
bool exists(hid_t file, const std::string& path);

/// Names of the links in a group, in the order of their creation where the file keeps it.
std::vector<std::string> links(hid_t group);

}  // namespace semiflow::hdf5
