#pragma once
#include <filesystem>
#include <semiflow/core/communicator.hpp>
#include <vector>

namespace semiflow {

/// Draws what a result file has as PNG pictures in a folder, which is made if needed, and returns their paths.
/// Rank 0 draws. Throws Error if gnuplot is missing or fails. Collective.
std::vector<std::filesystem::path> plot_result(const std::filesystem::path& file,
                                               const std::filesystem::path& directory, const Communicator& comm);

}  // namespace semiflow
