// The fields of a simulation as an animation.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <semiflow/core/error.hpp>

#include "apng.hpp"
#include "image_sheet.hpp"
#include "pictures.hpp"

namespace semiflow {

using Path = std::filesystem::path;

namespace {

constexpr Index most_frames = 150;
constexpr int frames_per_second = 15;

Path frame_path(const Path& folder, std::size_t number) {
  char name[32];
  std::snprintf(name, sizeof name, "frame-%04zu.png", number);
  return folder / name;
}

// Of every field the typical least and largest value, medians over the chosen frames with some room: [fields x 2]. A
// start that is far larger than all that follows is drawn in the darkest colours rather than the rest in the palest.
Eigen::MatrixXd typical_range(ResultFile& file, const Simulation& s, const std::vector<Index>& frames) {
  Eigen::MatrixXd range(std::ssize(s.fields), 2);
  const auto middle = std::ssize(frames) / 2;
  for (Index f = 0; f < range.rows(); ++f) {
    Eigen::VectorXd low(std::ssize(frames)), high(low.size());
    for (Index i = 0; i < low.size(); ++i) {
      const Eigen::VectorXd values =
          field_at(file, s.fields[static_cast<std::size_t>(f)], frames[static_cast<std::size_t>(i)]);
      low(i) = values.minCoeff();
      high(i) = values.maxCoeff();
    }
    const double least = low.minCoeff(), most = high.maxCoeff();
    std::ranges::nth_element(low, low.begin() + middle);
    std::ranges::nth_element(high, high.begin() + middle);
    const double room = 0.1 * (high(middle) - low(middle));
    range.row(f) << std::max(least, low(middle) - room), std::min(most, high(middle) + room);
  }
  return range;
}

// One frame of the fields on planes, with the colours of the whole animation.
ImageSheet sheet_at(ResultFile& file, const Simulation& s, Index frame, const Eigen::MatrixXd& range) {
  std::vector<ImageRow> rows;
  for (std::size_t f = 0; f < s.fields.size(); ++f) {
    Image image = plane_image(s, field_at(file, s.fields[f], frame));
    image.title = s.fields[f] + ", " + time_label(s.times(frame));
    rows.push_back({.quantity = s.fields[f],
                    .images = {std::move(image)},
                    .limit = std::max(range.row(static_cast<Index>(f)).cwiseAbs().maxCoeff(), 1e-300)});
  }
  return ImageSheet(std::move(rows), 900);
}

void draw_profile(Gnuplot& plot, ResultFile& file, const Simulation& s, Index frame, const Eigen::MatrixXd& extent) {
  Eigen::MatrixXd rows(s.grid.points(), 1 + std::ssize(s.fields));
  rows.col(0) = s.grid.coordinate(0);
  std::string curves;
  for (std::size_t f = 0; f < s.fields.size(); ++f) {
    rows.col(static_cast<Index>(f) + 1) = field_at(file, s.fields[f], frame);
    curves += std::string(f == 0 ? "" : ", ") + "$profile using 1:" + std::to_string(f + 2) + " with lines lt " +
              std::to_string(f + 1) + (s.fields.size() == 1 ? " notitle" : " title " + quoted(s.fields[f]));
  }
  const double low = extent.col(0).minCoeff(), high = extent.col(1).maxCoeff();
  const double room = std::max({0.05 * (high - low), 1e-3 * std::abs(high), 1e-300});
  plot.data("profile", rows);
  plot("set title " + quoted(time_label(s.times(frame))) + "\nset xlabel 'x'\nset ylabel " +
       quoted(s.fields.size() == 1 ? s.fields[0] : "") + "\n" + range("xrange", 0, s.grid.axis(0).length) +
       range("yrange", low - room, high + room) + "plot " + curves);
}

}  // namespace

Path draw_animation(ResultFile& file, const Simulation& s, const Album& album) {
  const Path folder = album.directory / "frames";
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) throw Error(Fault::input, folder.string(), "cannot be made: " + failure.message());
  const std::vector<Index> frames = s.chosen(most_frames);
  const Eigen::MatrixXd range = typical_range(file, s, frames);
  const bool line = s.grid.dimensions() == 1;
  int width = 900, height = 520;
  if (!line) {
    const ImageSheet first = sheet_at(file, s, frames[0], range);
    width = first.width();
    height = first.height();
  }
  // One gnuplot draws them all: to start it takes longer than to draw.
  std::vector<Path> pictures;
  Gnuplot plot(frame_path(folder, 0), width, height);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    pictures.push_back(frame_path(folder, i));
    plot("set output " + quoted(pictures.back().string()));
    if (line) {
      draw_profile(plot, file, s, frames[i], range);
    } else {
      sheet_at(file, s, frames[i], range).draw(plot);
    }
  }
  plot.finish();
  Path animation = album.directory / "animation.png";
  write_animated_png(pictures, animation, frames_per_second);
  return animation;
}

}  // namespace semiflow
