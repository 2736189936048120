#pragma once
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <semiflow/core/communicator.hpp>
#include <semiflow/core/error.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace semiflow {

/// The values that a number may take. NaN and infinity are never inside.
struct Range {
  double above = -std::numeric_limits<double>::infinity();
  double at_least = -std::numeric_limits<double>::infinity();
  double below = std::numeric_limits<double>::infinity();
  double at_most = std::numeric_limits<double>::infinity();

  bool contains(double value) const;
  /// In words that follow "must be": "greater than 0 and at most 1".
  std::string text() const;
};

inline constexpr Range positive{.above = 0};
inline constexpr Range non_negative{.at_least = 0};
/// From 0 to 1, both included.
inline constexpr Range fraction{.at_least = 0, .at_most = 1};

struct TomlTable;

/// One table of an experiment file, with a memory of the keys that were read, so that finish() can refuse the rest.
/// It is a handle: copies, and tables that are fetched twice, share the memory, and keep the file's values alive.
///
/// Every reader throws Error(Fault::input) with one line "file.toml:12: problem; remedy" when the value is of the wrong
/// type, is out of range, or is missing and has no fallback. A fallback is returned as it is, also outside the range.
class Table {
 public:
  explicit Table(std::shared_ptr<const TomlTable> data) : data_(std::move(data)) {}

  /// Whether the file has the key. finish() then knows the name, and still wants the key to be read.
  bool has(std::string_view key) const;

  /// A finite number; an integer will do.
  double number(std::string_view key) const;
  double number(std::string_view key, double fallback) const;
  double number(std::string_view key, const Range& range) const;
  double number(std::string_view key, double fallback, const Range& range) const;

  /// An integer; 1.0 will not do.
  Index integer(std::string_view key) const;
  Index integer(std::string_view key, Index fallback) const;
  Index integer(std::string_view key, const Range& range) const;
  Index integer(std::string_view key, Index fallback, const Range& range) const;

  bool boolean(std::string_view key) const;
  bool boolean(std::string_view key, bool fallback) const;

  std::string text(std::string_view key) const;
  std::string text(std::string_view key, std::string fallback) const;

  /// One of the allowed words.
  std::string choice(std::string_view key, std::span<const std::string_view> allowed,
                     std::optional<std::string> fallback = {}) const;
  std::string choice(std::string_view key, std::initializer_list<std::string_view> allowed,
                     std::optional<std::string> fallback = {}) const;

  /// Arrays, which may be empty. An error names the element, counted from 0.
  std::vector<double> numbers(std::string_view key) const;
  std::vector<double> numbers(std::string_view key, std::vector<double> fallback) const;
  std::vector<Index> integers(std::string_view key) const;
  std::vector<Index> integers(std::string_view key, std::vector<Index> fallback) const;
  std::vector<std::string> texts(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key, std::vector<std::string> fallback) const;

  /// A sub-table that must be there, or one that may be.
  Table table(std::string_view key) const;
  std::optional<Table> optional_table(std::string_view key) const;
  /// The tables of [[key]] in the order of the file; none if the key is absent.
  std::vector<Table> tables(std::string_view key) const;

  /// The keys that the file has here, sub-tables included, in the order of the alphabet. None counts as read.
  std::vector<std::string> keys() const;
  /// How errors call this table: "[model.grid]", "[[model.terms]] entry 0", or "the file".
  std::string name() const;

  /// "file.toml:12" of a key, of the table's header when the key is absent, or "--set a.b=1" for an override.
  std::string where(std::string_view key) const;
  /// Makes the error for a value that has the right type and is wrong: "where(key): problem; remedy".
  Error error(std::string_view key, std::string_view problem, std::string_view remedy = {}) const;

  /// Refuses the first key or sub-table of this table that nobody has read, and proposes the nearest name that somebody
  /// has asked for. Does not look into sub-tables: whoever reads a table finishes it. Throws Error(Fault::input).
  void finish() const;

 private:
  std::shared_ptr<const TomlTable> data_;
};

/// An experiment file after the overrides.
struct Configuration {
  Table root;
  std::string text;            ///< the file as it was read, then the overrides as comments
  std::string effective_text;  ///< TOML of what holds after the overrides; keys sorted, without comments
  std::filesystem::path path;
};

/// Parses the text of a file; path only names it in errors. An override "a.b.c=value" replaces or adds one value; a name
/// that needs quotes in TOML needs them here too. The value is TOML or else a bare word that is taken as a text. It may
/// create tables, and may not replace one. Throws Error(Fault::input) for a text that is empty, not UTF-8 or not TOML,
/// and for an override that does not fit.
Configuration parse_configuration(const std::string& text, const std::filesystem::path& path,
                                  std::span<const std::string> overrides = {});

/// Reads a file and parses it. Throws Error(Fault::input) also for a file that cannot be read.
Configuration load_configuration(const std::filesystem::path& path, std::span<const std::string> overrides = {});

/// The same on every rank from one reading: rank 0 broadcasts the text, or why there is none, and every rank parses it,
/// so that all return the same or throw the same Error. Collective; path and overrides must be the same on every rank.
Configuration load_configuration(const std::filesystem::path& path, std::span<const std::string> overrides,
                                 const Communicator& comm);

}  // namespace semiflow
