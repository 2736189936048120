#include <hdf5_hl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <semiflow/core/data_file.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/nearest.hpp>

#include "hdf5_attributes.hpp"
#include "netcdf_layout.hpp"

namespace semiflow {

using hdf5::Handle;

namespace {

std::string list(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// "[10, 3, any]"
std::string list(const std::vector<Index>& shape) {
  std::string text;
  for (const Index n : shape) text += (text.empty() ? "" : ", ") + (n < 0 ? std::string("any") : std::to_string(n));
  return "[" + text + "]";
}

// "value 7" or "[2, 0, 1]": where a value stands in its variable.
std::string position(Index i, const std::vector<Index>& shape) {
  std::vector<Index> indices(shape.size());
  for (std::size_t axis = shape.size(); axis-- > 0; i /= shape[axis]) indices[axis] = i % shape[axis];
  return list(indices);
}

bool fits(const std::vector<Index>& shape, const std::vector<Index>& expected) {
  return shape.size() == expected.size() &&
         std::equal(shape.begin(), shape.end(), expected.begin(), [](Index n, Index e) { return e < 0 || n == e; });
}

double number_attribute(hid_t object, const char* name, double otherwise) {
  if (!hdf5::has_attribute(object, name)) return otherwise;
  const Handle attribute(H5Aopen(object, name, H5P_DEFAULT), H5Aclose);
  const Handle space(H5Aget_space(attribute), H5Sclose);
  double value = otherwise;
  if (H5Sget_simple_extent_npoints(space) == 1) H5Aread(attribute, H5T_NATIVE_DOUBLE, &value);
  return value;
}

// netCDF marks missing values by a number, and may store others scaled and shifted.
void decode(hid_t dataset, Eigen::MatrixXd& values) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double fill = number_attribute(dataset, "_FillValue", nan),
               missing = number_attribute(dataset, "missing_value", nan);
  const double scale = number_attribute(dataset, "scale_factor", 1),
               offset = number_attribute(dataset, "add_offset", 0);
  values = values.unaryExpr([=](double v) { return v == fill || v == missing ? nan : v; });
  if (scale != 1 || offset != 0) values = (values.array() * scale + offset).matrix();
}

}  // namespace

struct DataFile::State {
  std::string name;
  Handle file{};
  std::map<std::string, Handle> kept{};  // variables that stay open; closed before the file

  [[noreturn]] void fail(const std::string& variable, const std::string& problem,
                         const std::string& remedy = {}) const {
    throw Error(Fault::input, name + ", " + variable, problem, remedy);
  }

  static std::string absolute(const std::string& variable) {
    return variable.starts_with('/') ? variable : "/" + variable;
  }

  Handle open(const std::string& variable) const {
    const std::string path = absolute(variable);
    if (path.size() > 1 && hdf5::exists(file, path)) {
      Handle dataset(H5Dopen2(file, path.c_str(), H5P_DEFAULT), H5Dclose);
      if (dataset.valid()) return dataset;
    }
    const std::vector<std::string> all = hdf5::datasets(file);
    if (all.empty()) fail(path, "the file holds no variables");
    const auto close = nearest(path, all);
    fail(path, "there is no such variable; the file has " + list(all), close ? "did you mean " + *close + "?" : "");
  }

  std::vector<Index> shape(hid_t dataset) const {
    const std::vector<hsize_t> extents = hdf5::extents(dataset);
    return {extents.begin(), extents.end()};
  }

  void require_numeric(hid_t dataset, const std::string& variable) const {
    const Handle type(H5Dget_type(dataset), H5Tclose);
    const H5T_class_t kind = H5Tget_class(type);
    if (kind != H5T_FLOAT && kind != H5T_INTEGER)
      fail(variable, "it does not hold numbers", "store it as double, float or integer");
  }

  // [values of one frame x frames], or of count frames from only on, of a numeric dataset with at least one dimension and
  // one value.
  Eigen::MatrixXd values(hid_t dataset, const std::string& variable, Index only = -1, Index count = 1) const {
    require_numeric(dataset, variable);
    const std::vector<Index> extents = shape(dataset);
    Index frame = 1;
    for (std::size_t axis = 1; axis < extents.size(); ++axis) frame *= extents[axis];
    if (extents.empty()) fail(variable, "it is a single value; a variable has one to four dimensions");
    if (frame * extents[0] == 0) fail(variable, "it is empty: its shape is " + list(extents));
    if (only >= 0 && only + count > extents[0])
      fail(variable, "it has no frame " + std::to_string(only + count - 1) + ", but frames 0 to " +
                         std::to_string(extents[0] - 1));
    hdf5::Selection block{std::vector<hsize_t>(extents.size(), 0), {extents.begin(), extents.end()}};
    if (only >= 0) {
      block.begin[0] = static_cast<hsize_t>(only);
      block.count[0] = static_cast<hsize_t>(count);
    }
    Eigen::MatrixXd result(frame, static_cast<Index>(block.count[0]));
    if (!hdf5::read(dataset, block, result.data(), false))
      fail(variable, "it cannot be read (" + hdf5::last_error() + ")");
    decode(dataset, result);
    return result;
  }

  void require_finite(const Eigen::MatrixXd& values, const std::vector<Index>& extents, const std::string& variable,
                      bool missing_allowed, Index first_frame = 0) const {
    for (Index i = 0; i < values.size(); ++i) {
      const double value = values.data()[i];
      if (std::isfinite(value) || (missing_allowed && std::isnan(value))) continue;
      fail(variable,
           std::string(std::isnan(value) ? "a value is missing or NaN" : "a value is infinite") + " at " +
               position(i + first_frame * values.rows(), extents),
           missing_allowed ? "missing values are allowed here, infinite ones are not" : "every value must be finite");
    }
  }
};

DataFile::DataFile(const std::filesystem::path& path) : state_(std::make_unique<State>()) {
  const hdf5::QuietErrors quiet;
  state_->name = path.string();
  if (::access(path.c_str(), R_OK) != 0)
    throw Error(Fault::input, state_->name,
                std::string("the data file cannot be opened (") + std::strerror(errno) + ")");
  if (std::filesystem::is_directory(path))
    throw Error(Fault::input, state_->name, "it is a directory, not a data file");
  state_->file = Handle(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (!state_->file.valid())
    throw Error(Fault::input, state_->name, "it is not an HDF5 or netCDF-4 file, or damaged",
                "a classic netCDF file becomes one by nccopy -k netCDF-4");
}

DataFile::DataFile(DataFile&&) noexcept = default;
DataFile& DataFile::operator=(DataFile&&) noexcept = default;
DataFile::~DataFile() = default;

std::vector<std::string> DataFile::variables() const {
  const hdf5::QuietErrors quiet;
  std::vector<std::string> names = hdf5::datasets(state_->file);
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<Index> DataFile::shape(const std::string& variable) const {
  const hdf5::QuietErrors quiet;
  return state_->shape(state_->open(variable));
}

DataVariable DataFile::read(const std::string& variable, const DataExpectation& expected) const {
  const hdf5::QuietErrors quiet;
  const Handle dataset = state_->open(variable);
  state_->require_numeric(dataset, variable);
  DataVariable result;
  result.shape = state_->shape(dataset);
  if (result.shape.size() > 4)
    state_->fail(variable, "it has " + std::to_string(result.shape.size()) + " dimensions; at most four are expected");
  if (!expected.shape.empty() && !fits(result.shape, expected.shape))
    state_->fail(variable, "its shape is " + list(result.shape) + ", expected is " + list(expected.shape));
  result.frames = state_->values(dataset, variable, expected.frame);
  state_->require_finite(result.frames, result.shape, variable, expected.missing_allowed,
                         std::max<Index>(expected.frame, 0));
  for (const std::string& scale : hdf5::scales(dataset))
    result.dimensions.push_back(scale.substr(scale.rfind('/') + 1));
  try {
    result.units = hdf5::text_attribute(dataset, "units", state_->name);
  } catch (const Error&) {  // no units, or units that are no text: the file does not say
  }
  return result;
}

Eigen::MatrixXd DataFile::frames(const std::string& variable, Index first, Index count) const {
  require(first >= 0 && count >= 1, "frames are counted from 0, and at least one is read");
  const hdf5::QuietErrors quiet;
  auto found = state_->kept.find(variable);
  if (found == state_->kept.end()) found = state_->kept.emplace(variable, state_->open(variable)).first;
  Eigen::MatrixXd values = state_->values(found->second, variable, first, count);
  if (!values.allFinite()) state_->require_finite(values, state_->shape(found->second), variable, false, first);
  return values;
}

std::string DataFile::text(const std::string& attribute) const {
  const hdf5::QuietErrors quiet;
  try {
    const Handle root(H5Gopen2(state_->file, "/", H5P_DEFAULT), H5Gclose);
    return hdf5::has_attribute(root, attribute) ? hdf5::text_attribute(root, attribute, state_->name) : "";
  } catch (const Error&) {  // it is no text
    return {};
  }
}

Eigen::VectorXd DataFile::time(const std::string& variable) const {
  const hdf5::QuietErrors quiet;
  const Handle dataset = state_->open(variable);
  const std::vector<Index> extents = state_->shape(dataset);
  if (extents.empty()) state_->fail(variable, "it is a single value and has no time");
  // Any other scale, e.g. a running number of the observation, would be a plausible but wrong time.
  std::string path = hdf5::scales(dataset).front();
  const std::string name = path.substr(path.rfind('/') + 1);
  if ((name != "time" && name != "t") || hdf5::is_bare_scale(state_->open(path))) {
    const std::string group = hdf5::parent(State::absolute(variable));
    path = (group == "/" ? "" : group) + "/time";
    if (!hdf5::exists(state_->file, path))
      state_->fail(variable,
                   "it has no time: its first dimension is not called time or t, and there is no variable " + path,
                   "store the time of every frame, strictly increasing, as " + path);
  }
  const Handle coordinate = state_->open(path);
  const Eigen::MatrixXd time = state_->values(coordinate, path);
  if (time.rows() != 1)
    state_->fail(
        path, "its shape is " + list(state_->shape(coordinate)) + ", expected is [" + std::to_string(extents[0]) + "]");
  if (time.cols() != extents[0])
    state_->fail(path, "it has " + std::to_string(time.cols()) + " times, but " + variable + " has " +
                           std::to_string(extents[0]) + " frames");
  state_->require_finite(time, {time.cols()}, path, false);
  for (Index i = 1; i < time.cols(); ++i)
    if (!(time(0, i) > time(0, i - 1)))
      state_->fail(path,
                   "time does not increase at " + position(i, {time.cols()}) + ": " + std::to_string(time(0, i - 1)) +
                       " is followed by " + std::to_string(time(0, i)),
                   "sort the frames by time and remove duplicates");
  return time.row(0).transpose();
}

}  // namespace semiflow
