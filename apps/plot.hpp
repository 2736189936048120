#pragma once
#include <filesystem>
#include <semiflow/core/communicator.hpp>
#include <string>
#include <vector>

namespace semiflow {

struct PlotOptions {
  std::filesystem::path directory = {};  ///< made if needed; empty: the file's name without .h5 or .h5.partial
  std::string format = "png";            ///< or "pdf"
  bool animate = false;                  ///< the first field of a simulated plane or box, as a GIF
};

/// Draws what a result file has as pictures in a folder and returns their paths. Of a run that is not finished it draws
/// what is there, and says on standard error what is missing. Rank 0 draws. Throws Error if gnuplot is missing, does
/// not know the format, or fails. Collective.
std::vector<std::filesystem::path> plot_result(const std::filesystem::path& file, const PlotOptions& options,
                                               const Communicator& comm);

}  // namespace semiflow
