#pragma once
#include <cmath>
#include <cstdint>
#include <optional>
#include <semiflow/core/ensemble.hpp>
#include <semiflow/core/error.hpp>

#include "toml_document.hpp"

// Private to configuration.cpp: single values and their error messages.

namespace semiflow::toml_reading {

/// 'dt' in [model]
inline std::string label(const TomlTable& table, std::string_view key) {
  return "'" + std::string(key) + "'" + (table.path.empty() ? "" : " in " + table.name);
}

inline Error input_error(const std::string& where, std::string_view problem, std::string_view remedy = {}) {
  return {Fault::input, where, one_line(problem), one_line(remedy)};
}

// One value of a type: what it is called, how it is read, and what to tell who wrote another type.
template <class T>
struct Reader;

/// Whether the node is a text that would be a value of the wanted kind without its quotes.
bool text_reads_as(const toml::node& node, bool (*wanted)(const toml::node&));

template <>
struct Reader<double> {
  static constexpr std::string_view wanted = "a number";
  static std::optional<double> read(const toml::node& node) {
    if (const auto* integer = node.as_integer()) return static_cast<double>(integer->get());
    return node.value_exact<double>();
  }
  static std::string hint(const toml::node& node) {
    return text_reads_as(node, [](const toml::node& n) { return n.is_number(); }) ? "write it without quotes" : "";
  }
};

template <>
struct Reader<Index> {
  static constexpr std::string_view wanted = "an integer";
  static std::optional<Index> read(const toml::node& node) { return node.value_exact<std::int64_t>(); }
  static std::string hint(const toml::node& node) {
    constexpr double largest = 1e15;  // here doubles still hold every integer
    const double number = node.value_exact<double>().value_or(0.5);
    if (std::abs(number) < largest && number == std::floor(number))
      return "write " + std::to_string(std::llround(number));
    return text_reads_as(node, [](const toml::node& n) { return n.is_integer(); }) ? "write it without quotes" : "";
  }
};

template <>
struct Reader<bool> {
  static constexpr std::string_view wanted = "true or false";
  static std::optional<bool> read(const toml::node& node) { return node.value_exact<bool>(); }
  static std::string hint(const toml::node& node) {
    return text_reads_as(node, [](const toml::node& n) { return n.is_boolean(); }) ? "write it without quotes" : "";
  }
};

template <>
struct Reader<std::string> {
  static constexpr std::string_view wanted = "a text";
  static std::optional<std::string> read(const toml::node& node) { return node.value_exact<std::string>(); }
  static std::string hint(const toml::node& node) {
    return node.is_table() || node.is_array() ? "" : "put it in quotes";
  }
};

template <class T>
T read_value(const TomlTable& table, const std::string& what, const toml::node& node) {
  const std::string where = table.document->where(node);
  const std::optional<T> value = Reader<T>::read(node);
  if (!value) {
    const std::string problem = what + " must be " + std::string(Reader<T>::wanted) + ", and is " + describe(node);
    throw input_error(where, problem, Reader<T>::hint(node));
  }
  if constexpr (std::is_same_v<T, double>) {
    if (!std::isfinite(*value)) throw input_error(where, what + " is " + digits(*value) + ", and must be finite");
  }
  return *value;
}

}  // namespace semiflow::toml_reading
