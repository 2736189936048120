#pragma once
#include <filesystem>
#include <semiflow/core/result_file.hpp>
#include <string>

#include "gnuplot.hpp"

namespace semiflow {

// The single pictures: each draws one PNG into the folder and returns its path.
std::filesystem::path draw_space_time(ResultFile& file, const std::filesystem::path& directory);
std::filesystem::path draw_assimilation(ResultFile& file, const std::filesystem::path& directory);
std::filesystem::path draw_spectra(ResultFile& file, const std::filesystem::path& directory);
std::filesystem::path draw_rank_histogram(ResultFile& file, const std::filesystem::path& directory);
std::filesystem::path draw_discovery(ResultFile& file, const std::filesystem::path& directory);
std::filesystem::path draw_forecast(ResultFile& file, const std::filesystem::path& directory);

/// All values of a variable, one after the other.
Eigen::VectorXd column(ResultFile& file, const std::string& path);
/// A number as gnuplot reads it.
std::string number(double value);
/// The command that sets an axis' range, e.g. of "xrange".
std::string range(const char* axis, double low, double high);

}  // namespace semiflow
