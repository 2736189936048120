#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <exception>
#include <limits>
#include <map>
#include <semiflow/core/error.hpp>
#include <semiflow/core/result_file.hpp>

#include "collective_error.hpp"
#include "durable_file.hpp"
#include "hdf5_attributes.hpp"
#include "netcdf_layout.hpp"
#include "repack.hpp"
#include "series.hpp"

namespace semiflow {

using hdf5::Handle;

namespace {

// A root attribute that tells a complete structure from one whose definition was interrupted.
constexpr const char* status_attribute = "semiflow_status";
constexpr Index status_capacity = 8;

enum class Stage { defining, writing, reading };

}  // namespace

struct ResultFile::State {
  std::filesystem::path path, actual;
  Communicator comm;
  Stage stage;
  Handle file{};
  std::map<std::string, hdf5::Series> series{};
  std::vector<std::string> defined{};
  int uncaught = std::uncaught_exceptions();

  State(std::filesystem::path final_path, std::filesystem::path actual_path, const Communicator& c, Stage s)
      : path(std::move(final_path)), actual(std::move(actual_path)), comm(Communicator::duplicate_of(c.get())), stage(s) {}

  ~State() {
    const hdf5::QuietErrors quiet;
    if (std::uncaught_exceptions() > uncaught) {
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
    file = Handle(id, H5Fclose);
    throw_together(comm, file.valid() ? "" : problem + " (" + hdf5::last_error() + ")", fault, where(), remedy);
  }

  void require_stage(Stage wanted, const char* rule) const {
    if (!file.valid()) throw Error(Fault::input, where(), "the file is finished already");
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

  Handle object(const std::string& name) const {
    require_open();
    if (!hdf5::exists(file, name)) throw Error(Fault::input, where(name), "there is no such group or variable");
    return {H5Oopen(file, name.c_str(), H5P_DEFAULT), H5Oclose};
  }

  hdf5::Series& data(const std::string& name) {
    require_open();
    if (stage == Stage::defining) throw Error(Fault::input, where(name), "data come after end_definitions()");
    const auto found = series.find(name);
    if (found != series.end()) return found->second;
    const Handle variable = object(name);
    if (H5Iget_type(variable) != H5I_DATASET) throw Error(Fault::input, where(name), "it is a group, not a variable");
    return series.try_emplace(name, hdf5::Series(file, name, where())).first->second;
  }

  hdf5::Series& writable(const std::string& name) {
    require_open();
    if (stage == Stage::reading) throw Error(Fault::input, where(), "the file was opened for reading only");
    return data(name);
  }

  // Every variable is tried, so that one rank's failure does not leave the others' buffers full.
  void drain() {
    for (auto& [name, one] : series) one.drain(comm);
  }

  void flush() {
    drain();
    const bool fine = H5Fflush(file, H5F_SCOPE_LOCAL) >= 0;
    throw_together(comm, fine ? "" : "cannot bring the data to the disk (" + hdf5::last_error() + ")", Fault::run,
                   where(), "check the disk's free space, then run again with --resume");
  }

  template <class Value, class... Capacity>
  void set_attribute(const std::string& target, const std::string& name, Value value, Capacity... capacity) {
    const hdf5::QuietErrors quiet;
    const Handle handle = object(target);
    if (stage == Stage::reading) throw Error(Fault::input, where(), "the file was opened for reading only");
    const bool known = hdf5::has_attribute(handle, name);
    if (!known) require_stage(Stage::defining, ("attribute " + name + " must be created before end_definitions()").c_str());
    if (known)
      hdf5::change_attribute(handle, name, value, where(target));
    else
      hdf5::create_attribute(handle, name, value, capacity..., where(target));
  }

  void describe(hid_t variable, const std::string& name, const std::string& units, const std::string& long_name) {
    if (!long_name.empty()) hdf5::create_attribute(variable, "long_name", long_name, 0, where(name));
    // CF writes the unit of a pure number as 1.
    hdf5::create_attribute(variable, "units", units.empty() ? "1" : units, 0, where(name));
  }

  std::vector<hsize_t> extents_of(const Variable& variable, std::vector<std::string>& scale_paths) {
    std::vector<hsize_t> shape;
    for (const std::string& name : variable.dimensions) {
      const std::string scale = hdf5::find_dimension(file, hdf5::parent(variable.path), name);
      if (scale.empty())
        throw Error(Fault::input, where(variable.path), "there is no dimension " + name, "add the dimension first");
      const Handle dataset(H5Dopen2(file, scale.c_str(), H5P_DEFAULT), H5Dclose);
      shape.push_back(hdf5::extents(dataset).front());
      scale_paths.push_back(scale);
    }
    return shape;
  }

  // A dataset with its dimensions; units and the like are the caller's.
  Handle create_variable(const Variable& variable, hid_t type, hid_t properties) {
    require_new(variable.path);
    std::vector<std::string> scale_paths;
    const std::vector<hsize_t> shape = extents_of(variable, scale_paths);
    Handle dataset = hdf5::create_dataset(file, variable.path, type, shape, properties, where());
    for (unsigned axis = 0; axis < scale_paths.size(); ++axis)
      hdf5::attach(file, dataset, scale_paths[axis], axis, where(variable.path));
    return dataset;
  }
};

Dimension Dimension::numbered(std::string name, Index size, std::string long_name) {
  return {std::move(name), Eigen::VectorXd::LinSpaced(size, 0, static_cast<double>(size - 1)), "1", std::move(long_name)};
}

ResultFile::ResultFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
ResultFile::ResultFile(ResultFile&&) noexcept = default;
ResultFile& ResultFile::operator=(ResultFile&&) noexcept = default;
ResultFile::~ResultFile() = default;

std::filesystem::path ResultFile::partial(const std::filesystem::path& path) { return path.string() + ".partial"; }

ResultFile ResultFile::create(const std::filesystem::path& path, const Communicator& comm) {
  const hdf5::QuietErrors quiet;
  auto state = std::make_unique<State>(path, partial(path), comm, Stage::defining);
  const std::filesystem::path directory = directory_of(path);
  std::string problem;
  // MPI's own message for a missing directory names neither the file nor the reason.
  if (comm.rank() == 0 && ::access(directory.c_str(), W_OK) != 0)
    problem = "its directory cannot be written to (" + std::string(std::strerror(errno)) + ")";
  throw_together(state->comm, problem, Fault::input, path.string(), "create the directory or choose another --output");
  const Handle properties = hdf5::group_properties(H5P_FILE_CREATE);
  state->opened(H5Fcreate(state->actual.c_str(), H5F_ACC_TRUNC, properties, hdf5::parallel_access(state->comm)),
                Fault::input, "cannot create the file", "choose another --output");
  ResultFile file(std::move(state));
  file.set_attribute("/", "Conventions", "CF-1.8");
  file.set_attribute("/", status_attribute, "defining", status_capacity);
  return file;
}

ResultFile ResultFile::resume(const std::filesystem::path& path, const Communicator& comm) {
  const hdf5::QuietErrors quiet;
  auto state = std::make_unique<State>(path, partial(path), comm, Stage::writing);
  const std::string remedy = "run without --resume";
  std::string problem;
  if (comm.rank() == 0 && ::access(state->actual.c_str(), F_OK) != 0) problem = "there is no unfinished result to go on with";
  throw_together(state->comm, problem, Fault::input, state->where(), remedy);
  state->opened(H5Fopen(state->actual.c_str(), H5F_ACC_RDWR, hdf5::parallel_access(state->comm)), Fault::input,
                "cannot read the unfinished result", remedy);
  if (!hdf5::has_attribute(state->file, status_attribute) ||
      hdf5::text_attribute(state->file, status_attribute, state->where()) == "defining")
    throw Error(Fault::input, state->where(), "the run was stopped before the file was set up", remedy);
  return ResultFile(std::move(state));
}

ResultFile ResultFile::open(const std::filesystem::path& path, const Communicator& comm) {
  const hdf5::QuietErrors quiet;
  auto state = std::make_unique<State>(path, path, comm, Stage::reading);
  std::string problem;
  if (comm.rank() == 0 && ::access(path.c_str(), R_OK) != 0) problem = std::string("cannot open it (") + std::strerror(errno) + ")";
  throw_together(state->comm, problem, Fault::input, state->where());
  state->opened(H5Fopen(path.c_str(), H5F_ACC_RDONLY, hdf5::parallel_access(state->comm)), Fault::input,
                "it is not an HDF5 file, or damaged", "");
  return ResultFile(std::move(state));
}

void ResultFile::add_group(const std::string& path, const std::string& long_name) {
  const hdf5::QuietErrors quiet;
  state_->require_new(path);
  const Handle properties = hdf5::group_properties(H5P_GROUP_CREATE);
  const Handle group(H5Gcreate2(state_->file, path.c_str(), H5P_DEFAULT, properties, H5P_DEFAULT), H5Gclose);
  hdf5::check(group.valid(), state_->where(path), "cannot create the group");
  hdf5::create_attribute(group, "long_name", long_name, 0, state_->where(path));
}

void ResultFile::add_dimension(const std::string& group, const Dimension& dimension) {
  const hdf5::QuietErrors quiet;
  const std::string path = (group == "/" ? "" : group) + "/" + dimension.name;
  state_->require_new(path);
  if (dimension.coordinate.size() == 0) throw Error(Fault::input, state_->where(path), "a dimension needs at least one value");
  const Handle dataset = hdf5::create_dataset(state_->file, path, H5T_IEEE_F64LE,
                                              {static_cast<hsize_t>(dimension.coordinate.size())},
                                              hdf5::dataset_properties(), state_->where());
  hdf5::make_scale(dataset, dimension.name, state_->where(path));
  state_->describe(dataset, path, dimension.units, dimension.long_name);
  const hdf5::Selection all{{0}, {static_cast<hsize_t>(dimension.coordinate.size())}};
  const bool fine = state_->comm.rank() != 0 || hdf5::write(dataset, all, dimension.coordinate.data(), false);
  throw_together(state_->comm, fine ? "" : "cannot write (" + hdf5::last_error() + ")", Fault::run, state_->where(path));
}

void ResultFile::add_variable(const Variable& variable) {
  const hdf5::QuietErrors quiet;
  if (variable.compression < 0 || variable.compression > 9)
    throw Error(Fault::input, state_->where(variable.path), "a compression level is 0 to 9");
  const bool real = variable.storage == Storage::real;
  const Handle properties = hdf5::dataset_properties();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  H5Pset_fill_value(properties, real ? H5T_NATIVE_DOUBLE : H5T_NATIVE_INT64,
                    real ? static_cast<const void*>(&nan) : &hdf5::missing_integer);
  const Handle dataset = state_->create_variable(variable, real ? H5T_IEEE_F64LE : H5T_STD_I64LE, properties);
  const std::string where = state_->where(variable.path);
  state_->describe(dataset, variable.path, variable.units, variable.long_name);
  if (real)
    hdf5::create_attribute(dataset, "_FillValue", nan, where);
  else
    hdf5::create_attribute(dataset, "_FillValue", Index{hdf5::missing_integer}, where);
  if (variable.compression > 0) hdf5::create_attribute(dataset, hdf5::compression_attribute, Index{variable.compression}, where);
  state_->defined.push_back(variable.path);
}

void ResultFile::add_labels(const std::string& path, const std::string& dimension, const std::vector<std::string>& labels) {
  const hdf5::QuietErrors quiet;
  // netCDF takes strings of one byte for an array of characters.
  std::size_t size = 2;
  for (const std::string& label : labels) size = std::max(size, label.size() + 1);
  const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type, size);
  H5Tset_cset(type, H5T_CSET_UTF8);
  std::vector<std::string> ignored;
  state_->require_new(path);
  const std::vector<hsize_t> shape = state_->extents_of({.path = path, .dimensions = {dimension}}, ignored);
  if (shape[0] != labels.size())
    throw Error(Fault::input, state_->where(path), std::to_string(labels.size()) + " labels for a dimension of " + std::to_string(shape[0]));
  const Handle dataset = state_->create_variable({.path = path, .dimensions = {dimension}}, type, hdf5::dataset_properties());
  std::string bytes(size * labels.size(), '\0');
  for (std::size_t i = 0; i < labels.size(); ++i) bytes.replace(i * size, labels[i].size(), labels[i]);
  const bool fine = state_->comm.rank() != 0 ||
                    H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, hdf5::transfer(false), bytes.data()) >= 0;
  throw_together(state_->comm, fine ? "" : "cannot write (" + hdf5::last_error() + ")", Fault::run, state_->where(path));
}

void ResultFile::set_attribute(const std::string& object, const std::string& name, std::string_view text, Index capacity) {
  state_->set_attribute(object, name, text, capacity);
}
void ResultFile::set_attribute(const std::string& object, const std::string& name, double value) {
  state_->set_attribute(object, name, value);
}
void ResultFile::set_attribute(const std::string& object, const std::string& name, Index value) {
  state_->set_attribute(object, name, value);
}

void ResultFile::end_definitions() {
  const hdf5::QuietErrors quiet;
  state_->require_stage(Stage::defining, "the definitions were ended before");
  state_->stage = Stage::writing;
  for (const std::string& path : state_->defined) state_->data(path).fill(state_->comm);
  // Twice: the mark may reach the disk only after all that it vouches for.
  state_->flush();
  set_attribute("/", status_attribute, "running");
  state_->flush();
}

void ResultFile::write_members(const std::string& path, Index frame, EnsembleView my_members, Index all_members) {
  const hdf5::QuietErrors quiet;
  state_->writable(path).write_members(frame, my_members, all_members, state_->comm);
}

void ResultFile::write(const std::string& path, Index first_frame, const Eigen::MatrixXd& frames) {
  const hdf5::QuietErrors quiet;
  state_->writable(path).write(first_frame, frames, state_->comm);
}

void ResultFile::write(const std::string& path, Index frame, double value) {
  write(path, frame, Eigen::MatrixXd::Constant(1, 1, value));
}

Ensemble ResultFile::read_members(const std::string& path, Index frame, Index all_members) {
  const hdf5::QuietErrors quiet;
  return state_->data(path).read_members(frame, all_members, state_->comm);
}

Eigen::MatrixXd ResultFile::read(const std::string& path, Index first_frame, Index frames) {
  const hdf5::QuietErrors quiet;
  return state_->data(path).read(first_frame, frames, state_->comm);
}

Eigen::MatrixXd ResultFile::read_all(const std::string& path) {
  const hdf5::QuietErrors quiet;
  hdf5::Series& series = state_->data(path);
  return series.read(0, series.frames(), state_->comm);
}

std::vector<std::string> ResultFile::read_labels(const std::string& path) {
  const hdf5::QuietErrors quiet;
  const Handle dataset = state_->object(path);
  if (H5Iget_type(dataset) != H5I_DATASET) throw Error(Fault::input, state_->where(path), "it is a group, not a variable");
  const Handle type(H5Dget_type(dataset), H5Tclose);
  if (H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) > 0)
    throw Error(Fault::input, state_->where(path), "it holds no fixed-length strings");
  std::size_t count = 1;
  for (const hsize_t n : hdf5::extents(dataset)) count *= n;
  const std::size_t size = H5Tget_size(type);
  std::string bytes(size * count, '\0');
  hdf5::check(H5Dread(dataset, type, H5S_ALL, H5S_ALL, hdf5::transfer(true), bytes.data()) >= 0, state_->where(path), "cannot read");
  std::vector<std::string> labels(count);
  for (std::size_t i = 0; i < count; ++i) {
    labels[i] = bytes.substr(i * size, size);
    labels[i].erase(labels[i].find_last_not_of('\0') + 1);
  }
  return labels;
}

std::string ResultFile::text_attribute(const std::string& object, const std::string& name) {
  const hdf5::QuietErrors quiet;
  return hdf5::text_attribute(state_->object(object), name, state_->where(object));
}
double ResultFile::double_attribute(const std::string& object, const std::string& name) {
  const hdf5::QuietErrors quiet;
  return hdf5::double_attribute(state_->object(object), name, state_->where(object));
}
Index ResultFile::index_attribute(const std::string& object, const std::string& name) {
  const hdf5::QuietErrors quiet;
  return hdf5::index_attribute(state_->object(object), name, state_->where(object));
}
bool ResultFile::has_attribute(const std::string& object, const std::string& name) {
  const hdf5::QuietErrors quiet;
  return hdf5::has_attribute(state_->object(object), name);
}

bool ResultFile::has(const std::string& path) {
  const hdf5::QuietErrors quiet;
  state_->require_open();
  return hdf5::exists(state_->file, path);
}

std::vector<Index> ResultFile::shape(const std::string& path) {
  const hdf5::QuietErrors quiet;
  const Handle dataset = state_->object(path);
  if (H5Iget_type(dataset) != H5I_DATASET) throw Error(Fault::input, state_->where(path), "it is a group, not a variable");
  const std::vector<hsize_t> extents = hdf5::extents(dataset);
  return {extents.begin(), extents.end()};
}

std::vector<std::string> ResultFile::variables() {
  const hdf5::QuietErrors quiet;
  state_->require_open();
  return hdf5::datasets(state_->file);
}

void ResultFile::flush() {
  const hdf5::QuietErrors quiet;
  state_->require_open();
  if (state_->stage != Stage::reading) state_->flush();
}

void ResultFile::finish() {
  const hdf5::QuietErrors quiet;
  state_->require_stage(Stage::writing, "only a file with ended definitions can be finished");
  State& state = *state_;
  bool compress = false;
  for (const std::string& path : variables())
    compress = compress || hdf5::has_attribute(state.object(path), hdf5::compression_attribute);
  set_attribute("/", status_attribute, "finished");
  state.flush();
  state.series.clear();
  const bool closed = state.file.close();
  throw_together(state.comm, closed ? "" : "cannot close it (" + hdf5::last_error() + ")", Fault::run, state.where());

  std::string problem;
  if (state.comm.rank() == 0) {
    try {
      const std::filesystem::path packed = state.path.string() + ".packed";
      if (compress) hdf5::repack(state.actual, packed);
      problem = rename_durably(compress ? packed : state.actual, state.path);
      if (compress && problem.empty()) std::filesystem::remove(state.actual);
    } catch (const std::exception& error) {
      problem = error.what();
    }
  }
  throw_together(state.comm, problem, Fault::run, state.where(), "the data are safe there; run again with --resume");
}

}  // namespace semiflow
