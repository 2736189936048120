// Pictures of a learned operator: its training, and the errors of its forecasts.
#include <cmath>

#include "pictures.hpp"

namespace semiflow {

using Path = std::filesystem::path;

Path draw_learning_curve(ResultFile& file, const Album& album) {
  const std::string group = "/surrogate/";
  const Eigen::VectorXd epochs = column(file, group + "epoch");
  const std::pair<const char*, const char*> curves[] = {{"loss", "training"},
                                                        {"validation", "validation"},
                                                        {"plain_loss", "training, plain FNO"},
                                                        {"plain_validation", "validation, plain FNO"}};
  Eigen::MatrixXd rows(epochs.size(), 5);
  rows.col(0) = epochs;
  std::string commands;
  for (Index i = 0; i < 4; ++i) {
    const auto& [name, title] = curves[i];
    rows.col(i + 1).setConstant(std::nan(""));
    if (!file.has(group + name)) continue;
    rows.col(i + 1) = column(file, group + name);
    if (rows.col(i + 1).array().isFinite().any())
      commands += (commands.empty() ? "" : ", ") + std::string("$curves using 1:") + std::to_string(i + 2) +
                  " with lines lw 2 lt " + std::to_string(i + 1) + " title " + quoted(title);
  }
  Gnuplot plot(album.picture("learning-curve"), 1800, 800);
  plot.data("curves", rows);
  plot("set xlabel 'epoch'\nset ylabel 'loss'\n" + logarithmic_y(rows.rightCols(4)) + "plot " + commands);
  return plot.finish();
}

Path draw_rollout(ResultFile& file, const Album& album) {
  const Eigen::MatrixXd errors = file.read_all("/surrogate/rollout_error");
  const std::vector<std::string> names = file.read_labels("/surrogate/system_name");
  Eigen::MatrixXd rows(errors.rows(), 1 + errors.cols());
  rows << column(file, "/surrogate/lead"), errors;
  std::string curves;
  for (Index s = 0; s < errors.cols(); ++s)
    if ((errors.col(s).array().isFinite() && errors.col(s).array() > 0).any())
      curves += (curves.empty() ? "" : ", ") + std::string("$rollout using 1:") + std::to_string(s + 2) +
                " with linespoints pt 7 ps 0.9 lt " + std::to_string(s + 1) + " title " +
                quoted(names[static_cast<std::size_t>(s)]);
  Gnuplot plot(album.picture("rollout"), 1800, 800);
  plot.data("rollout", rows);
  plot("set xlabel 'lead time'\nset ylabel 'relative error of the forecast'\nset key noenhanced right bottom\n" +
       logarithmic_y(errors) + "plot " + curves);
  return plot.finish();
}

}  // namespace semiflow
