#include <array>
#include <fstream>
#include <semiflow/core/configuration.hpp>
#include <sstream>
#include <system_error>

#include "toml_document.hpp"

namespace semiflow {

using namespace toml_reading;

namespace {

// An experiment file is a few kilobytes. The limit stops at the wrong file before it fills the memory.
constexpr std::size_t largest_file = 16 << 20;

std::string read_text(const std::filesystem::path& path) {
  const std::string where = one_line(path.string());
  std::error_code ignored;
  if (path.empty()) throw Error(Fault::input, {}, "the name of the experiment file is empty");
  if (!std::filesystem::exists(path, ignored)) throw Error(Fault::input, where, "there is no such file");
  if (std::filesystem::is_directory(path, ignored))
    throw Error(Fault::input, where, "this is a directory", "name the experiment file in it");
  std::ifstream file(path, std::ios::binary);
  std::string text;
  std::array<char, 65536> block;
  while (file && text.size() <= largest_file) {
    file.read(block.data(), block.size());
    text.append(block.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (text.size() > largest_file) throw Error(Fault::input, where, "the file is too large for an experiment file");
  if (!file.eof()) throw Error(Fault::input, where, "the file cannot be read", "check its permissions");
  return text;
}

}  // namespace

Configuration parse_configuration(const std::string& text, const std::filesystem::path& path,
                                  std::span<const std::string> overrides) {
  auto document = std::make_shared<TomlDocument>(parse_toml(text, path.string()));
  std::string full_text = text;
  if (!overrides.empty()) full_text += text.ends_with('\n') ? "# overrides:\n" : "\n# overrides:\n";
  for (const std::string& setting : overrides) {
    apply_override(*document, setting);
    full_text += "# --set " + setting + '\n';
  }
  std::ostringstream effective;
  effective << toml::toml_formatter(document->root) << '\n';
  const TomlTable root{.document = document, .values = &document->root, .path = {}, .name = "the file"};
  return {.root = Table(std::make_shared<const TomlTable>(root)),
          .text = std::move(full_text),
          .effective_text = effective.str(),
          .path = path};
}

Configuration load_configuration(const std::filesystem::path& path, std::span<const std::string> overrides) {
  return parse_configuration(read_text(path), path, overrides);
}

Configuration load_configuration(const std::filesystem::path& path, std::span<const std::string> overrides,
                                 const Communicator& comm) {
  std::string text, failure;
  if (comm.rank() == 0) {
    try {
      text = read_text(path);
    } catch (const std::exception& error) {
      failure = error.what();
    }
  }
  comm.broadcast(failure, 0);
  // Not where the reading failed, but here, so that rank 0 throws the same as the others.
  if (!failure.empty()) throw Error(Fault::input, {}, failure);
  comm.broadcast(text, 0);
  return parse_configuration(text, path, overrides);
}

}  // namespace semiflow
