#pragma once
#include <toml++/toml.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

// Private to the configuration's sources: the only place, with them, that knows toml++.

namespace semiflow {

/// What the readers of one table have asked for.
struct Asked {
  std::set<std::string, std::less<>> known;  ///< names that have a meaning here
  std::set<std::string, std::less<>> read;   ///< names whose value was taken, or would have been
};

/// A parsed file with its overrides.
struct TomlDocument {
  std::string file;
  toml::table root;
  std::map<const toml::node*, std::string> overridden;  ///< values that did not come from the file
  /// The memory of the tables. It is no part of the document's value, and reading is not for several threads at once.
  mutable std::map<const toml::table*, Asked> asked;

  /// "file.toml:12", or "--set a.b=1".
  std::string where(const toml::node& node) const;
};

/// What a Table points to.
struct TomlTable {
  std::shared_ptr<const TomlDocument> document;
  const toml::table* values;
  std::string path;  ///< "model.grid"; empty for the root
  std::string name;  ///< "[model.grid]"

  Asked& asked() const { return document->asked[values]; }
};

/// A namespace of its own, so that these short names meet nobody else's when the library is linked.
namespace toml_reading {

/// Throws Error(Fault::input) with the line if the text is empty, not UTF-8 or not TOML.
TomlDocument parse_toml(const std::string& text, const std::string& file);

/// Applies "a.b.c=value". Throws Error(Fault::input) if it does not fit into the document.
void apply_override(TomlDocument& document, const std::string& setting);

/// Control characters become spaces, runs of spaces one: whatever a file holds, an error stays on one line.
std::string one_line(std::string_view text);
/// In double quotes, on one line and clipped.
std::string in_quotes(std::string_view text);
/// The shortest digits that read back as the same number.
std::string digits(double value);
/// Type and, if it is short, value: "the text \"1\"", "the integer 3", "an array".
std::string describe(const toml::node& node);

}  // namespace toml_reading

}  // namespace semiflow
