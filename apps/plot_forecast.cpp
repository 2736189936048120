// Pictures of the forecasts.
#include <cmath>

#include "pictures.hpp"

namespace semiflow {

using Path = std::filesystem::path;

Path draw_forecast(ResultFile& file, const Album& album) {
  const Eigen::MatrixXd rmse = file.read_all("/forecast/rmse");
  const std::vector<std::string> names = file.read_labels("/forecast/system_name");
  // The persistence of the best analyses that there are.
  const bool corrected = rmse.col(1).array().isFinite().any();
  Eigen::MatrixXd rows(rmse.rows(), 2 + rmse.cols());
  rows << column(file, "/forecast/lead"), rmse, file.read_all("/forecast/persistence_rmse").col(corrected ? 1 : 0);
  Gnuplot plot(album.picture("forecast"), 1800, 800);
  plot.data("rmse", rows);
  const char* const looks[] = {"lt 2 dt 2", "lt 1", "lt 2", "lt 4 dt 2"};
  std::string curves;
  for (Index s = 0; s < rmse.cols(); ++s)
    if (rmse.col(s).array().isFinite().any())
      curves += (curves.empty() ? "" : ", ") + std::string("$rmse using 1:") + std::to_string(s + 2) +
                " with linespoints pt 7 ps " + (names[static_cast<std::size_t>(s)] == "climatology" ? "0 " : "0.9 ") +
                looks[s % 4] + " title " + quoted(names[static_cast<std::size_t>(s)]);
  if (rows.rightCols(1).array().isFinite().any())
    curves += ", '' using 1:" + std::to_string(rows.cols()) + " with lines lt 5 dt 2 title " +
              quoted(corrected ? "persistence, corrected model's analyses" : "persistence");
  plot("set xlabel 'lead time'\nset ylabel 'RMSE of the forecast'\nset key noenhanced\n" +
       logarithmic_y(rows.rightCols(rows.cols() - 1)) + "plot " + curves);
  return plot.finish();
}

}  // namespace semiflow
