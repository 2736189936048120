#pragma once
#include <filesystem>
#include <iosfwd>
#include <semiflow/core/communicator.hpp>

namespace semiflow {

/// Prints where a result file comes from, its variables with their extents and range, and its scores. Collective.
void print_info(const std::filesystem::path& path, const Communicator& comm, std::ostream& out);

}  // namespace semiflow
