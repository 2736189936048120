#include "plot.hpp"

#include <cstdio>
#include <semiflow/core/error.hpp>

#include "pictures.hpp"

namespace semiflow {

using Path = std::filesystem::path;

Eigen::VectorXd column(ResultFile& file, const std::string& path) { return file.read_all(path).reshaped(); }

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

std::string range(const char* axis, double low, double high) {
  return std::string("set ") + axis + " [" + number(low) + ":" + number(high) + "]\n";
}

namespace {

// A run that was stopped leaves NaN; gnuplot refuses a picture without a single point.
bool any_finite(ResultFile& file, const std::string& path) {
  return file.has(path) && file.read_all(path).array().isFinite().any();
}

}  // namespace

std::vector<Path> plot_result(const Path& path, const Path& directory, const Communicator& comm) {
  // One rank reads and draws; the others wait for nobody.
  if (comm.rank() != 0) return {};
  const Communicator alone = Communicator::self();
  ResultFile file = ResultFile::open(path, alone);
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  if (failure) throw Error(Fault::input, directory.string(), "cannot be made: " + failure.message());
  std::vector<Path> pictures;
  if (any_finite(file, "/assimilation/rmse_analysis") && any_finite(file, "/truth/u")) {
    pictures.push_back(draw_space_time(file, directory));
    pictures.push_back(draw_assimilation(file, directory));
    pictures.push_back(draw_spectra(file, directory));
    if (any_finite(file, "/assimilation/rank_histogram")) pictures.push_back(draw_rank_histogram(file, directory));
  }
  if (any_finite(file, "/discovery/coefficient")) pictures.push_back(draw_discovery(file, directory));
  if (any_finite(file, "/forecast/rmse")) pictures.push_back(draw_forecast(file, directory));
  if (pictures.empty())
    throw Error(Fault::input, path.string(), "has nothing to draw",
                "run an experiment with [assimilation] or [discovery]");
  return pictures;
}

}  // namespace semiflow
