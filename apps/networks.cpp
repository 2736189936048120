#include "networks.hpp"

#include <dlfcn.h>

#include <filesystem>
#include <semiflow/core/error.hpp>
#include <vector>

#include "networks_library.hpp"

namespace semiflow {

namespace {

constexpr const char* remedy =
    "build with -DSEMIFLOW_WITH_TORCH=ON, which needs libtorch (Debian: libtorch-dev), and keep the library where it "
    "was "
    "built or installed";

// Beside the program, as in a build tree, and where it is installed.
std::filesystem::path library_file() {
  std::error_code problem;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", problem);
  std::string looked_in;
  for (const std::filesystem::path& place :
       {program.parent_path(), (program.parent_path() / networks_from_program).lexically_normal()}) {
    const std::filesystem::path file = place / networks_file;
    if (std::filesystem::exists(file, problem)) return file;
    looked_in += (looked_in.empty() ? "" : " or ") + place.string();
  }
  throw Error(Fault::input, "networks", std::string("there is no ") + networks_file + " in " + looked_in, remedy);
}

const Networks& load() {
  const std::filesystem::path file = library_file();
  // Never unloaded: libtorch does not survive that.
  void* const library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (library == nullptr) throw Error(Fault::input, "networks", dlerror(), remedy);
  const auto entry = reinterpret_cast<NetworksEntry*>(dlsym(library, networks_entry));
  const Networks* const found = entry == nullptr ? nullptr : entry(networks_build().c_str());
  if (found == nullptr)
    throw Error(Fault::input, "networks", file.string() + " belongs to another build of the command",
                "build both anew");
  return *found;
}

}  // namespace

const Networks& networks() {
  static const Networks& once = load();
  return once;
}

}  // namespace semiflow
