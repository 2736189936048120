#pragma once
#include <string>
#include <vector>

#include "gnuplot.hpp"

namespace semiflow {

/// A field on a rectangle, drawn with its true aspect ratio.
struct Image {
  std::string title;  ///< above it
  std::string x_label, y_label;
  double width = 0, height = 0;  ///< of the rectangle
  Eigen::MatrixXd values;        ///< [y, x]; value (i, j) stands at y = i height / rows, x = j width / columns
};

/// Images side by side, and the quantity that they show.
struct ImageRow {
  std::string quantity;
  std::vector<Image> images;
  /// Colours reach from -limit to limit; if it is zero, to the largest size in the row, or in every image if these
  /// differ by more than four times.
  double limit = 0;
};

/// A table of images on a diverging palette that is centred at zero, with colour bars.
class ImageSheet {
 public:
  /// As wide as stated, in pixels, or less if it would be too high. All sheets of rows of the same shapes and quantities
  /// have the same layout.
  explicit ImageSheet(std::vector<ImageRow> rows, int width = 1800);

  int width() const { return width_; }
  int height() const { return height_; }
  void draw(Gnuplot& plot) const;

 private:
  struct Place {
    double left, bottom, width, height;  // pixels
  };
  void lay_out(int width);
  void draw_row(Gnuplot& plot, std::size_t row) const;
  void draw_image(Gnuplot& plot, const Image& image, const Place& place, const std::string& name) const;
  void colour_bar(Gnuplot& plot, const std::string& quantity, const Place& place, double limit) const;
  void margins(Gnuplot& plot, const Place& place) const;

  std::vector<ImageRow> rows_;
  bool same_axes_ = true;  // of all images: labels at the edges of the sheet are enough
  bool bar_each_ = false;  // a colour bar for every image, not for every row
  std::vector<std::vector<double>> limits_;
  std::vector<std::vector<Place>> places_;
  int width_ = 0, height_ = 0;
};

/// The command that sets the diverging palette.
extern const char* const diverging_palette;

/// A number for people, 1.5×10^{-5} for 1.5e-05, in gnuplot's enhanced text.
std::string readable(double value);

}  // namespace semiflow
