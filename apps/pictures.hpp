#pragma once
#include <filesystem>
#include <semiflow/core/result_file.hpp>
#include <string>

#include "gnuplot.hpp"

namespace semiflow {

/// Where the pictures go, and their format, "png" or "pdf".
struct Album {
  std::filesystem::path directory;
  std::string format;

  std::filesystem::path picture(const std::string& name) const { return directory / (name + "." + format); }
};

// The single pictures: each draws one file into the album and returns its path. Frames, passes and forecasts that a
// stopped run has not reached are left out.
std::filesystem::path draw_space_time(ResultFile& file, const Album& album);
std::filesystem::path draw_assimilation(ResultFile& file, const Album& album);
std::filesystem::path draw_spectra(ResultFile& file, const Album& album);
std::filesystem::path draw_rank_histogram(ResultFile& file, const Album& album);
std::filesystem::path draw_discovery(ResultFile& file, const Album& album);
std::filesystem::path draw_forecast(ResultFile& file, const Album& album);

/// How many passes of the discovery are complete.
Index finished_passes(ResultFile& file);
/// How many analyses of a group, e.g. "/assimilation", are complete.
Index finished_analyses(ResultFile& file, const std::string& group);
/// The number of analyses of a complete run.
Index all_analyses(ResultFile& file);

/// All values of a variable, one after the other.
Eigen::VectorXd column(ResultFile& file, const std::string& path);
/// A number as gnuplot reads it.
std::string number(double value);
/// The command that sets an axis' range, e.g. of "xrange".
std::string range(const char* axis, double low, double high);
/// The commands for a logarithmic y axis that ends where the values end; those that are not positive do not count.
/// A short one has labels at 1, 2 and 5.
std::string logarithmic_y(const Eigen::MatrixXd& values);

}  // namespace semiflow
