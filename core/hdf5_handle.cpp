#include "hdf5_handle.hpp"

#include <algorithm>

namespace semiflow::hdf5 {

std::string last_error() {
  std::string text;
  const auto keep_last = [](unsigned, const H5E_error2_t* error, void* result) -> herr_t {
    if (error->desc != nullptr && *error->desc != '\0') *static_cast<std::string*>(result) = error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_last, &text);  // from the call inwards
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

void check(bool ok, const std::string& where, const std::string& problem) {
  if (ok) return;
  const std::string reason = last_error();
  throw Error(Fault::run, where, reason.empty() ? problem : problem + " (" + reason + ")",
              "check the disk's free space and the file's permissions");
}

Handle parallel_access(const Communicator& comm) {
  Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fapl_mpio(access, comm.get(), MPI_INFO_NULL);
  return access;
}

Handle transfer(bool collective) {
  Handle list(H5Pcreate(H5P_DATASET_XFER), H5Pclose);
  H5Pset_dxpl_mpio(list, collective ? H5FD_MPIO_COLLECTIVE : H5FD_MPIO_INDEPENDENT);
  return list;
}

std::vector<hsize_t> extents(hid_t dataset) {
  const Handle space(H5Dget_space(dataset), H5Sclose);
  std::vector<hsize_t> result(static_cast<std::size_t>(std::max(0, H5Sget_simple_extent_ndims(space))));
  H5Sget_simple_extent_dims(space, result.data(), nullptr);
  return result;
}

namespace {

struct Spaces {
  Handle file, memory;
};

Spaces select(hid_t dataset, const Selection& block) {
  hsize_t size = 1;
  for (const hsize_t n : block.count) size *= n;
  Spaces spaces{{H5Dget_space(dataset), H5Sclose}, {H5Screate_simple(1, &size, nullptr), H5Sclose}};
  if (size == 0) {
    H5Sselect_none(spaces.file);
    H5Sselect_none(spaces.memory);
  } else if (!block.count.empty()) {
    H5Sselect_hyperslab(spaces.file, H5S_SELECT_SET, block.begin.data(), nullptr, block.count.data(), nullptr);
  }
  return spaces;
}

}  // namespace

bool write(hid_t dataset, const Selection& block, const double* values, bool collective) {
  const Spaces spaces = select(dataset, block);
  const Handle list = transfer(collective);
  return H5Dwrite(dataset, H5T_NATIVE_DOUBLE, spaces.memory, spaces.file, list, values) >= 0;
}

bool read(hid_t dataset, const Selection& block, double* values, bool collective) {
  const Spaces spaces = select(dataset, block);
  const Handle list = transfer(collective);
  return H5Dread(dataset, H5T_NATIVE_DOUBLE, spaces.memory, spaces.file, list, values) >= 0;
}

bool exists(hid_t file, const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (part != "/" && !part.empty() && H5Lexists(file, part.c_str(), H5P_DEFAULT) <= 0) return false;
    if (end == std::string::npos) return true;
  }
}

std::vector<std::string> links(hid_t group) {
  std::vector<std::string> names;
  const auto add = [](hid_t, const char* name, const H5L_info_t*, void* result) -> herr_t {
    static_cast<std::vector<std::string>*>(result)->push_back(name);
    return 0;
  };
  hsize_t from = 0;
  if (H5Literate(group, H5_INDEX_CRT_ORDER, H5_ITER_INC, &from, add, &names) < 0) {
    names.clear();
    H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, &(from = 0), add, &names);
  }
  return names;
}

}  // namespace semiflow::hdf5
