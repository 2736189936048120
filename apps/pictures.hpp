#pragma once
#include <filesystem>
#include <semiflow/core/result_file.hpp>
#include <string>
#include <vector>

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
std::filesystem::path draw_evidence(ResultFile& file, const Album& album);
/// Of pairs of states: spectra of the states, of what lies between them, and of the noise.
std::filesystem::path draw_increment_spectrum(ResultFile& file, const Album& album);
std::filesystem::path draw_forecast(ResultFile& file, const Album& album);
/// Of a learned operator: the losses by epoch, and the errors of its forecasts and of others by lead.
std::filesystem::path draw_learning_curve(ResultFile& file, const Album& album);
std::filesystem::path draw_rollout(ResultFile& file, const Album& album);

// Of a filter on a plane: the truth with the sensors, the analysis and its error at the last analysis.
std::filesystem::path draw_analysed_planes(ResultFile& file, const Album& album);

// Of a truth that ran alone: a line in space and time; a plane, or the middle of a box, at first, in the middle and at
// last; isotropic spectra; every number of the frames; the first field as an animated GIF.
std::filesystem::path draw_simulated_line(ResultFile& file, const Album& album);
std::filesystem::path draw_simulated_planes(ResultFile& file, const Album& album);
std::filesystem::path draw_simulated_spectra(ResultFile& file, const Album& album);
std::filesystem::path draw_simulated_series(ResultFile& file, const Album& album);
std::filesystem::path draw_animation(ResultFile& file, const Album& album);
/// The paths of the fields of the truth.
std::vector<std::string> simulated_fields(ResultFile& file);
/// How many frames of the truth are complete.
Index finished_frames(ResultFile& file);

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
