#include "image_sheet.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "pictures.hpp"

namespace semiflow {

// Blue and red of equal lightness, which rises from L* = 24 to 97 in equal steps of CIELAB to nearly white.
const char* const diverging_palette =
    "set palette defined (0 '#023a6c', 1 '#164f88', 2 '#2666a4', 3 '#357ec2', 4 '#6695ce', 5 '#8dacd8', 6 '#b2c4e2', "
    "7 '#d4ddec', 8 '#f6f6f6', 9 '#f4d6d0', 10 '#efb6aa', 11 '#e69586', 12 '#db7563', 13 '#cc5443', 14 '#ac4037', "
    "15 '#8c2c2a', 16 '#6e191e')\n";

namespace {

constexpr double left_margin = 118, title = 46, bottom_margin = 98, bar_gap = 16, bar_width = 20, bar_room = 150;
constexpr double tallest = 1700;

// Axes and colour bars with many zeros are read in powers of thousand.
struct Unit {
  double factor = 1;
  std::string label{};
};

Unit unit_of(double size) {
  if (size >= 0.01 && size < 1e4) return {};
  const int exponent = 3 * static_cast<int>(std::floor(std::log10(size) / 3));
  return {std::pow(10, -exponent), " (10^{" + std::to_string(exponent) + "})"};
}

double largest(const Eigen::MatrixXd& values) {
  double size = 0;
  for (const double value : values.reshaped())
    if (std::isfinite(value)) size = std::max(size, std::abs(value));
  return size;
}

}  // namespace

std::string readable(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  const std::string plain = text;
  const auto e = plain.find('e');
  if (e == std::string::npos) return plain;
  return plain.substr(0, e) + "×10^{" + std::to_string(std::stoi(plain.substr(e + 1))) + "}";
}

ImageSheet::ImageSheet(std::vector<ImageRow> rows, int width) : rows_(std::move(rows)) {
  const Image& first = rows_.front().images.front();
  for (const ImageRow& row : rows_) {
    auto& limits = limits_.emplace_back();
    for (const Image& image : row.images) {
      limits.push_back(largest(image.values));
      same_axes_ = same_axes_ && image.x_label == first.x_label && image.y_label == first.y_label &&
                   image.width == first.width && image.height == first.height;
    }
    const auto [least, most] = std::ranges::minmax(limits);
    if (row.limit > 0 || most <= 4 * least) {
      std::ranges::fill(limits, row.limit > 0 ? row.limit : most);
    } else {
      bar_each_ = true;
    }
    // gnuplot refuses an empty range; a field of round-off is a zero field.
    const double of_zero = most > 0 ? most : 1;
    for (double& limit : limits) limit = limit > 1e-12 * most ? limit : of_zero;
  }
  lay_out(width);
}

void ImageSheet::lay_out(int width) {
  const std::size_t columns = rows_.front().images.size();
  const double column_gap = bar_each_ ? (same_axes_ ? bar_room + 50 : bar_room + 110) : (same_axes_ ? 30 : left_margin);
  const double row_gap = title + (same_axes_ ? 14 : bottom_margin);
  double wide = 0, high = 0;  // in physical units
  for (const Image& image : rows_.front().images) wide += image.width;
  for (const ImageRow& row : rows_) high += std::ranges::max_element(row.images, {}, &Image::height)->height;
  const double fixed_width = left_margin + column_gap * static_cast<double>(columns - 1) + bar_gap + bar_room;
  const double fixed_height = title + bottom_margin + row_gap * static_cast<double>(rows_.size() - 1);
  const double scale = std::min((width - fixed_width) / wide, (tallest - fixed_height) / high);
  // A narrow strip must still be seen.
  const double stretch = std::max(1.0, 60 * static_cast<double>(rows_.size()) / (scale * high));

  width_ = static_cast<int>(fixed_width + scale * wide);
  height_ = static_cast<int>(fixed_height + scale * stretch * high);
  double top = height_ - title;
  for (const ImageRow& row : rows_) {
    auto& places = places_.emplace_back();
    double left = left_margin, lowest = top;
    for (const Image& image : row.images) {
      const double high_pixels = scale * stretch * image.height;
      places.push_back({left, top - high_pixels, scale * image.width, high_pixels});
      left += scale * image.width + column_gap;
      lowest = std::min(lowest, top - high_pixels);
    }
    top = lowest - row_gap;
  }
}

void ImageSheet::margins(Gnuplot& plot, const Place& place) const {
  plot("set lmargin at screen " + number(place.left / width_) + "\nset rmargin at screen " +
       number((place.left + place.width) / width_) + "\nset bmargin at screen " + number(place.bottom / height_) +
       "\nset tmargin at screen " + number((place.bottom + place.height) / height_));
}

void ImageSheet::colour_bar(Gnuplot& plot, const std::string& quantity, const Place& place, double limit) const {
  const Unit unit = unit_of(limit);
  plot("set colorbox vertical user origin " + number((place.left + place.width + bar_gap) / width_) + "," +
       number(place.bottom / height_) + " size " + number(bar_width / width_) + "," + number(place.height / height_) +
       "\nset cblabel " + quoted(quantity + unit.label));
}

void ImageSheet::draw_image(Gnuplot& plot, const Image& image, const Place& place, const std::string& name) const {
  const Unit unit = unit_of(std::max(image.width, image.height));
  const double dx = unit.factor * image.width / static_cast<double>(image.values.cols());
  const double dy = unit.factor * image.height / static_cast<double>(image.values.rows());
  margins(plot, place);
  plot("set title " + quoted(image.title) + " offset 0,-0.7\n" +
       range("xrange", -0.5 * dx, unit.factor * image.width - 0.5 * dx) +
       range("yrange", -0.5 * dy, unit.factor * image.height - 0.5 * dy));
  const bool bottom = place.bottom == places_.back().front().bottom, left = place.left == left_margin;
  const bool x_labels = !same_axes_ || bottom, y_labels = !same_axes_ || left;
  // Labels every hundred pixels or so.
  const auto step = [&](double length, double pixels) {
    const double raw = unit.factor * length * 110 / pixels, decade = std::pow(10, std::floor(std::log10(raw)));
    for (const double nice : {1.0, 2.0, 5.0})
      if (nice * decade >= raw) return number(nice * decade);
    return number(10 * decade);
  };
  plot("set xtics " + step(image.width, place.width) + "\nset ytics " + step(image.height, place.height));
  plot(x_labels ? "set format x '%g'\nset xlabel " + quoted(image.x_label + unit.label) + " offset 0,0.3"
                : "set format x ''\nunset xlabel");
  plot(y_labels ? "set format y '%g'\nset ylabel " + quoted(image.y_label + unit.label) + " offset 0.8,0"
                : "set format y ''\nunset ylabel");
  plot("plot $" + name + " matrix using ($1*" + number(dx) + "):($2*" + number(dy) + "):3 with image notitle");
}

void ImageSheet::draw_row(Gnuplot& plot, std::size_t row) const {
  const std::vector<Image>& images = rows_[row].images;
  for (std::size_t i = 0; i < images.size(); ++i) {
    const double limit = limits_[row][i];
    const Unit unit = unit_of(limit);
    const std::string name = "image_" + std::to_string(row) + "_" + std::to_string(i);
    plot.data(name, unit.factor * images[i].values);
    plot(range("cbrange", -unit.factor * limit, unit.factor * limit));
    if (bar_each_ || i + 1 == images.size()) {
      colour_bar(plot, rows_[row].quantity, places_[row][i], limit);
    } else {
      plot("unset colorbox\nunset cblabel");
    }
    draw_image(plot, images[i], places_[row][i], name);
    plot("undefine $" + name);
  }
}

void ImageSheet::draw(Gnuplot& plot) const {
  plot(std::string("set multiplot\nset border 15 lw 1\nset tics out nomirror scale 0.5\nset cbtics font ',16'\nset "
                   "format cb '%h'\n") +
       diverging_palette);
  for (std::size_t row = 0; row < rows_.size(); ++row) draw_row(plot, row);
  plot("unset multiplot");
}

}  // namespace semiflow
