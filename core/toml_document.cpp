#include <algorithm>
#include <cctype>
#include <charconv>

#include "toml_value.hpp"

namespace semiflow::toml_reading {

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool space = c == ' ' || static_cast<unsigned char>(c) < ' ' || c == '\x7f';
    if (!space) line += c;
    if (space && !line.empty() && line.back() != ' ') line += ' ';
  }
  return line;
}

namespace {

std::string clipped(std::string_view text) {
  constexpr std::size_t longest = 60;
  std::string line = one_line(text);
  if (line.size() <= longest) return line;
  std::size_t end = longest;
  while ((static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;  // not inside a UTF-8 character
  return line.substr(0, end) + "...";
}

std::string text_of_line(std::string_view text, std::size_t number) {
  // Past the end the last line stays: npos + 1 is 0.
  for (std::size_t i = 1; i < number; ++i) text.remove_prefix(text.find('\n') + 1);
  return std::string(text.substr(0, text.find('\n')));
}

bool value_starts_with_letter(std::string_view line) {
  const std::size_t equals = std::min(line.find('='), line.size() - 1);
  const std::size_t value = line.find_first_not_of(" \t=", equals);
  return value != std::string_view::npos && std::isalpha(static_cast<unsigned char>(line[value])) != 0;
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

Error syntax_error(const toml::parse_error& error, std::string_view where, std::string_view line) {
  const std::string said = one_line(error.description());
  if (contains(said, "utf-8")) return {Fault::input, where, "the text is not valid UTF-8", "is this a text file?"};
  constexpr std::string_view start = "Error while parsing ";
  const std::string problem =
      said.starts_with(start) ? "not valid TOML, in a " + said.substr(start.size()) : "not valid TOML: " + said;
  if (contains(said, "cannot redefine existing")) return {Fault::input, where, problem, "remove one of the two"};
  if (value_starts_with_letter(line))
    return {Fault::input, where, problem, "put a text in quotes, and write true and false in small letters"};
  return {Fault::input, where, problem};
}

}  // namespace

std::string in_quotes(std::string_view text) { return '"' + clipped(text) + '"'; }

std::string digits(double value) {
  char buffer[32];
  const auto end = std::to_chars(std::begin(buffer), std::end(buffer), value).ptr;
  return {buffer, end};
}

std::string describe(const toml::node& node) {
  if (const auto* text = node.as_string()) return "the text " + in_quotes(text->get());
  if (const auto* integer = node.as_integer()) return "the integer " + std::to_string(integer->get());
  if (const auto* number = node.as_floating_point()) {
    const std::string shortest = digits(number->get());
    return "the number " + shortest + (shortest.find_first_of(".en") == std::string::npos ? ".0" : "");
  }
  if (const auto* boolean = node.as_boolean()) return boolean->get() ? "true" : "false";
  if (node.is_table()) return "a table";
  if (node.is_array_of_tables()) return "an array of tables";
  return node.is_array() ? "an array" : "a date or time";
}

bool text_reads_as(const toml::node& node, bool (*wanted)(const toml::node&)) {
  if (!node.is_string()) return false;
  try {
    const toml::table parsed = toml::parse("value = " + node.as_string()->get());
    return parsed.size() == 1 && wanted(*parsed.get("value"));
  } catch (const toml::parse_error&) {
    return false;
  }
}

TomlDocument parse_toml(const std::string& text, const std::string& file) {
  TomlDocument document{.file = file, .root = {}, .overridden = {}, .asked = {}};
  try {
    document.root = toml::parse(text);
  } catch (const toml::parse_error& error) {
    const auto line = error.source().begin.line;
    throw syntax_error(error, one_line(file) + ':' + std::to_string(line), text_of_line(text, line));
  }
  if (document.root.empty()) throw Error(Fault::input, one_line(file) + ":1", "the file is empty");
  return document;
}

namespace {

// The value of an override, or none if it is neither TOML nor a bare word.
toml::table parse_value(std::string_view value, const std::string& where) {
  const bool bare_word = value.find_first_of(" \t'\"[]{},#=") == std::string_view::npos;
  std::string assignment = "value = " + std::string(value);
  try {
    return toml::parse(assignment);
  } catch (const toml::parse_error& error) {
    if (!bare_word) throw syntax_error(error, where, {});
  }
  assignment = "value = '" + std::string(value) + "'";
  try {
    return toml::parse(assignment);
  } catch (const toml::parse_error& error) {
    throw syntax_error(error, where, {});
  }
}

// Where the value of an override begins: the first '=' that is not part of a quoted name.
std::size_t find_equals(std::string_view setting) {
  char quote = 0;
  for (std::size_t i = 0; i < setting.size(); ++i) {
    const char c = setting[i];
    if (quote == '"' && c == '\\')
      ++i;
    else if (quote != 0)
      quote = c == quote ? 0 : quote;
    else if (c == '"' || c == '\'')
      quote = c;
    else if (c == '=')
      return i;
  }
  return setting.find('=');  // a quote stays open: let the name be refused, not the whole
}

// Splits the key a.b."c d" into its names, as TOML does.
std::vector<std::string> split_path(std::string_view path, const std::string& where) {
  std::vector<std::string> names;
  try {
    const toml::table parsed = toml::parse(std::string(path) + " = 0");
    for (const toml::table* table = &parsed; table && !table->empty();) {
      const auto entry = table->begin();
      names.emplace_back(entry->first.str());
      table = entry->second.as_table();
    }
  } catch (const toml::parse_error&) {  // names holds nothing
  }
  if (names.empty())
    throw Error(Fault::input, where, in_quotes(path) + " is not the name of a key", "write --set section.key=value");
  return names;
}

void mark(TomlDocument& document, const toml::node& node, const std::string& setting) {
  document.overridden[&node] = setting;
  if (const auto* table = node.as_table()) {
    for (const auto& [key, value] : *table) mark(document, value, setting);
  } else if (const auto* array = node.as_array()) {
    for (const toml::node& element : *array) mark(document, element, setting);
  }
}

}  // namespace

void apply_override(TomlDocument& document, const std::string& setting) {
  const std::string where = "--set " + clipped(setting);
  if (std::ranges::any_of(setting, [](unsigned char c) { return c < ' ' && c != '\t'; }))
    throw Error(Fault::input, where, "an override is one line without control characters");
  const std::size_t equals = find_equals(setting);
  if (equals == std::string::npos)
    throw Error(Fault::input, where, "an override needs '='", "write --set section.key=value");
  const std::vector<std::string> names = split_path(std::string_view(setting).substr(0, equals), where);
  const std::string value = one_line(std::string_view(setting).substr(equals + 1));
  if (value.empty()) throw Error(Fault::input, where, "the value is missing", "an empty text is \"\"");

  toml::table* table = &document.root;
  std::string path;
  for (std::size_t i = 0; i + 1 < names.size(); ++i) {
    path += (path.empty() ? "" : ".") + names[i];
    if (!table->contains(names[i])) mark(document, table->insert(names[i], toml::table{}).first->second, setting);
    toml::node& node = *table->get(names[i]);
    if (!node.is_table())
      throw Error(Fault::input, where,
                  "'" + path + "' is " + describe(node) + " and has no key '" + names[i + 1] + "'");
    table = node.as_table();
  }
  const std::string& key = names.back();
  const toml::node* old = table->get(key);
  if (old && (old->is_table() || old->is_array_of_tables()))
    throw Error(Fault::input, where, "'" + key + "' is " + describe(*old) + " and cannot be replaced by an override",
                old->is_table() ? "set its keys one by one" : "change it in the file");
  const toml::table parsed = parse_value(value, where);
  mark(document, table->insert_or_assign(key, *parsed.get("value")).first->second, setting);
}

}  // namespace semiflow::toml_reading

namespace semiflow {

std::string TomlDocument::where(const toml::node& node) const {
  const auto found = overridden.find(&node);
  if (found != overridden.end()) return "--set " + toml_reading::clipped(found->second);
  return toml_reading::one_line(file) + ':' + std::to_string(std::max<toml::source_index>(node.source().begin.line, 1));
}

}  // namespace semiflow
