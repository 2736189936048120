// Pictures of the discovered terms: coefficients, and the evidence for them.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <semiflow/core/fft.hpp>

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
  // Of one pass: how far it is from the truth, in per cent, which the coefficients do not show.
  Eigen::MatrixXd distances(static_cast<Index>(missing.size()), 3);
  std::string missing_tics;
  for (Index i = 0; i < distances.rows(); ++i) {
    const Index j = missing[static_cast<std::size_t>(i)];
    distances.row(i) << static_cast<double>(i), 100 * (found(j, passes - 1) / truth(j) - 1),
        100 * (std::isfinite(sd(j)) ? 2 * sd(j) : 0) / std::abs(truth(j));
    missing_tics += (i > 0 ? ", " : "") + name(j) + " " + std::to_string(i);
  }
  const bool alone = passes == 1 && !missing.empty();
  Gnuplot plot(album.picture("discovery"), 1800, 850);
  plot.data("terms", rows);
  plot.data("errors", errors);
  if (distances.rows() > 0) plot.data("distances", distances);
  std::string marks = "0 with lines lt 4 lw 1 notitle";
  const auto mark = [&](Index column, const std::string& look) {
    if (rows.col(column).array().isFinite().any()) marks += ", $terms using 1:" + look;
  };
  mark(3, "4 with points pt 6 ps 3.4 lw 2 lc rgb 'black' title 'true'");
  if (passes > 1) mark(4, "5 with points pt 2 ps 1.6 lt 2 title 'first pass'");
  mark(1, "2:3 with yerrorbars pt 7 ps 1.4 lt 1 title '" + std::string(passes > 1 ? "last pass, " : "") +
              "± 2 sd (statistical)'");
  plot("set multiplot\nset lmargin at screen 0.08\nset rmargin at screen " +
       std::string(compare || alone ? "0.56" : "0.97") +
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
  if (alone)
    plot("set lmargin at screen 0.66\nset rmargin at screen 0.97\nset xtics (" + missing_tics +
         ") norotate\nset ylabel 'error of the coefficient (%), ± 2 sd'\nset key off\nset autoscale y\n" +
         range("xrange", -0.6, static_cast<double>(distances.rows()) - 0.4) +
         "plot 0 with lines lt 4 lw 1 notitle, $distances using 1:2:3 with yerrorbars pt 7 ps 1.4 lt 1 notitle");
  plot("unset multiplot");
  return plot.finish();
}

namespace {

// The terms with the largest probabilities, and what the odds are with more and fewer.
std::string evidence_panels(ResultFile& file, Gnuplot& plot) {
  const std::vector<std::string> names = file.read_labels("/discovery/term_name");
  const Index last = finished_passes(file) - 1;
  const Eigen::VectorXd probability = file.read("/discovery/inclusion_probability", last, 1).reshaped();
  const Eigen::VectorXd found = file.read("/discovery/coefficient", last, 1).reshaped();
  std::vector<Index> order(names.size());
  for (std::size_t j = 0; j < order.size(); ++j) order[j] = static_cast<Index>(j);
  std::ranges::stable_sort(order, [&](Index a, Index b) { return probability(a) > probability(b); });
  order.resize(std::min<std::size_t>(order.size(), 12));
  Eigen::MatrixXd bars(static_cast<Index>(order.size()), 3);
  std::string tics;
  for (Index i = 0; i < bars.rows(); ++i) {
    const Index j = order[static_cast<std::size_t>(i)];
    bars.row(i) << static_cast<double>(i), found(j) != 0 ? probability(j) : NAN, found(j) != 0 ? NAN : probability(j);
    tics += (i > 0 ? ", " : "") + quoted(typeset(names[static_cast<std::size_t>(j)])) + " " + std::to_string(i);
  }
  plot.data("bars", bars);
  std::string drawn;
  if (bars.col(1).array().isFinite().any()) drawn = "$bars using 1:2 with boxes lt 1 title 'in the answer'";
  if (bars.col(2).array().isFinite().any())
    drawn += (drawn.empty() ? "" : ", ") + std::string("$bars using 1:3 with boxes lt 4 title 'left out'");
  return "set boxwidth 0.7\nset style fill solid 0.8\nset xtics (" + tics + ") rotate by 40 right\n" +
         range("yrange", 0, 1.05) + range("xrange", -0.6, static_cast<double>(bars.rows()) - 0.4) +
         "set ylabel 'probability that the term is missing'\nset key top right\nplot " + drawn + "\n";
}

std::string path_panel(ResultFile& file, Gnuplot& plot) {
  const Index last = finished_passes(file) - 1;
  const Eigen::VectorXd path = file.read("/discovery/evidence_path", last, 1).reshaped();
  double best = -INFINITY;
  for (const double odds : path)
    if (std::isfinite(odds)) best = std::max(best, odds);
  Eigen::MatrixXd rows(path.size(), 2);
  Index shown = 0;
  for (Index k = 0; k < path.size(); ++k)
    if (std::isfinite(path(k))) rows.row(shown++) << static_cast<double>(k), best - path(k) + 1;
  plot.data("path", rows.topRows(shown));
  return "set xtics autofreq norotate\nset xlabel 'number of terms'\nset ylabel 'log odds lost against the best, + "
         "1'\n" +
         logarithmic_y(rows.col(1).head(shown)) + range("xrange", -0.5, static_cast<double>(shown) - 0.5) +
         "plot $path using 1:2 with linespoints pt 7 ps 1.4 lt 1 notitle\n";
}

}  // namespace

Path draw_evidence(ResultFile& file, const Album& album) {
  Gnuplot plot(album.picture("evidence"), 1800, 850);
  const std::string left = evidence_panels(file, plot), right = path_panel(file, plot);
  plot(
      "set multiplot\nset tmargin at screen 0.93\nset bmargin at screen 0.2\nset lmargin at screen 0.07\n"
      "set rmargin at screen 0.55\n" +
      left + "set lmargin at screen 0.66\nset rmargin at screen 0.97\n" + right + "unset multiplot");
  return plot.finish();
}

Path draw_increment_spectrum(ResultFile& file, const Album& album) {
  const Grid line({{file.shape("/x")[0], column(file, "/x")(1) * static_cast<double>(file.shape("/x")[0])}});
  const Eigen::ArrayXd k = line.wavenumber(0), multiplicity = line.multiplicity();
  Fft fft(line);
  const auto spectrum = [&](const Eigen::MatrixXd& states) {
    Spectrum modes(line.modes(), states.cols());
    fft.forward(states, modes);
    const auto scale = static_cast<double>(line.points() * line.points() * states.cols());
    return Eigen::ArrayXd(modes.cwiseAbs2().rowwise().sum().array() * multiplicity / scale);
  };
  const bool noisy = file.has("/observations/before");
  const std::string seen = noisy ? "/observations/" : "/truth/";
  const Eigen::MatrixXd before = file.read_all(seen + "before"), after = file.read_all(seen + "after");
  Eigen::MatrixXd rows(line.modes(), noisy ? 5 : 3);
  rows.col(0) = k.matrix();
  rows.col(1) = spectrum(before).matrix();
  rows.col(2) = spectrum(after - before).matrix();
  std::string curves =
      "$spectra using 1:2 with lines lt 4 title 'state', '' using 1:3 with lines lt 2 title 'increment'";
  if (noisy) {
    rows.col(3) = spectrum(file.read_all("/truth/after") - file.read_all("/truth/before")).matrix();
    const double error = file.double_attribute("/observations", "error_std");
    rows.col(4) = (2 * error * error / static_cast<double>(line.points()) * multiplicity).matrix();
    curves +=
        ", '' using 1:4 with lines lt 1 title 'increment without noise', '' using 1:5 with lines lt 3 dt 2 title "
        "'noise of the increment'";
  }
  // Far below the noise, or the state's rounding, there is nothing to see.
  const double floor = noisy ? 1e-3 * rows(rows.rows() - 2, 4) : 1e-20;
  rows = (rows.array() > floor).select(rows, NAN).eval();
  Gnuplot plot(album.picture("increment-spectrum"), 1500, 900);
  plot.data("spectra", rows.bottomRows(rows.rows() - 1));
  std::string limit;
  if (file.has_attribute("/discovery", "largest_wavenumber")) {
    const std::string at = number(file.double_attribute("/discovery", "largest_wavenumber"));
    limit = "set arrow from " + at + ", graph 0 to " + at + ", graph 1 nohead lt 4 dt 3\n";
    curves += ", NaN with lines lt 4 dt 3 title 'states are estimated up to here'";
  }
  plot("set logscale xy\n" + range("xrange", k(1), k(k.size() - 1)) +
       "set format y '10^{%L}'\nset xlabel 'wavenumber k'\nset ylabel 'mean square of a mode'\nset key bottom left\n" +
       limit + "plot " + curves);
  return plot.finish();
}

}  // namespace semiflow
