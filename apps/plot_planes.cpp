// Pictures of planes: of a truth that ran alone, and of a filter.
#include <algorithm>
#include <cmath>

#include "plane_panel.hpp"

namespace semiflow {

using Path = std::filesystem::path;

Path draw_simulated_planes(ResultFile& file, const Album& album) {
  const std::vector<std::string> fields = simulated_fields(file);
  const Index frames = finished_frames(file);
  const Eigen::VectorXd times = column(file, "/truth/time");
  const Grid grid = grid_of(file, fields.front());
  const PlanePanel panel(grid);
  std::vector<Index> shown{0};
  for (const Index frame : {frames / 2, frames - 1})
    if (frame > shown.back()) shown.push_back(frame);
  const auto rows = static_cast<int>(fields.size()), columns = static_cast<int>(shown.size());
  Gnuplot plot(album.picture("fields"), 700 * columns,
               rows * static_cast<int>(std::clamp(560 * panel.aspect(), 260.0, 1400.0) + 110));
  plot("set multiplot layout " + std::to_string(rows) + "," + std::to_string(columns) +
       "\nset border 15 lw 1\nset tics out\nset xlabel 'x' offset 0,0.4\nset ylabel 'y' offset 1,0\nset size ratio "
       "-1\n" +
       "set format cb '%.3g'\n" + diverging + panel.axes());
  for (const std::string& field : fields) {
    for (const Index frame : shown) {
      const Eigen::MatrixXd values = plane_of(file, field, grid, frame, panel.step);
      plot.data("field", values);
      plot(range("cbrange", -largest_size(values), largest_size(values)) + "set title " +
           quoted(field.substr(7) + (grid.dimensions() == 3 ? " at mid z, " : ", ") + time_title(times(frame))) + "\n" +
           "plot " + panel.image("field"));
    }
  }
  plot("unset multiplot");
  return plot.finish();
}

Path draw_analysed_planes(ResultFile& file, const Album& album) {
  const std::vector<std::string> fields = simulated_fields(file);
  const Index analyses = finished_analyses(file, "/assimilation"), event = analyses - 1;
  const double time = column(file, "/assimilation/time")(event);
  const Grid grid = grid_of(file, fields.front());
  const PlanePanel panel(grid);
  // Sensors that move are [time, sensor].
  const auto place = [&](const std::string& axis) -> Eigen::VectorXd {
    const std::string path = "/observations/" + axis;
    return file.dimensions(path).size() == 2 ? Eigen::VectorXd(file.read(path, event, 1)) : column(file, path);
  };
  Eigen::MatrixXd sensors(file.shape("/observations/value")[1], 2);
  sensors << place("x"), place("y");
  const Eigen::VectorXd reports = file.read("/observations/value", event, 1);
  for (Index j = 0; j < sensors.rows(); ++j)
    if (std::isnan(reports(j))) sensors.row(j).setConstant(NAN);

  const auto rows = static_cast<int>(fields.size());
  Gnuplot plot(album.picture("fields"), 2100,
               rows * static_cast<int>(std::clamp(560 * panel.aspect(), 260.0, 1400.0) + 110));
  plot("set multiplot layout " + std::to_string(rows) +
       ",3\nset border 15 lw 1\nset tics out\nset xlabel 'x' offset 0,0.4\nset ylabel 'y' offset 1,0\nset size ratio "
       "-1\nset format cb '%.3g'\n" +
       diverging + panel.axes());
  plot.data("sensors", sensors);
  for (const std::string& field : fields) {
    const std::string name = field.substr(7), suffix = fields.size() == 1 ? "" : "_" + name;
    // The record of the truth begins one frame before the first analysis.
    const Eigen::MatrixXd truth = plane_of(file, field, grid, event + 1, panel.step);
    const Eigen::MatrixXd analysis = plane_of(file, "/assimilation/analysis_mean" + suffix, grid, event, panel.step);
    const auto draw = [&](const char* data, const Eigen::MatrixXd& values, double size, const std::string& title,
                          const char* more) {
      plot.data(data, values);
      plot(range("cbrange", -size, size) + "set title " + quoted(title) + "\nplot " + panel.image(data) + more);
    };
    const double size = largest_size(truth);
    draw("truth", truth, size, name + ", truth and sensors, " + time_title(time),
         ", $sensors using 1:2 with points pt 7 ps 0.5 lc rgb 'black' notitle");
    draw("analysis", analysis, size, name + ", analysis", "");
    draw("error", analysis - truth, largest_size(analysis - truth), name + ", analysis - truth", "");
  }
  plot("unset multiplot");
  return plot.finish();
}

}  // namespace semiflow
