#pragma once
#include <string>

#include "build_info.hpp"
#include "networks.hpp"

namespace semiflow {

// What the command and its library of networks agree on.
inline constexpr const char* networks_file = build_info::networks_file;
inline constexpr const char* networks_from_program = build_info::networks_from_program;
inline constexpr const char* networks_entry = "semiflow_networks";

/// Differs where the two belong to different commits or list different functions.
inline std::string networks_build() {
  return std::string(build_info::version) + " " + build_info::commit + " " + std::to_string(sizeof(Networks)) + " " +
         std::to_string(sizeof(SurrogateOptions)) + " " + std::to_string(sizeof(TrainingOptions));
}

/// The one symbol of the library: its functions, or null if the command is of another build.
using NetworksEntry = const Networks*(const char* build);

}  // namespace semiflow
