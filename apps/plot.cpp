#include "plot.hpp"

#include <algorithm>
#include <cmath>
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

std::string logarithmic_y(const Eigen::MatrixXd& values) {
  double low = INFINITY, high = 0;
  for (const double value : values.reshaped())
    if (std::isfinite(value) && value > 0) low = std::min(low, value), high = std::max(high, value);
  if (high == 0) low = 0.1, high = 1;
  // A little room, and never less than a factor of four, so that one label at least falls into the range.
  const double room = std::max(1.15, std::sqrt(4 * low / high));
  low /= room;
  high *= room;
  std::string commands = "set logscale y\n" + range("yrange", low, high);
  if (high / low > 200) return commands + "set ytics autofreq\nset format y '10^{%L}'\n";
  std::string tics;
  for (int decade = static_cast<int>(std::floor(std::log10(low))); std::pow(10, decade) <= high; ++decade)
    for (int digit = 1; digit < 10; ++digit) {
      const bool labelled = digit == 1 || digit == 2 || digit == 5;
      const std::string place = number(digit * std::pow(10, decade));
      tics += (tics.empty() ? "" : ", ") + quoted(labelled ? place : "") + " " + place + (labelled ? " 0" : " 1");
    }
  return commands + "set format y '%g'\nset ytics (" + tics + ")\n";
}

Index all_analyses(ResultFile& file) { return file.shape("/assimilation/time")[0]; }

Index finished_analyses(ResultFile& file, const std::string& group) {
  const Eigen::VectorXd rmse = column(file, group + "/rmse_analysis");
  return std::find_if(rmse.begin(), rmse.end(), [](double value) { return !std::isfinite(value); }) - rmse.begin();
}

Index finished_passes(ResultFile& file) {
  const Eigen::MatrixXd found = file.read_all("/discovery/coefficient");
  Index pass = 0;
  while (pass < found.cols() && found.col(pass).array().isFinite().all()) ++pass;
  return pass;
}

namespace {

bool any_finite(ResultFile& file, const std::string& path) {
  return file.has(path) && file.read_all(path).array().isFinite().any();
}

// A run that was stopped leaves NaN; gnuplot refuses a picture without a single point.
struct Progress {
  Index analyses = 0, passes = 0, frames = 0;  // frames of a truth that ran alone
  bool forecasts = false, training = false, rollouts = false;
};

Progress progress_of(ResultFile& file) {
  Progress done;
  if (file.has("/assimilation") && finished_frames(file) > 1) done.analyses = finished_analyses(file, "/assimilation");
  if (file.has("/discovery/coefficient")) done.passes = finished_passes(file);
  done.forecasts = any_finite(file, "/forecast/rmse");
  done.training = any_finite(file, "/surrogate/loss");
  done.rollouts = any_finite(file, "/surrogate/rollout_error");
  if (file.has("/truth/time") && !file.has("/observations") && !file.has("/discovery/coefficient"))
    done.frames = finished_frames(file);
  return done;
}

// What a stopped run has not reached, for the reader of its pictures.
std::string missing(ResultFile& file, const Progress& done) {
  std::string text;
  const auto add = [&text](const std::string& what) { text += (text.empty() ? "" : ", ") + what; };
  const auto of = [](Index part, Index whole) { return std::to_string(part) + " of " + std::to_string(whole); };
  if (file.has("/assimilation")) {
    const Index all = all_analyses(file);
    for (std::string group = "/assimilation"; file.has(group);) {
      const Index there = group == "/assimilation" ? done.analyses : finished_analyses(file, group);
      if (there < all) {
        add(of(there, all) + " analyses in " + group);
        break;
      }
      group = "/assimilation_" + (group == "/assimilation" ? "1" : std::to_string(std::stoi(group.substr(14)) + 1));
    }
  }
  if (!file.has("/observations") && file.has("/truth/time")) {
    const Index all = file.shape("/truth/time")[0];
    if (done.frames > 0 && done.frames < all) add(of(done.frames, all) + " frames");
  }
  if (file.has("/discovery/coefficient")) {
    const Index all = file.shape("/discovery/coefficient")[0];
    if (done.passes < all) add(of(done.passes, all) + " passes of the discovery");
  }
  if (file.has("/forecast") && !done.forecasts) add("no forecasts");
  return text.empty() ? "all pictures are complete" : text;
}

Path default_folder(const Path& file) {
  return file.extension() == ".partial" ? file.stem().stem() : file.stem();  // result.h5.partial, result.h5
}

}  // namespace

std::vector<Path> plot_result(const Path& path, const PlotOptions& options, const Communicator& comm) {
  // One rank reads and draws; the others wait for nobody.
  if (comm.rank() != 0) return {};
  const Communicator alone = Communicator::self();
  ResultFile file = ResultFile::open(path, alone);
  const Progress done = progress_of(file);
  const bool running = file.has_attribute("/", "status") && file.text_attribute("/", "status") == "running";
  if (done.analyses == 0 && done.passes == 0 && done.frames == 0 && !done.forecasts && !done.training && !done.rollouts)
    throw Error(Fault::input, path.string(), running ? "has nothing to draw yet" : "has nothing to draw",
                running ? "let the run go on"
                        : "run an experiment with frames of the truth, [surrogate], [assimilation] or [discovery]");
  if (running)
    std::fprintf(stderr, "semiflow: %s is not finished: %s\n", path.string().c_str(), missing(file, done).c_str());
  const Album album{options.directory.empty() ? default_folder(path) : options.directory, options.format};
  std::error_code failure;
  std::filesystem::create_directories(album.directory, failure);
  if (failure)
    throw Error(Fault::input, album.directory.string(), "cannot be made: " + failure.message(),
                "choose a folder with --output");
  std::vector<Path> pictures;
  if (done.training) pictures.push_back(draw_learning_curve(file, album));
  if (done.rollouts) pictures.push_back(draw_rollout(file, album));
  if (options.animate && done.frames == 0)
    throw Error(Fault::input, path.string(), "has no simulation to animate", "leave --animate out");
  if (done.frames > 0) {
    const bool line = file.dimensions(simulated_fields(file).front()).size() == 2;
    pictures.push_back((line ? draw_simulated_line : draw_simulated_planes)(file, album));
    pictures.push_back(draw_simulated_spectra(file, album));
    if (done.frames > 1) pictures.push_back(draw_simulated_series(file, album));
    if (options.animate) pictures.push_back(draw_animation(file, album));
  }
  if (done.analyses > 0) {
    if (file.dimensions(simulated_fields(file).front()).size() == 2) {
      for (const auto draw : {draw_space_time, draw_spectra}) pictures.push_back(draw(file, album));
    } else {
      pictures.push_back(draw_analysed_planes(file, album));
    }
    pictures.push_back(draw_assimilation(file, album));
    if (any_finite(file, "/assimilation/rank_histogram")) pictures.push_back(draw_rank_histogram(file, album));
  }
  if (done.passes > 0) {
    pictures.push_back(draw_discovery(file, album));
    if (file.has("/discovery/evidence_path")) pictures.push_back(draw_evidence(file, album));
    if (file.has("/truth/before")) pictures.push_back(draw_increment_spectrum(file, album));
  }
  if (done.forecasts) pictures.push_back(draw_forecast(file, album));
  return pictures;
}

}  // namespace semiflow
