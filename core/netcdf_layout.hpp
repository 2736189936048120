// Private to core: how groups, dimensions and variables are laid out so that netCDF-4 understands them.
#pragma once
#include "hdf5_handle.hpp"

namespace semiflow::hdf5 {

/// Properties that every file and group shares: links and attributes in the order of their creation, and
/// no times, so that identical runs give identical files.
Handle group_properties(hid_t property_class);
/// Properties of a dataset that lies in one piece and has its place on the disk from the start: writing data
/// then never touches the file's structure. Not filled.
Handle dataset_properties();

/// Creates a dataset; Error(Fault::run) if that fails.
Handle create_dataset(hid_t file, const std::string& path, hid_t type, const std::vector<hsize_t>& extents,
                      hid_t properties, const std::string& where);

/// The group that holds path: "/truth" for "/truth/u", "/" for "/u".
std::string parent(const std::string& path);

/// The path of the dimension that a name means in a group: its own, or that of the nearest group above.
/// Empty if there is none.
std::string find_dimension(hid_t file, std::string group, const std::string& name);

/// Ties dimension number axis of a variable to the dimension scale at scale_path.
void attach(hid_t file, hid_t variable, const std::string& scale_path, unsigned axis, const std::string& where);
/// Makes a one-dimensional dataset the coordinate variable of its dimension.
void make_scale(hid_t dataset, const std::string& name, const std::string& where);

/// Makes it a dimension that has no coordinates, which netCDF marks by the scale's name.
void make_bare_scale(hid_t dataset, const std::string& where);
/// True for a dataset that only stands for such a dimension.
bool is_bare_scale(hid_t dataset);
/// Makes copy a scale of the same kind and name if dataset is one.
void copy_scale(hid_t dataset, hid_t copy, const std::string& where);

/// The paths of all datasets, depth first, in the order of creation.
std::vector<std::string> datasets(hid_t file);
/// The paths of the dimension scales of a dataset, outermost first; "" where there is none.
std::vector<std::string> scales(hid_t dataset);
std::string path_of(hid_t object);

}  // namespace semiflow::hdf5
