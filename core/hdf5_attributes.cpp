#include "hdf5_attributes.hpp"

#include <algorithm>

namespace semiflow::hdf5 {

namespace {

// A fixed-length string. Its bytes are kept as they are: the same type is used in memory and in the file.
Handle text_type(std::size_t size) {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type, std::max<std::size_t>(size, 1));
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

std::string name_of(const std::string& where, const std::string& name) { return where + ", attribute " + name; }

void create(hid_t object, const std::string& name, hid_t type, const void* value, const std::string& where) {
  const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const Handle attribute(H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  check(attribute.valid(), name_of(where, name), "cannot create it");
  check(H5Awrite(attribute, type, value) >= 0, name_of(where, name), "cannot write it");
}

Handle open(hid_t object, const std::string& name, const std::string& where) {
  if (!has_attribute(object, name)) throw Error(Fault::input, name_of(where, name), "there is no such attribute");
  Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose);
  check(attribute.valid(), name_of(where, name), "cannot open it");
  return attribute;
}

Handle open(hid_t object, const std::string& name, H5T_class_t kind, const char* kind_name, const std::string& where) {
  Handle attribute = open(object, name, where);
  const Handle type(H5Aget_type(attribute), H5Tclose), space(H5Aget_space(attribute), H5Sclose);
  if (H5Tget_class(type) != kind || H5Sget_simple_extent_npoints(space) != 1)
    throw Error(Fault::input, name_of(where, name), std::string("it is not ") + kind_name);
  return attribute;
}

}  // namespace

void create_attribute(hid_t object, const std::string& name, std::string_view text, Index capacity,
                      const std::string& where) {
  std::string padded(text);
  padded.resize(std::max({padded.size(), static_cast<std::size_t>(std::max<Index>(capacity, 0)), std::size_t{1}}));
  create(object, name, text_type(padded.size()), padded.data(), where);
}

void create_attribute(hid_t object, const std::string& name, double value, const std::string& where) {
  create(object, name, H5T_NATIVE_DOUBLE, &value, where);
}

void create_attribute(hid_t object, const std::string& name, Index value, const std::string& where) {
  create(object, name, H5T_NATIVE_INT64, &value, where);
}

void change_attribute(hid_t object, const std::string& name, std::string_view text, const std::string& where) {
  const Handle attribute = open(object, name, H5T_STRING, "a text", where);
  const Handle type(H5Aget_type(attribute), H5Tclose);
  std::string padded(text);
  if (H5Tis_variable_str(type) > 0 || padded.size() > H5Tget_size(type))
    throw Error(
        Fault::input, name_of(where, name),
        "a text of " + std::to_string(text.size()) + " bytes does not fit its " + std::to_string(H5Tget_size(type)),
        "create it with a larger capacity");
  padded.resize(H5Tget_size(type));
  check(H5Awrite(attribute, type, padded.data()) >= 0, name_of(where, name), "cannot write it");
}

void change_attribute(hid_t object, const std::string& name, double value, const std::string& where) {
  const Handle attribute = open(object, name, H5T_FLOAT, "a real number", where);
  check(H5Awrite(attribute, H5T_NATIVE_DOUBLE, &value) >= 0, name_of(where, name), "cannot write it");
}

void change_attribute(hid_t object, const std::string& name, Index value, const std::string& where) {
  const Handle attribute = open(object, name, H5T_INTEGER, "a whole number", where);
  check(H5Awrite(attribute, H5T_NATIVE_INT64, &value) >= 0, name_of(where, name), "cannot write it");
}

std::string text_attribute(hid_t object, const std::string& name, const std::string& where) {
  const Handle attribute = open(object, name, H5T_STRING, "a text", where);
  const Handle type(H5Aget_type(attribute), H5Tclose);
  std::string text;
  if (H5Tis_variable_str(type) > 0) {
    char* pointer = nullptr;
    check(H5Aread(attribute, type, &pointer) >= 0, name_of(where, name), "cannot read it");
    if (pointer != nullptr) text = pointer;
    H5free_memory(pointer);
    return text;
  }
  text.resize(H5Tget_size(type));
  check(H5Aread(attribute, type, text.data()) >= 0, name_of(where, name), "cannot read it");
  text.erase(text.find_last_not_of('\0') + 1);
  return text;
}

double double_attribute(hid_t object, const std::string& name, const std::string& where) {
  double value = 0;
  const Handle attribute = open(object, name, H5T_FLOAT, "a real number", where);
  check(H5Aread(attribute, H5T_NATIVE_DOUBLE, &value) >= 0, name_of(where, name), "cannot read it");
  return value;
}

Index index_attribute(hid_t object, const std::string& name, const std::string& where) {
  Index value = 0;
  const Handle attribute = open(object, name, H5T_INTEGER, "a whole number", where);
  check(H5Aread(attribute, H5T_NATIVE_INT64, &value) >= 0, name_of(where, name), "cannot read it");
  return value;
}

bool has_attribute(hid_t object, const std::string& name) { return H5Aexists(object, name.c_str()) > 0; }

std::vector<std::string> attributes(hid_t object) {
  std::vector<std::string> names;
  const auto add = [](hid_t, const char* name, const H5A_info_t*, void* result) -> herr_t {
    static_cast<std::vector<std::string>*>(result)->push_back(name);
    return 0;
  };
  hsize_t from = 0;
  if (H5Aiterate2(object, H5_INDEX_CRT_ORDER, H5_ITER_INC, &from, add, &names) < 0) {
    names.clear();
    H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, &(from = 0), add, &names);
  }
  return names;
}

}  // namespace semiflow::hdf5
