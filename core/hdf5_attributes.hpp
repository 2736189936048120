// Private to core.
#pragma once
#include <string>
#include <string_view>

#include "hdf5_handle.hpp"

namespace semiflow::hdf5 {

/// Creates an attribute of fixed size: at least capacity bytes for a text. where goes into errors.
void create_attribute(hid_t object, const std::string& name, std::string_view text, Index capacity,
                      const std::string& where);
void create_attribute(hid_t object, const std::string& name, double value, const std::string& where);
void create_attribute(hid_t object, const std::string& name, Index value, const std::string& where);

/// Changes the value of an existing attribute in place. Error(Fault::input) if the kind differs or the
/// text does not fit.
void change_attribute(hid_t object, const std::string& name, std::string_view text, const std::string& where);
void change_attribute(hid_t object, const std::string& name, double value, const std::string& where);
void change_attribute(hid_t object, const std::string& name, Index value, const std::string& where);

/// Readers; Error(Fault::input) if the attribute is missing or of another kind.
std::string text_attribute(hid_t object, const std::string& name, const std::string& where);
double double_attribute(hid_t object, const std::string& name, const std::string& where);
Index index_attribute(hid_t object, const std::string& name, const std::string& where);

bool has_attribute(hid_t object, const std::string& name);
/// The names of an object's attributes, in the order of their creation.
std::vector<std::string> attributes(hid_t object);

}  // namespace semiflow::hdf5
