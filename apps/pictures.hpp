#pragma once
#include <filesystem>
#include <semiflow/core/result_file.hpp>
#include <string>

#include "gnuplot.hpp"
#include "image_sheet.hpp"
#include "simulation.hpp"

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

// Of a simulation.
std::filesystem::path draw_record(ResultFile& file, const Simulation& simulation, const Album& album);
std::filesystem::path draw_fields(ResultFile& file, const Simulation& simulation, const Album& album);
std::filesystem::path draw_slices(ResultFile& file, const Simulation& simulation, const Album& album);
std::filesystem::path draw_series(ResultFile& file, const Simulation& simulation, const Album& album);
std::filesystem::path draw_isotropic_spectra(ResultFile& file, const Simulation& simulation, const Album& album);
std::filesystem::path draw_budget(ResultFile& file, const Simulation& simulation, const Album& album);
/// Frames as PNG in a folder of the album, and the animated PNG of them.
std::filesystem::path draw_animation(ResultFile& file, const Simulation& simulation, const Album& album);

/// "t = 1.5".
std::string time_label(double time);
/// A field on its plane, or on the middle plane z of its box, without a title.
Image plane_image(const Simulation& simulation, const Eigen::VectorXd& field);
/// 'u^2 u_xxxx' as gnuplot's enhanced text sets it: u^{2} u_{xxxx}.
std::string typeset(const std::string& term);

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
