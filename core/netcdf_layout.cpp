#include "netcdf_layout.hpp"

#include <hdf5_hl.h>

#include <algorithm>

namespace semiflow::hdf5 {

Handle group_properties(hid_t property_class) {
  Handle list(H5Pcreate(property_class), H5Pclose);
  H5Pset_link_creation_order(list, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  H5Pset_attr_creation_order(list, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  H5Pset_obj_track_times(list, false);
  return list;
}

Handle dataset_properties() {
  Handle list(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_layout(list, H5D_CONTIGUOUS);
  H5Pset_alloc_time(list, H5D_ALLOC_TIME_EARLY);
  H5Pset_fill_time(list, H5D_FILL_TIME_NEVER);
  H5Pset_attr_creation_order(list, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  H5Pset_obj_track_times(list, false);
  return list;
}

Handle create_dataset(hid_t file, const std::string& path, hid_t type, const std::vector<hsize_t>& extents,
                      hid_t properties, const std::string& where) {
  const Handle space(extents.empty() ? H5Screate(H5S_SCALAR)
                                     : H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr),
                     H5Sclose);
  Handle dataset(H5Dcreate2(file, path.c_str(), type, space, H5P_DEFAULT, properties, H5P_DEFAULT), H5Dclose);
  check(dataset.valid(), where, "cannot create " + path);
  return dataset;
}

std::string parent(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string find_dimension(hid_t file, std::string group, const std::string& name) {
  for (;; group = parent(group)) {
    const std::string path = (group == "/" ? "" : group) + "/" + name;
    if (exists(file, path)) {
      const Handle object(H5Oopen(file, path.c_str(), H5P_DEFAULT), H5Oclose);
      if (H5Iget_type(object) == H5I_DATASET && H5DSis_scale(object) > 0) return path;
    }
    if (group == "/") return {};
  }
}

void attach(hid_t file, hid_t variable, const std::string& scale_path, unsigned axis, const std::string& where) {
  const Handle scale(H5Dopen2(file, scale_path.c_str(), H5P_DEFAULT), H5Dclose);
  check(scale.valid() && H5DSattach_scale(variable, scale, axis) >= 0, where, "cannot attach " + scale_path);
}

void make_scale(hid_t dataset, const std::string& name, const std::string& where) {
  check(H5DSset_scale(dataset, name.c_str()) >= 0, where, "cannot make a dimension of " + name);
}

namespace {

constexpr const char* bare_scale_name = "This is a netCDF dimension but not a netCDF variable.";

std::string scale_name(hid_t dataset) {
  const ssize_t length = H5DSis_scale(dataset) > 0 ? H5DSget_scale_name(dataset, nullptr, 0) : 0;
  if (length <= 0) return {};
  std::string name(static_cast<std::size_t>(length), '\0');
  H5DSget_scale_name(dataset, name.data(), name.size() + 1);
  return name;
}

}  // namespace

void make_bare_scale(hid_t dataset, const std::string& where) {
  std::string size = std::to_string(extents(dataset).front());
  size.insert(0, 10 - std::min<std::size_t>(10, size.size()), ' ');
  make_scale(dataset, bare_scale_name + size, where);
}

bool is_bare_scale(hid_t dataset) { return scale_name(dataset).starts_with(bare_scale_name); }

void copy_scale(hid_t dataset, hid_t copy, const std::string& where) {
  if (H5DSis_scale(dataset) > 0) make_scale(copy, scale_name(dataset), where);
}

namespace {

void add_datasets(hid_t file, const std::string& group_path, std::vector<std::string>& result) {
  const Handle group(H5Gopen2(file, group_path.c_str(), H5P_DEFAULT), H5Gclose);
  for (const std::string& name : links(group)) {
    const std::string path = (group_path == "/" ? "" : group_path) + "/" + name;
    const Handle object(H5Oopen(file, path.c_str(), H5P_DEFAULT), H5Oclose);
    if (H5Iget_type(object) == H5I_DATASET) result.push_back(path);
    if (H5Iget_type(object) == H5I_GROUP) add_datasets(file, path, result);
  }
}

}  // namespace

std::vector<std::string> datasets(hid_t file) {
  std::vector<std::string> result;
  add_datasets(file, "/", result);
  return result;
}

std::string path_of(hid_t object) {
  std::string path(static_cast<std::size_t>(std::max<ssize_t>(0, H5Iget_name(object, nullptr, 0))), '\0');
  H5Iget_name(object, path.data(), path.size() + 1);
  return path;
}

std::vector<std::string> scales(hid_t dataset) {
  std::vector<std::string> result(extents(dataset).size());
  const auto keep = [](hid_t, unsigned, hid_t scale, void* path) -> herr_t {
    *static_cast<std::string*>(path) = path_of(scale);
    return 1;
  };
  for (unsigned axis = 0; axis < result.size(); ++axis) H5DSiterate_scales(dataset, axis, nullptr, keep, &result[axis]);
  return result;
}

}  // namespace semiflow::hdf5
