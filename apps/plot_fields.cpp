// Pictures of the fields of a simulation: space-time diagram, planes, slices of boxes.
#include <algorithm>
#include <cmath>
#include <semiflow/core/fft.hpp>

#include "image_sheet.hpp"
#include "pictures.hpp"

namespace semiflow {

using Path = std::filesystem::path;

namespace {

constexpr Index most_pixels = 600;  // of an image along one axis

// Every n-th row and column, so that an image has no more pixels than its place on the paper.
Eigen::MatrixXd thinned(const Eigen::MatrixXd& values) {
  const auto chosen = [](Index n) {
    const Index step = (n + most_pixels - 1) / most_pixels;
    return Eigen::seqN(0, (n + step - 1) / step, step);
  };
  return values(chosen(values.rows()), chosen(values.cols()));
}

// A periodic field between its points, as its Fourier modes have it: a coarse grid is no mosaic.
Eigen::MatrixXd refined(const Eigen::MatrixXd& values) {
  const Index rows = values.rows(), columns = values.cols(), factor = 256 / std::min(rows, columns);
  if (factor < 2) return values;
  const Grid coarse({{rows, 1}, {columns, 1}}), fine({{factor * rows, 1}, {factor * columns, 1}});
  Spectrum from(coarse.modes(), 1), to = Spectrum::Zero(fine.modes(), 1);
  Fft(coarse).forward(values.transpose().reshaped(), from);
  const Index coarse_half = columns / 2 + 1, fine_half = factor * columns / 2 + 1;
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < coarse_half; ++j) {
      // A Nyquist mode stands for two.
      std::complex<double> mode = static_cast<double>(factor * factor) * from(i * coarse_half + j, 0);
      if (2 * j == columns) mode *= 0.5;
      if (2 * i == rows) mode *= 0.5;
      if (2 * i <= rows) to(i * fine_half + j, 0) = mode;
      if (2 * i >= rows) to((factor * rows - rows + i) * fine_half + j, 0) = mode;
    }
  }
  Ensemble result(fine.points(), 1);
  Fft(fine).inverse(to, result);
  return result.reshaped(factor * columns, factor * rows).transpose();
}

const char* axis_name(const Grid& grid, Index d) {
  const char* const names[] = {"x", "y", "z"};
  return names[grid.dimensions() - 1 - d];
}

// The plane of two axes through the middle of the others; a plane as it is.
Image slice(const Grid& grid, const Eigen::VectorXd& field, Index row_axis, Index column_axis) {
  std::vector<Index> stride(static_cast<std::size_t>(grid.dimensions()), 1);
  for (Index d = grid.dimensions() - 1; d-- > 0;)
    stride[static_cast<std::size_t>(d)] = stride[static_cast<std::size_t>(d + 1)] * grid.axis(d + 1).points;
  Index offset = 0;
  for (Index d = 0; d < grid.dimensions(); ++d)
    if (d != row_axis && d != column_axis) offset += grid.axis(d).points / 2 * stride[static_cast<std::size_t>(d)];
  const Index down = stride[static_cast<std::size_t>(row_axis)], along = stride[static_cast<std::size_t>(column_axis)];
  const Eigen::MatrixXd values =
      Eigen::MatrixXd::NullaryExpr(grid.axis(row_axis).points, grid.axis(column_axis).points,
                                   [&](Index i, Index j) { return field(offset + i * down + j * along); });
  return {.title = {},
          .x_label = axis_name(grid, column_axis),
          .y_label = axis_name(grid, row_axis),
          .width = grid.axis(column_axis).length,
          .height = grid.axis(row_axis).length,
          .values = refined(thinned(values))};
}

std::string plane_note(const Grid& grid, Index normal) {
  return std::string(axis_name(grid, normal)) + " = " + readable(grid.axis(normal).length / 2);
}

}  // namespace

std::string time_label(double time) { return "t = " + readable(time); }

Image plane_image(const Simulation& s, const Eigen::VectorXd& field) {
  return slice(s.grid, field, s.grid.dimensions() - 2, s.grid.dimensions() - 1);
}

Path draw_record(ResultFile& file, const Simulation& s, const Album& album) {
  constexpr Index most_frames = 1500;
  const Index step = (s.frames() + most_frames - 1) / most_frames, count = (s.frames() + step - 1) / step;
  const double interval = s.frames() > 1 ? (s.times(1) - s.times(0)) * static_cast<double>(step) : 1;
  const Axis& axis = s.grid.axis(0);
  const double dx = axis.length / static_cast<double>(axis.points), start = s.times(0),
               end = start + interval * static_cast<double>(count - 1);
  const auto panels = static_cast<int>(s.fields.size());
  Gnuplot plot(album.picture("space-time"), 1800, 150 + 450 * panels);
  const double bottom = 105.0 / (150 + 450 * panels), pitch = (1 - bottom) / panels;
  plot(std::string(
           "set multiplot\nset border 15 lw 1\nset tics out\nset lmargin at screen 0.075\n"
           "set rmargin at screen 0.87\nset cbtics font ',16'\nset format cb '%h'\nset ylabel 'x' offset 1.2,0\n") +
       diverging_palette + range("xrange", start - 0.5 * interval, end + 0.5 * interval) +
       range("yrange", -0.5 * dx, axis.length - 0.5 * dx));
  for (int panel = 0; panel < panels; ++panel) {
    const std::string& field = s.fields[static_cast<std::size_t>(panel)];
    Eigen::MatrixXd frames(axis.points, count);
    for (Index i = 0; i < count; ++i) frames.col(i) = field_at(file, field, i * step);
    const double size = std::max(frames.cwiseAbs().maxCoeff(), 1e-300);
    plot.data(field, frames);
    const double low = bottom + pitch * (panels - 1 - panel);
    plot("set bmargin at screen " + number(low) + "\nset tmargin at screen " + number(low + pitch - 0.1 / panels) +
         "\nset title " + quoted(field + "(x, t)") + " offset 0,-0.8\nset cblabel " + quoted(field) +
         " offset 0.8,0\n" + range("cbrange", -size, size) +
         (panel + 1 == panels ? "set xlabel 'time t'\nset format x '%h'" : "set format x ''"));
    plot("plot $" + field + " matrix using ($1*" + number(interval) + "+" + number(start) + "):($2*" + number(dx) +
         "):3 with image notitle");
  }
  plot("unset multiplot");
  return plot.finish();
}

Path draw_fields(ResultFile& file, const Simulation& s, const Album& album) {
  std::vector<ImageRow> rows;
  const std::string note = s.grid.dimensions() == 3 ? ", " + plane_note(s.grid, 0) : "";
  for (const std::string& field : s.fields) {
    ImageRow& row = rows.emplace_back(ImageRow{.quantity = field, .images = {}});
    for (const Index frame : s.chosen(3)) {
      Image image = plane_image(s, field_at(file, field, frame));
      image.title = field + ", " + time_label(s.times(frame)) + note;
      row.images.push_back(std::move(image));
    }
  }
  const ImageSheet sheet(std::move(rows));
  Gnuplot plot(album.picture("fields"), sheet.width(), sheet.height());
  sheet.draw(plot);
  return plot.finish();
}

Path draw_slices(ResultFile& file, const Simulation& s, const Album& album) {
  const Index last = s.frames() - 1;
  std::vector<ImageRow> rows;
  for (const std::string& field : s.fields) {
    ImageRow& row = rows.emplace_back(ImageRow{.quantity = field, .images = {}});
    const Eigen::VectorXd values = field_at(file, field, last);
    for (const auto& [down, along] : {std::pair<Index, Index>{1, 2}, {0, 2}, {0, 1}}) {
      Image image = slice(s.grid, values, down, along);
      image.title = field + ", " + plane_note(s.grid, 3 - down - along) + ", " + time_label(s.times(last));
      row.images.push_back(std::move(image));
    }
  }
  const ImageSheet sheet(std::move(rows));
  Gnuplot plot(album.picture("slices"), sheet.width(), sheet.height());
  sheet.draw(plot);
  return plot.finish();
}

}  // namespace semiflow
