// Pictures of the discovered terms and of the forecasts.
#include <algorithm>
#include <cmath>

#include "pictures.hpp"

namespace semiflow {

using Path = std::filesystem::path;

namespace {

// 'u^2 u_xxxx' as gnuplot's enhanced text sets it: u^{2} u_{xxxx}.
std::string typeset(const std::string& term) {
  std::string text;
  bool open = false;
  for (const char c : term) {
    if (open && c == ' ') text += '}', open = false;
    text += c;
    if (c == '_' || c == '^') text += '{', open = true;
  }
  return open ? text + '}' : text;
}

}  // namespace

Path draw_discovery(ResultFile& file, const Album& album) {
  const std::vector<std::string> names = file.read_labels("/discovery/term_name");
  const Index passes = finished_passes(file);
  const Eigen::MatrixXd found = file.read_all("/discovery/coefficient").leftCols(passes);
  const Eigen::VectorXd sd = file.read_all("/discovery/standard_deviation").col(passes - 1),
                        truth = column(file, "/discovery/true_coefficient");
  const auto lacks = [&truth](Index j) { return std::isfinite(truth(j)) && truth(j) != 0; };
  const auto name = [&names](Index j) { return quoted(typeset(names[static_cast<std::size_t>(j)])); };
  std::vector<Index> shown, missing;
  for (Index j = 0; j < found.rows(); ++j) {
    if (lacks(j)) missing.push_back(j);
    if ((found.row(j).array() != 0).any() || lacks(j)) shown.push_back(j);
  }
  // Place, last pass, its error bar, truth, first pass. A zero has no mark of its own: the zero line is it. A term that
  // the last pass has eliminated is such a one.
  Eigen::MatrixXd rows(static_cast<Index>(shown.size()), 5), errors(passes, 1 + static_cast<Index>(missing.size()));
  const auto unless_zero = [](double value) { return value == 0 ? NAN : value; };
  std::string tics;
  double low = 0, high = 0;
  for (Index i = 0; i < rows.rows(); ++i) {
    const Index j = shown[static_cast<std::size_t>(i)];
    const double last = found(j, passes - 1), bar = std::isfinite(sd(j)) ? 2 * sd(j) : 0;
    rows.row(i) << static_cast<double>(i), unless_zero(last), bar, unless_zero(truth(j)), unless_zero(found(j, 0));
    low = std::min({low, last - bar, found(j, 0), lacks(j) ? truth(j) : 0});
    high = std::max({high, last + bar, found(j, 0), lacks(j) ? truth(j) : 0});
    tics += (tics.empty() ? "" : ", ") + name(j) + " " + std::to_string(i);
  }
  if (low == high) low = -1, high = 1;
  const double room = 0.08 * (high - low);
  errors.col(0) =
      Eigen::VectorXd::LinSpaced(passes, passes > 1 ? 1 : static_cast<double>(passes), static_cast<double>(passes));
  for (Index i = 0; i + 1 < errors.cols(); ++i) {
    const Index j = missing[static_cast<std::size_t>(i)];
    errors.col(i + 1) = 100 * (found.row(j).transpose().array() / truth(j) - 1).abs().max(1e-10);
  }
  const bool compare = passes > 1 && !missing.empty();
  Gnuplot plot(album.picture("discovery"), 1800, 850);
  plot.data("terms", rows);
  plot.data("errors", errors);
  std::string marks = "0 with lines lt 4 lw 1 notitle";
  const auto mark = [&](Index column, const std::string& look) {
    if (rows.col(column).array().isFinite().any()) marks += ", $terms using 1:" + look;
  };
  mark(3, "4 with points pt 6 ps 3.4 lw 2 lc rgb 'black' title 'true'");
  if (passes > 1) mark(4, "5 with points pt 2 ps 1.6 lt 2 title 'first pass'");
  mark(1, "2:3 with yerrorbars pt 7 ps 1.4 lt 1 title '" + std::string(passes > 1 ? "last pass, " : "") +
              "± 2 sd (statistical)'");
  plot("set multiplot\nset lmargin at screen 0.08\nset rmargin at screen " + std::string(compare ? "0.56" : "0.97") +
       "\nset tmargin at screen 0.85\nset bmargin at screen 0.14\nset ylabel 'coefficient that the model lacks'\n"
       "set key at graph 0,1.2 left top horizontal Left reverse samplen 1 height 0\nset xtics (" +
       tics + ")" + (rows.rows() > 7 ? " rotate by 40 right" : "") + "\n" + range("yrange", low - room, high + room) +
       range("xrange", -0.6, std::max(0.0, static_cast<double>(rows.rows()) - 1) + 0.6) + "plot " + marks);
  if (compare) {
    std::string curves;
    for (Index i = 1; i < errors.cols(); ++i)
      curves += (i > 1 ? ", " : "") + std::string("$errors using 1:") + std::to_string(i + 1) +
                " with linespoints pt 7 ps 1.6 lt " + std::to_string(i) + " title " +
                name(missing[static_cast<std::size_t>(i - 1)]);
    plot(
        "set lmargin at screen 0.66\nset rmargin at screen 0.97\nset xtics 1 norotate\nset xlabel 'pass'\n"
        "set ylabel 'relative error of the coefficient (%)'\n" +
        logarithmic_y(errors.rightCols(errors.cols() - 1)) + range("xrange", 0.7, static_cast<double>(passes) + 0.3) +
        "plot " + curves);
  }
  plot("unset multiplot");
  return plot.finish();
}

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
