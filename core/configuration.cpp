#include <algorithm>
#include <semiflow/core/configuration.hpp>
#include <semiflow/core/nearest.hpp>

#include "toml_value.hpp"

namespace semiflow {

using namespace toml_reading;

namespace {

using Names = std::vector<std::string>;

std::string listed(std::span<const std::string> names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

const toml::node* ask(const TomlTable& table, std::string_view key) {
  Asked& asked = table.asked();
  asked.known.emplace(key);
  asked.read.emplace(key);
  return table.values->get(key);
}

// A key that is missing may stand in the file under a name that nobody knows.
const toml::node& ask_required(const TomlTable& table, std::string_view key, std::string_view wanted, bool section) {
  if (const toml::node* node = ask(table, key)) return *node;
  Names unknown;
  for (const auto& [name, value] : *table.values) {
    if (value.is_table() == section && !table.asked().known.contains(name.str())) unknown.emplace_back(name.str());
  }
  const std::string path = (table.path.empty() ? "" : table.path + '.') + std::string(key);
  const std::string problem = section ? "section [" + path + "] is missing" : label(table, key) + " is missing";
  std::string remedy = section ? "add it" : "add " + std::string(key) + " = " + std::string(wanted);
  // Names of one or two characters are near to each other and yet all meant.
  const auto near = key.size() > 2 ? nearest(key, unknown) : std::nullopt;
  if (near) remedy += ", or is it '" + *near + "' (" + table.document->where(*table.values->get(*near)) + ")?";
  throw input_error(table.document->where(*table.values), problem, remedy);
}

template <class T>
T required(const TomlTable& table, std::string_view key) {
  return read_value<T>(table, label(table, key),
                       ask_required(table, key, "<" + std::string(Reader<T>::wanted) + ">", false));
}

template <class T>
std::optional<T> if_present(const TomlTable& table, std::string_view key) {
  const toml::node* node = ask(table, key);
  return node ? std::optional(read_value<T>(table, label(table, key), *node)) : std::nullopt;
}

template <class T>
std::vector<T> read_array(const TomlTable& table, std::string_view key, const toml::node& node) {
  const toml::array* array = node.as_array();
  if (!array) {
    const std::string problem = label(table, key) + " must be an array, and is " + describe(node);
    throw input_error(table.document->where(node), problem, "write it in square brackets");
  }
  std::vector<T> values;
  for (const toml::node& element : *array) {
    const std::string what = "element " + std::to_string(values.size()) + " of " + label(table, key);
    values.push_back(read_value<T>(table, what, element));
  }
  return values;
}

template <class T>
std::vector<T> required_array(const TomlTable& table, std::string_view key) {
  const std::string wanted = "[<" + std::string(Reader<T>::wanted) + ">, ...]";
  return read_array<T>(table, key, ask_required(table, key, wanted, false));
}

template <class T>
std::vector<T> array_or(const TomlTable& table, std::string_view key, std::vector<T> fallback) {
  const toml::node* node = ask(table, key);
  return node ? read_array<T>(table, key, *node) : std::move(fallback);
}

template <class T>
T in_range(const TomlTable& table, std::string_view key, T value, const Range& range) {
  const auto number = static_cast<double>(value);
  if (range.contains(number)) return value;
  const std::string shown = std::is_same_v<T, double> ? digits(number) : std::to_string(value);
  const std::string problem = label(table, key) + " is " + shown + ", and must be " + range.text();
  throw input_error(table.document->where(*table.values->get(key)), problem);
}

Table sub_table(const TomlTable& table, std::string_view key, const toml::node& node) {
  const std::string path = (table.path.empty() ? "" : table.path + '.') + std::string(key);
  const toml::table* values = node.as_table();
  if (!values) {
    const std::string problem = label(table, key) + " must be a table, and is " + describe(node);
    throw input_error(table.document->where(node), problem, "write it once, as [" + path + "]");
  }
  return Table(std::make_shared<const TomlTable>(
      TomlTable{.document = table.document, .values = values, .path = path, .name = "[" + path + "]"}));
}

}  // namespace

bool Table::has(std::string_view key) const {
  data_->asked().known.emplace(key);
  return data_->values->contains(key);
}

double Table::number(std::string_view key) const { return required<double>(*data_, key); }
double Table::number(std::string_view key, double fallback) const {
  return if_present<double>(*data_, key).value_or(fallback);
}
double Table::number(std::string_view key, const Range& range) const {
  return in_range(*data_, key, number(key), range);
}
double Table::number(std::string_view key, double fallback, const Range& range) const {
  const auto value = if_present<double>(*data_, key);
  return value ? in_range(*data_, key, *value, range) : fallback;
}

Index Table::integer(std::string_view key) const { return required<Index>(*data_, key); }
Index Table::integer(std::string_view key, Index fallback) const {
  return if_present<Index>(*data_, key).value_or(fallback);
}
Index Table::integer(std::string_view key, const Range& range) const {
  return in_range(*data_, key, integer(key), range);
}
Index Table::integer(std::string_view key, Index fallback, const Range& range) const {
  const auto value = if_present<Index>(*data_, key);
  return value ? in_range(*data_, key, *value, range) : fallback;
}

bool Table::boolean(std::string_view key) const { return required<bool>(*data_, key); }
bool Table::boolean(std::string_view key, bool fallback) const {
  return if_present<bool>(*data_, key).value_or(fallback);
}

std::string Table::text(std::string_view key) const { return required<std::string>(*data_, key); }
std::string Table::text(std::string_view key, std::string fallback) const {
  return if_present<std::string>(*data_, key).value_or(std::move(fallback));
}

std::string Table::choice(std::string_view key, std::span<const std::string_view> allowed,
                          std::optional<std::string> fallback) const {
  const Names words(allowed.begin(), allowed.end());
  if (fallback && !has(key)) {
    ask(*data_, key);  // so that it counts as read
    return *fallback;
  }
  const std::string word = read_value<std::string>(*data_, label(*data_, key),
                                                   ask_required(*data_, key, "<one of " + listed(words) + ">", false));
  if (std::ranges::find(words, word) != words.end()) return word;
  const auto near = nearest(word, words);
  const std::string remedy = near ? "did you mean " + in_quotes(*near) + "? allowed: " : "allowed: ";
  throw error(key, label(*data_, key) + " cannot be " + in_quotes(word), remedy + listed(words));
}
std::string Table::choice(std::string_view key, std::initializer_list<std::string_view> allowed,
                          std::optional<std::string> fallback) const {
  return choice(key, std::span(allowed.begin(), allowed.size()), std::move(fallback));
}

std::vector<double> Table::numbers(std::string_view key) const { return required_array<double>(*data_, key); }
std::vector<double> Table::numbers(std::string_view key, std::vector<double> fallback) const {
  return array_or(*data_, key, std::move(fallback));
}
std::vector<Index> Table::integers(std::string_view key) const { return required_array<Index>(*data_, key); }
std::vector<Index> Table::integers(std::string_view key, std::vector<Index> fallback) const {
  return array_or(*data_, key, std::move(fallback));
}
Names Table::texts(std::string_view key) const { return required_array<std::string>(*data_, key); }
Names Table::texts(std::string_view key, Names fallback) const { return array_or(*data_, key, std::move(fallback)); }

Table Table::table(std::string_view key) const { return sub_table(*data_, key, ask_required(*data_, key, {}, true)); }

std::optional<Table> Table::optional_table(std::string_view key) const {
  const toml::node* node = ask(*data_, key);
  return node ? std::optional(sub_table(*data_, key, *node)) : std::nullopt;
}

std::vector<Table> Table::tables(std::string_view key) const {
  const toml::node* node = ask(*data_, key);
  if (!node) return {};
  const std::string path = (data_->path.empty() ? "" : data_->path + '.') + std::string(key);
  const toml::array* array = node->as_array();
  if (!array)
    throw error(key, label(*data_, key) + " must be an array of tables, and is " + describe(*node),
                "write [[" + path + "]]");
  std::vector<Table> result;
  for (const toml::node& element : *array) {
    const std::string entry = std::to_string(result.size());
    if (!element.is_table())
      throw input_error(data_->document->where(element), "element " + entry + " of " + label(*data_, key) +
                                                             " must be a table, and is " + describe(element));
    result.emplace_back(std::make_shared<const TomlTable>(TomlTable{.document = data_->document,
                                                                    .values = element.as_table(),
                                                                    .path = path,
                                                                    .name = "[[" + path + "]] entry " + entry}));
  }
  return result;
}

Names Table::keys() const {
  Names keys;
  for (const auto& [key, value] : *data_->values) keys.emplace_back(key.str());
  return keys;
}

std::string Table::name() const { return data_->name; }

std::string Table::where(std::string_view key) const {
  const toml::node* node = data_->values->get(key);
  return data_->document->where(node ? *node : *data_->values);
}

Error Table::error(std::string_view key, std::string_view problem, std::string_view remedy) const {
  return input_error(where(key), problem, remedy);
}

void Table::finish() const {
  const Asked& asked = data_->asked();
  const toml::node* first = nullptr;
  std::string key;
  for (const auto& [name, value] : *data_->values) {
    if (asked.read.contains(name.str())) continue;
    if (first && first->source().begin.line <= value.source().begin.line) continue;
    first = &value;
    key = name.str();
  }
  if (!first) return;
  const bool section = first->is_table() || first->is_array_of_tables();
  const std::string path = (data_->path.empty() ? "" : data_->path + '.');
  const auto called = [&](const std::string& name) { return section ? "[" + path + name + "]" : "'" + name + "'"; };
  std::string problem = section ? "unknown section " + called(key) : "unknown key " + label(*data_, key);
  // The key means something, but not together with what else the file says: has() knew it and nobody took it.
  if (asked.known.contains(key)) throw error(key, label(*data_, key) + " has no use here", "remove it");
  const Names known(asked.known.begin(), asked.known.end());
  if (const auto near = nearest(key, known)) throw error(key, problem, "did you mean " + called(*near) + "?");
  throw error(key, problem, known.empty() ? "nothing is expected here" : "known here: " + listed(known));
}

}  // namespace semiflow
