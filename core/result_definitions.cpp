#include <algorithm>
#include <limits>

#include "hdf5_attributes.hpp"
#include "repack.hpp"
#include "result_file_state.hpp"

namespace semiflow {

using hdf5::Handle;

namespace {

// The dimensions of a variable: where their scales lie and how long they are.
struct Axes {
  std::vector<std::string> scales;
  std::vector<hsize_t> extents;
};

Axes find_axes(hid_t file, const std::string& path, const std::vector<std::string>& dimensions,
               const std::string& where) {
  Axes axes;
  for (const std::string& name : dimensions) {
    const std::string scale = hdf5::find_dimension(file, hdf5::parent(path), name);
    if (scale.empty()) throw Error(Fault::input, where, "there is no dimension " + name, "add the dimension first");
    const Handle dataset(H5Dopen2(file, scale.c_str(), H5P_DEFAULT), H5Dclose);
    axes.scales.push_back(scale);
    axes.extents.push_back(hdf5::extents(dataset).front());
  }
  return axes;
}

Handle create_variable(hid_t file, const std::string& path, hid_t type, hid_t properties, const Axes& axes,
                       const std::string& where) {
  Handle dataset = hdf5::create_dataset(file, path, type, axes.extents, properties, where);
  for (unsigned axis = 0; axis < axes.scales.size(); ++axis)
    hdf5::attach(file, dataset, axes.scales[axis], axis, where);
  return dataset;
}

void describe(hid_t variable, const std::string& units, const std::string& long_name, const std::string& where) {
  if (!long_name.empty()) hdf5::create_attribute(variable, "long_name", long_name, 0, where);
  // CF writes the unit of a pure number as 1.
  hdf5::create_attribute(variable, "units", units.empty() ? "1" : units, 0, where);
}

// Data that every rank has, written by the first.
void write_once(hid_t dataset, hid_t type, const void* values, const Communicator& comm, const std::string& where) {
  const bool fine = comm.rank() != 0 || H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, hdf5::transfer(false), values) >= 0;
  throw_together(comm, fine ? "" : "cannot write (" + hdf5::last_error() + ")", Fault::run, where);
}

Handle text_type(std::size_t size) {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type, size);
  return type;
}

}  // namespace

Dimension Dimension::numbered(std::string name, Index size, std::string long_name) {
  return {std::move(name), Eigen::VectorXd::LinSpaced(size, 0, static_cast<double>(size - 1)), "1",
          std::move(long_name)};
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
  if (dimension.coordinate.size() == 0)
    throw Error(Fault::input, state_->where(path), "a dimension needs at least one value");
  const Handle dataset =
      hdf5::create_dataset(state_->file, path, H5T_IEEE_F64LE, {static_cast<hsize_t>(dimension.coordinate.size())},
                           hdf5::dataset_properties(), state_->where());
  hdf5::make_scale(dataset, dimension.name, state_->where(path));
  describe(dataset, dimension.units, dimension.long_name, state_->where(path));
  write_once(dataset, H5T_NATIVE_DOUBLE, dimension.coordinate.data(), state_->comm, state_->where(path));
}

void ResultFile::add_variable(const Variable& variable) {
  const hdf5::QuietErrors quiet;
  state_->require_new(variable.path);
  const std::string where = state_->where(variable.path);
  if (variable.compression < 0 || variable.compression > 9)
    throw Error(Fault::input, where, "a compression level is 0 to 9");
  const bool real = variable.storage == Storage::real;
  const Handle properties = hdf5::dataset_properties();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  H5Pset_fill_value(properties, real ? H5T_NATIVE_DOUBLE : H5T_NATIVE_INT64,
                    real ? static_cast<const void*>(&nan) : &hdf5::missing_integer);
  const Handle dataset = create_variable(state_->file, variable.path, real ? H5T_IEEE_F64LE : H5T_STD_I64LE, properties,
                                         find_axes(state_->file, variable.path, variable.dimensions, where), where);
  describe(dataset, variable.units, variable.long_name, where);
  if (real)
    hdf5::create_attribute(dataset, "_FillValue", nan, where);
  else
    hdf5::create_attribute(dataset, "_FillValue", Index{hdf5::missing_integer}, where);
  if (variable.compression > 0)
    hdf5::create_attribute(dataset, hdf5::compression_attribute, Index{variable.compression}, where);
  state_->defined.push_back(variable.path);
}

// Characters with a dimension for their place in the string, as in classic netCDF: its library reads HDF5's
// fixed-length strings wrongly (4.9.0 sees only the first), and the others cannot be written in parallel.
void ResultFile::add_labels(const std::string& path, const std::string& dimension,
                            const std::vector<std::string>& labels) {
  const hdf5::QuietErrors quiet;
  state_->require_new(path);
  const std::string where = state_->where(path);
  std::size_t length = 1;
  for (const std::string& label : labels) length = std::max(length, label.size());
  Axes axes = find_axes(state_->file, path, {dimension}, where);
  if (axes.extents[0] != labels.size())
    throw Error(Fault::input, where,
                std::to_string(labels.size()) + " labels for a dimension of " + std::to_string(axes.extents[0]));
  const std::string characters = "/string" + std::to_string(length);
  if (!hdf5::exists(state_->file, characters)) {
    const Handle scale =
        hdf5::create_dataset(state_->file, characters, H5T_IEEE_F32LE, {length}, hdf5::dataset_properties(), where);
    hdf5::make_bare_scale(scale, where);
    write_once(scale, H5T_NATIVE_FLOAT, std::vector<float>(length).data(), state_->comm, where);
  }
  axes.scales.push_back(characters);
  axes.extents.push_back(length);
  const Handle type = text_type(1);
  const Handle dataset = create_variable(state_->file, path, type, hdf5::dataset_properties(), axes, where);
  hdf5::create_attribute(dataset, "_Encoding", "utf-8", 0, where);
  std::string bytes(length * labels.size(), '\0');
  for (std::size_t i = 0; i < labels.size(); ++i) bytes.replace(i * length, labels[i].size(), labels[i]);
  write_once(dataset, type, bytes.data(), state_->comm, where);
}

std::vector<std::string> ResultFile::read_labels(const std::string& path) {
  const hdf5::QuietErrors quiet;
  const Handle dataset = state_->variable(path), type(H5Dget_type(dataset), H5Tclose);
  const std::vector<hsize_t> shape = hdf5::extents(dataset);
  if (H5Tget_class(type) != H5T_STRING || H5Tget_size(type) != 1 || shape.size() != 2)
    throw Error(Fault::input, state_->where(path), "it holds no labels");
  std::string bytes(shape[0] * shape[1], '\0');
  hdf5::check(H5Dread(dataset, type, H5S_ALL, H5S_ALL, hdf5::transfer(false), bytes.data()) >= 0, state_->where(path),
              "cannot read");
  std::vector<std::string> labels(shape[0]);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    labels[i] = bytes.substr(i * shape[1], shape[1]);
    labels[i].erase(labels[i].find_last_not_of('\0') + 1);
  }
  return labels;
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

}  // namespace semiflow
