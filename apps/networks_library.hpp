#pragma once
#include <cstddef>

#include "build_info.hpp"
#include "networks.hpp"

namespace semiflow {

// What the command and its library of networks agree on.
inline constexpr const char* networks_file = build_info::networks_file;
inline constexpr const char* networks_from_program = build_info::networks_from_program;
inline constexpr const char* networks_entry = "semiflow_networks";

/// Differs where the two were compiled from different lists of functions.
inline constexpr std::size_t networks_layout = sizeof(Networks);

/// The one symbol of the library: its functions, or null if the command has another layout.
using NetworksEntry = const Networks*(std::size_t layout);

}  // namespace semiflow
