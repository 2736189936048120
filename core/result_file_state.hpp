// Private to core: what a ResultFile holds, shared by the sources that implement it.
#pragma once
#include <exception>
#include <filesystem>
#include <map>
#include <semiflow/core/collective_error.hpp>
#include <semiflow/core/result_file.hpp>

#include "netcdf_layout.hpp"
#include "series.hpp"

namespace semiflow {

// A root attribute that tells a complete structure from one whose definition was interrupted.
inline constexpr const char* status_attribute = "status";
inline constexpr Index status_capacity = 8;

enum class Stage { defining, writing, reading };

/// While it is open, its methods throw the same Error on every rank.
struct ResultFile::State {
  std::filesystem::path path, actual;
  Communicator comm;
  Stage stage;
  hdf5::Handle file{};
  std::map<std::string, hdf5::Series> series{};
  std::vector<std::string> defined{};
  hdf5::Unwinding unwinding{};

  State(std::filesystem::path final_path, std::filesystem::path actual_path, const Communicator& c, Stage s)
      : path(std::move(final_path)),
        actual(std::move(actual_path)),
        comm(Communicator::duplicate_of(c.get())),
        stage(s) {}

  ~State() {
    const hdf5::QuietErrors quiet;
    if (unwinding.now()) {
      for (auto& [name, one] : series) one.abandon();
      file.abandon();
      return;
    }
    try {
      drain();
    } catch (const Error&) {  // a destructor has nobody to tell; flush() and finish() do
    }
    series.clear();
  }

  std::string where() const { return actual.string(); }
  std::string where(const std::string& object) const { return where() + ", " + object; }

  void opened(hid_t id, Fault fault, const std::string& problem, const std::string& remedy) {
    file = hdf5::Handle(id, H5Fclose);
    throw_together(comm, file.valid() ? "" : problem + " (" + hdf5::last_error() + ")", fault, where(), remedy);
  }

  void require_stage(Stage wanted, const std::string& rule) const {
    require_open();
    if (stage != wanted) throw Error(Fault::input, where(), rule);
  }
  void require_open() const {
    if (!file.valid()) throw Error(Fault::input, where(), "the file is finished already");
  }

  void require_new(const std::string& object) const {
    require_stage(Stage::defining, "everything must be defined before end_definitions()");
    if (object.size() < 2 || object.front() != '/' || object.back() == '/')
      throw Error(Fault::input, where(object), "a path must look like /group/name");
    if (hdf5::exists(file, object)) throw Error(Fault::input, where(object), "it exists already");
    if (!hdf5::exists(file, hdf5::parent(object)))
      throw Error(Fault::input, where(object), "its group does not exist", "add the group first");
  }

  hdf5::Handle object(const std::string& name) const {
    require_open();
    if (!hdf5::exists(file, name)) throw Error(Fault::input, where(name), "there is no such group or variable");
    return {H5Oopen(file, name.c_str(), H5P_DEFAULT), H5Oclose};
  }
  hdf5::Handle variable(const std::string& name) const {
    hdf5::Handle handle = object(name);
    if (H5Iget_type(handle) != H5I_DATASET) throw Error(Fault::input, where(name), "it is a group, not a variable");
    return handle;
  }

  hdf5::Series& data(const std::string& name) {
    require_open();
    if (stage == Stage::defining) throw Error(Fault::input, where(name), "data come after end_definitions()");
    const auto found = series.find(name);
    if (found != series.end()) return found->second;
    variable(name);
    return series.try_emplace(name, hdf5::Series(file, name, where())).first->second;
  }

  void require_writable() const {
    require_open();
    if (stage == Stage::reading) throw Error(Fault::input, where(), "the file was opened for reading only");
  }

  // Every variable is tried, so that a failure of one loses nothing of the others.
  void drain() {
    std::exception_ptr first;
    for (auto& [name, one] : series) {
      try {
        one.drain(comm);
      } catch (const Error&) {
        if (!first) first = std::current_exception();
      }
    }
    if (first) std::rethrow_exception(first);
  }

  void flush() {
    drain();
    const bool fine = H5Fflush(file, H5F_SCOPE_LOCAL) >= 0;
    throw_together(comm, fine ? "" : "cannot bring the data to the disk (" + hdf5::last_error() + ")", Fault::run,
                   where(), "check the disk's free space, then run again with --resume");
  }
};

}  // namespace semiflow
