#pragma once
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <semiflow/core/configuration.hpp>

// What the tests of the configuration share.
namespace semiflow::configuration_tests {

inline Configuration parse(const std::string& text, std::vector<std::string> overrides = {}) {
  return parse_configuration(text, "e.toml", overrides);
}

// The one line of the error that action throws, or what is wrong with it.
inline std::string failure(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    const std::string line = error.what();
    if (error.fault() != Fault::input) return "not an input error: " + line;
    return line.find_first_of("\n\r") == std::string::npos ? line : "more than one line: " + line;
  }
  return "no error";
}

template <class Read>
std::string reading(const std::string& text, Read read, std::vector<std::string> overrides = {}) {
  const Configuration configuration = parse(text, overrides);
  return failure([&] { read(configuration.root); });
}

inline std::string parsing(const std::string& text, std::vector<std::string> overrides = {}) {
  return failure([&] { parse(text, overrides); });
}

inline auto starts_with(const std::string& text) { return Catch::StartsWith(text); }

// A name that no other run of the tests uses at the same time.
inline std::filesystem::path temporary(const std::string& name, int process) {
  return std::filesystem::temp_directory_path() / ("semiflow_" + std::to_string(process) + "_" + name);
}

// A file that vanishes with its scope; every rank has its own.
struct TemporaryFile {
  std::filesystem::path path;

  TemporaryFile(const std::string& name, const std::string& text) : path(temporary(name, getpid())) {
    std::ofstream(path, std::ios::binary) << text;
  }
  ~TemporaryFile() { std::filesystem::remove(path); }
};

inline const std::string example = R"(# a comment
[experiment]
name = "lorenz"
seed = 7

[model]
dt = 0.05
viscosity = 1
steps = 20
exact = true
stepper = "etdrk4"
lengths = [1, 2.5, 1e-3]
shape = [64, 32]
fields = ["u", "v"]

[model.grid]
points = 128

[[model.terms]]
name = "advection"

[[model.terms]]
name = "drag"
coefficient = -0.5
)";

}  // namespace semiflow::configuration_tests
