#include "repack.hpp"

#include <algorithm>
#include <set>

#include "hdf5_attributes.hpp"
#include "netcdf_layout.hpp"

namespace semiflow::hdf5 {

namespace {

constexpr hsize_t chunk_bytes = 64 * 1024;
constexpr hsize_t copy_bytes = 8 * 1024 * 1024;

// Attributes that belong to the dimension scales are made anew: they hold addresses in the old file.
bool is_layout(const std::string& name) {
  static const std::set<std::string> names{"CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", compression_attribute};
  return names.contains(name);
}

void copy_attributes(hid_t from, hid_t to, const std::string& where) {
  for (const std::string& name : attributes(from)) {
    if (is_layout(name)) continue;
    const Handle source(H5Aopen(from, name.c_str(), H5P_DEFAULT), H5Aclose);
    const Handle type(H5Aget_type(source), H5Tclose), space(H5Aget_space(source), H5Sclose);
    const Handle copy(H5Acreate2(to, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    std::vector<char> bytes(H5Tget_size(type) * static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
    check(H5Aread(source, type, bytes.data()) >= 0 && H5Awrite(copy, type, bytes.data()) >= 0, where,
          "cannot copy the attribute " + name);
  }
}

// One frame, or as many small ones as fill chunk_bytes; a huge frame is cut along its second dimension.
std::vector<hsize_t> chunk_of(const std::vector<hsize_t>& shape, std::size_t value_bytes) {
  std::vector<hsize_t> chunk = shape;
  hsize_t frame = value_bytes;
  for (std::size_t i = 1; i < shape.size(); ++i) frame *= shape[i];
  chunk[0] = std::clamp<hsize_t>(chunk_bytes / std::max<hsize_t>(1, frame), 1, shape[0]);
  for (std::size_t i = 1; i < shape.size() && frame > copy_bytes; ++i) {
    frame /= shape[i];
    chunk[i] = std::clamp<hsize_t>(copy_bytes / std::max<hsize_t>(1, frame), 1, shape[i]);
    frame *= chunk[i];
  }
  return chunk;
}

void copy_data(hid_t from, hid_t to, hid_t type, const std::vector<hsize_t>& shape, const std::string& where) {
  if (shape.empty()) {
    std::vector<char> value(H5Tget_size(type));
    check(H5Dread(from, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value.data()) >= 0 &&
              H5Dwrite(to, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value.data()) >= 0,
          where, "cannot copy the data");
    return;
  }
  // Whole frames, so that a chunk is compressed once.
  const std::vector<hsize_t> chunk = chunk_of(shape, H5Tget_size(type));
  hsize_t frame = H5Tget_size(type);
  for (std::size_t i = 1; i < shape.size(); ++i) frame *= shape[i];
  const hsize_t step = std::max<hsize_t>(1, copy_bytes / std::max<hsize_t>(1, chunk[0] * frame)) * chunk[0];
  std::vector<char> values(std::min(step, shape[0]) * frame);
  std::vector<hsize_t> begin(shape.size(), 0), count = shape;
  const Handle from_space(H5Dget_space(from), H5Sclose), to_space(H5Dget_space(to), H5Sclose);
  for (; begin[0] < shape[0]; begin[0] += step) {
    count[0] = std::min(step, shape[0] - begin[0]);
    const Handle memory(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), H5Sclose);
    H5Sselect_hyperslab(from_space, H5S_SELECT_SET, begin.data(), nullptr, count.data(), nullptr);
    H5Sselect_hyperslab(to_space, H5S_SELECT_SET, begin.data(), nullptr, count.data(), nullptr);
    check(H5Dread(from, type, memory, from_space, H5P_DEFAULT, values.data()) >= 0 &&
              H5Dwrite(to, type, memory, to_space, H5P_DEFAULT, values.data()) >= 0,
          where, "cannot copy the data");
  }
}

void copy_dataset(hid_t from_file, hid_t to_file, const std::string& path, const std::string& where) {
  const Handle from(H5Dopen2(from_file, path.c_str(), H5P_DEFAULT), H5Dclose);
  const Handle type(H5Dget_type(from), H5Tclose);
  const Handle properties(H5Dget_create_plist(from), H5Pclose);
  const std::vector<hsize_t> shape = extents(from);
  const Index level =
      has_attribute(from, compression_attribute) ? index_attribute(from, compression_attribute, where) : 0;
  if (level > 0 && !shape.empty()) {
    const std::vector<hsize_t> chunk = chunk_of(shape, H5Tget_size(type));
    H5Pset_chunk(properties, static_cast<int>(chunk.size()), chunk.data());
    H5Pset_alloc_time(properties, H5D_ALLOC_TIME_INCR);
    H5Pset_shuffle(properties);
    H5Pset_deflate(properties, static_cast<unsigned>(level));
  }
  const Handle to = create_dataset(to_file, path, type, shape, properties, where);
  copy_scale(from, to, where);
  copy_attributes(from, to, where + ", " + path);
  copy_data(from, to, type, shape, where + ", " + path);
}

void copy_group(hid_t from_file, hid_t to_file, const std::string& path, const std::string& where) {
  const Handle from(H5Gopen2(from_file, path.c_str(), H5P_DEFAULT), H5Gclose);
  const Handle properties = group_properties(H5P_GROUP_CREATE);
  const Handle to(path == "/" ? H5Gopen2(to_file, "/", H5P_DEFAULT)
                              : H5Gcreate2(to_file, path.c_str(), H5P_DEFAULT, properties, H5P_DEFAULT),
                  H5Gclose);
  check(to.valid(), where, "cannot create " + path);
  copy_attributes(from, to, where + ", " + path);
  for (const std::string& name : links(from)) {
    const std::string child = (path == "/" ? "" : path) + "/" + name;
    const Handle object(H5Oopen(from_file, child.c_str(), H5P_DEFAULT), H5Oclose);
    if (H5Iget_type(object) == H5I_GROUP) copy_group(from_file, to_file, child, where);
    if (H5Iget_type(object) == H5I_DATASET) copy_dataset(from_file, to_file, child, where);
  }
}

}  // namespace

void repack(const std::filesystem::path& from_path, const std::filesystem::path& to_path) {
  const Handle from(H5Fopen(from_path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  check(from.valid(), from_path.string(), "cannot read it back to compress it");
  const Handle properties = group_properties(H5P_FILE_CREATE);
  Handle to(H5Fcreate(to_path.c_str(), H5F_ACC_TRUNC, properties, H5P_DEFAULT), H5Fclose);
  check(to.valid(), to_path.string(), "cannot create it");
  copy_group(from, to, "/", to_path.string());
  // All scales exist now; a variable may use one that was made after it.
  for (const std::string& path : datasets(from)) {
    const Handle source(H5Dopen2(from, path.c_str(), H5P_DEFAULT), H5Dclose);
    const Handle copy(H5Dopen2(to, path.c_str(), H5P_DEFAULT), H5Dclose);
    const std::vector<std::string> names = scales(source);
    for (unsigned axis = 0; axis < names.size(); ++axis)
      if (!names[axis].empty() && names[axis] != path) attach(to, copy, names[axis], axis, to_path.string());
  }
  check(H5Fflush(to, H5F_SCOPE_LOCAL) >= 0 && to.close(), to_path.string(), "cannot complete it");
}

}  // namespace semiflow::hdf5
