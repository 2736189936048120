// Pictures of a truth that ran alone: fields, spectra, the numbers of every frame, an animation.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/diagnostics.hpp>
#include <semiflow/pde/multipliers.hpp>

#include "pictures.hpp"
#include "plane_panel.hpp"

namespace semiflow {

using Path = std::filesystem::path;

std::vector<std::string> simulated_fields(ResultFile& file) {
  std::vector<std::string> fields;
  for (const std::string& path : file.variables()) {
    const std::vector<std::string> names = file.dimensions(path);
    if (path.starts_with("/truth/") && names.size() > 1 && names.front() == "time") fields.push_back(path);
  }
  return fields;
}

Index finished_frames(ResultFile& file) {
  const std::vector<std::string> fields = simulated_fields(file);
  if (fields.empty()) return 0;
  std::string path = "/truth/rms";
  if (fields.size() > 1) path.append("_").append(fields.back(), 7);
  const Eigen::VectorXd rms = column(file, path);
  return std::find_if(rms.begin(), rms.end(), [](double value) { return !std::isfinite(value); }) - rms.begin();
}

Path draw_simulated_line(ResultFile& file, const Album& album) {
  const std::vector<std::string> fields = simulated_fields(file);
  const Index frames = finished_frames(file), thin = std::max<Index>(1, frames / 1200);
  const Eigen::VectorXd times = column(file, "/truth/time"), x = column(file, "/x");
  const double dt = (times.size() > 1 ? times(1) - times(0) : 1) * static_cast<double>(thin), dx = x(1) - x(0);
  const auto panels = static_cast<int>(fields.size());
  Gnuplot plot(album.picture("space-time"), 1800, 620 * panels);
  plot("set multiplot layout " + std::to_string(panels) +
       ",1\nset border 15 lw 1\nset tics out\nset xlabel 'time t'\n" + "set ylabel 'x'\nset rmargin 11\n" + diverging +
       range("xrange", times(0) - dt / 2, times(frames - 1) + dt / 2) +
       range("yrange", x(0) - dx / 2, x(x.size() - 1) + dx / 2));
  for (const std::string& field : fields) {
    const Eigen::MatrixXd all = file.read(field, 0, frames);
    const Eigen::MatrixXd shown = all(Eigen::all, Eigen::seq(0, frames - 1, thin));
    plot.data("field", shown.transpose());
    plot(range("cbrange", -largest_size(shown), largest_size(shown)) + "set cblabel " + quoted(field.substr(7)) +
         "\nplot $field matrix using ($2*" + number(dt) + "):($1*" + number(dx) + "):3 with image notitle");
  }
  plot("unset multiplot");
  return plot.finish();
}

Path draw_simulated_spectra(ResultFile& file, const Album& album) {
  const std::vector<std::string> fields = simulated_fields(file);
  const Index frames = finished_frames(file);
  const Grid grid = grid_of(file, fields.front());
  const Eigen::VectorXd times = column(file, "/truth/time");
  SpectralDiagnostics diagnostics(grid);
  const double first = smallest_wavenumber(grid);
  double limit = INFINITY;  // of the 2/3 rule, along the axis that is resolved least
  for (Index d = 0; d < grid.dimensions(); ++d)
    limit = std::min(limit, 2 * std::numbers::pi / grid.axis(d).length * static_cast<double>(grid.axis(d).points) / 3);
  Gnuplot plot(album.picture("spectra"), 1500, 900);
  std::string curves;
  Eigen::MatrixXd rows;
  for (const std::string& field : fields) {
    for (Index frame = 0; frame < frames; frame += std::max<Index>(1, frames - 1)) {  // the first and the last
      const Eigen::VectorXd spectrum = diagnostics.isotropic_spectrum(file.read(field, frame, 1).col(0));
      if ((spectrum.array() == 0).all() && frame < frames - 1) continue;  // a start at rest has no curve
      if (rows.size() == 0) {
        rows.resize(spectrum.size(), 1);
        rows.col(0) = first * Eigen::VectorXd::LinSpaced(rows.rows(), 0, static_cast<double>(rows.rows() - 1));
      }
      rows.conservativeResize(Eigen::NoChange, rows.cols() + 1);
      // Below the rounding of squares there is nothing to see.
      rows.col(rows.cols() - 1) = (spectrum.array() > 1e-26 * spectrum.maxCoeff()).select(spectrum, NAN);
      const auto number_of = [&] { return std::to_string(rows.cols()); };
      curves += (curves.empty() ? "" : ", ") + std::string("$spectra using 1:") + number_of() + " with lines lt " +
                std::to_string(&field - fields.data() + 1) + (frame == 0 ? " dt 2" : "") + " title " +
                quoted(field.substr(7) + ", " + time_title(times(frame)));
    }
  }
  plot.data("spectra", rows.bottomRows(rows.rows() - 1));
  plot("set logscale xy\n" + range("xrange", first, rows(rows.rows() - 1, 0)) +
       "set format y '10^{%L}'\nset xlabel 'wavenumber |k|'\nset ylabel 'half the mean square in a shell'\n"
       "set arrow from " +
       number(limit) + ", graph 0 to " + number(limit) + ", graph 1 nohead lt 4 dt 3\nplot " + curves +
       ", NaN with lines lt 4 dt 3 title '2/3 rule'");
  return plot.finish();
}

Path draw_simulated_series(ResultFile& file, const Album& album) {
  const Index frames = finished_frames(file);
  std::vector<std::string> shown;
  for (const std::string& path : file.variables())
    if (path.starts_with("/truth/") && file.dimensions(path) == std::vector<std::string>{"time"} &&
        path != "/truth/time")
      shown.push_back(path);
  const auto panels = static_cast<int>(shown.size()), columns = std::min(panels, 3),
             rows = (panels + columns - 1) / columns;
  Eigen::MatrixXd table(frames, panels + 1);
  table.col(0) = column(file, "/truth/time").head(frames);
  Gnuplot plot(album.picture("series"), 640 * columns, 420 * rows);
  for (int i = 0; i < panels; ++i) table.col(i + 1) = column(file, shown[static_cast<std::size_t>(i)]).head(frames);
  plot.data("series", table);
  plot("set multiplot layout " + std::to_string(rows) + "," + std::to_string(columns) +
       "\nset key off\nset xlabel 'time t' offset 0,0.4\nset format y '%.6g'\nset lmargin 11\n");
  for (int i = 0; i < panels; ++i) {
    const Eigen::VectorXd values = table.col(i + 1);
    const double low = values.minCoeff(), high = values.maxCoeff();
    // What is kept to rounding is a line, not noise magnified.
    const double size = std::max(std::abs(low), std::abs(high));
    const double room = high - low > 1e-6 * size && size > 1e-12 ? 0.06 * (high - low) : std::max(0.1 * size, 1e-12);
    plot(range("yrange", low - room, high + room) + "set title " +
         quoted(shown[static_cast<std::size_t>(i)].substr(7)) +
         " noenhanced\nplot $series using 1:" + std::to_string(i + 2) + " with lines lt 1");
  }
  plot("unset multiplot");
  return plot.finish();
}

Path draw_animation(ResultFile& file, const Album& album) {
  const std::string field = simulated_fields(file).front();
  const Index frames = finished_frames(file), thin = std::max<Index>(1, (frames + 149) / 150);
  const Eigen::VectorXd times = column(file, "/truth/time");
  const Grid grid = grid_of(file, field);
  if (grid.dimensions() == 1)
    throw Error(Fault::input, field, "a line is not animated: space-time shows it whole", "leave --animate out");
  const PlanePanel panel(grid);
  Gnuplot plot(album.directory / "animation.gif", 720,
               static_cast<int>(std::clamp(560 * panel.aspect(), 260.0, 1400.0) + 110));
  plot(std::string("set border 15 lw 1\nset tics out\nset xlabel 'x'\nset ylabel 'y'\nset size ratio -1\n") +
       diverging + panel.axes());
  // One colour range, that of the middle frame, so that decay shows.
  const double size = largest_size(plane_of(file, field, grid, frames / 2, panel.step));
  plot(range("cbrange", -size, size));
  for (Index frame = 0; frame < frames; frame += thin) {
    plot.data("field", plane_of(file, field, grid, frame, panel.step));
    plot("set title " + quoted(field.substr(7) + ", " + time_title(times(frame))) + "\n" + "plot " +
         panel.image("field"));
  }
  return plot.finish();
}

}  // namespace semiflow
