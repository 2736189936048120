// Pictures of what is read off a simulation: series in time, isotropic spectra.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <semiflow/pde/diagnostics.hpp>
#include <semiflow/pde/multipliers.hpp>

#include "image_sheet.hpp"
#include "pictures.hpp"
#include "resolution.hpp"

namespace semiflow {

using Path = std::filesystem::path;

namespace {

struct Curve {
  std::string path, title;
};
struct Panel {
  std::string label;
  std::vector<Curve> curves;
  bool logarithmic = false;
};

std::vector<Panel> panels_of(ResultFile& file, const Simulation& s) {
  std::vector<Panel> panels;
  for (const char* name : {"energy", "enstrophy", "palinstrophy"})
    if (const std::string path = std::string("/truth/") + name; file.has(path))
      panels.push_back({.label = name, .curves = {{path, ""}}});
  const auto every_field = [&](const char* name, const char* label, bool logarithmic) {
    Panel& panel = panels.emplace_back(Panel{.label = label, .curves = {}, .logarithmic = logarithmic});
    for (const std::string& field : s.fields)
      panel.curves.push_back({s.series(name, field), s.fields.size() > 1 ? field : ""});
  };
  every_field("rms", "rms", false);
  every_field("tail", "share in the last third\\nof the harmonics", true);
  for (Curve& curve : panels.back().curves) curve.title = "";  // the colours are those of the panel above
  if (file.has("/truth/largest_error"))
    panels.push_back({.label = "largest error", .curves = {{"/truth/largest_error", ""}}, .logarithmic = true});
  return panels;
}

// A decay over decades is a straight line on a logarithmic axis.
bool spans_decades(const Eigen::MatrixXd& values) {
  return values.minCoeff() > 0 && values.maxCoeff() > 30 * values.minCoeff();
}

std::string linear_y(const Eigen::MatrixXd& values) {
  const double low = values.minCoeff(), high = values.maxCoeff();
  const double room = std::max({0.06 * (high - low), 1e-3 * std::abs(high), 1e-300});
  return "unset logscale y\nset format y '%h'\nset ytics autofreq\n" + range("yrange", low - room, high + room);
}

void draw_panel(Gnuplot& plot, ResultFile& file, const Simulation& s, const Panel& panel, const std::string& name) {
  Eigen::MatrixXd rows(s.frames(), 1 + std::ssize(panel.curves));
  rows.col(0) = s.times;
  for (std::size_t c = 0; c < panel.curves.size(); ++c)
    rows.col(static_cast<Index>(c) + 1) = column(file, panel.curves[c].path).head(s.frames());
  const Eigen::MatrixXd values = rows.rightCols(rows.cols() - 1);
  plot.data(name, rows);
  const bool logarithmic = panel.logarithmic || spans_decades(values);
  std::string curves;
  const bool tail = panel.label.starts_with("share");
  if (tail) {
    curves = number(unresolved_tail) + " with lines lt 4 dt 2 notitle";
    plot("set label 1 'resolved below' at graph 0.99, first " + number(unresolved_tail) + " right tc lt 4 offset 0," +
         (values.maxCoeff() > unresolved_tail ? "0.6" : "-0.7"));
  }
  for (std::size_t c = 0; c < panel.curves.size(); ++c) {
    if (logarithmic && !(values.col(static_cast<Index>(c)).array() > 0).any()) continue;
    curves += std::string(curves.empty() ? "" : ", ") + "$" + name + " using 1:" + std::to_string(c + 2) +
              (s.frames() > 30 ? " with lines" : " with linespoints pt 7 ps 0.8") + " lt " + std::to_string(c + 1) +
              (panel.curves[c].title.empty() ? " notitle" : " title " + quoted(panel.curves[c].title));
  }
  if (curves.empty()) return;  // nothing but zeros on a logarithmic axis
  Eigen::MatrixXd shown(values.rows(), values.cols() + 1);
  shown << values, Eigen::VectorXd::Constant(values.rows(), tail ? unresolved_tail : NAN);
  // Zero has no place on a logarithmic axis, and rounding errors need none.
  const auto visible = [](double value) { return value > 0 ? std::max(value, 1e-26) : NAN; };
  plot((logarithmic ? logarithmic_y(shown.unaryExpr(visible)) : linear_y(values)) + "set ylabel \"" + panel.label +
       "\"\nplot " + curves + "\nunset label 1");
}

// The isotropic spectrum of a frame as a density, [shells]: of the energy where the flow has one, or of half the
// square of every field.
struct Quantity {
  std::string label;
  std::vector<std::string> curves;  // titles
  double guide = 0;                 // exponent of an inertial range, 0 for none
};

Quantity quantity_of(ResultFile& file, const Simulation& s) {
  // Kraichnan (1967): the enstrophy range of plane turbulence; Kolmogorov (1941).
  if (file.has("/truth/energy")) return {"energy spectrum E(k)", {""}, -3};
  if (s.grid.dimensions() == 3 && s.fields.size() == 3) return {"energy spectrum E(k)", {""}, -5.0 / 3};
  return {"spectrum of half the mean square", s.fields, 0};
}

Eigen::MatrixXd spectra_at(ResultFile& file, const Simulation& s, const Quantity& quantity, Index frame) {
  SpectralDiagnostics diagnostics(s.grid);
  Eigen::MatrixXd spectra;
  for (std::size_t f = 0; f < s.fields.size(); ++f) {
    const Eigen::VectorXd field = field_at(file, s.fields[f], frame);
    const Eigen::VectorXd one = file.has("/truth/energy")
                                    ? diagnostics.isotropic_spectrum(field, -1 * inverse_laplacian(s.grid))
                                    : diagnostics.isotropic_spectrum(field);
    if (f == 0) spectra = Eigen::MatrixXd::Zero(one.size(), std::ssize(quantity.curves));
    spectra.col(quantity.curves.size() == s.fields.size() ? static_cast<Index>(f) : 0) += one;
  }
  return spectra;
}

// One field changes its colour with time, several their dashes.
std::string look(bool last, Index curve, Index curves) {
  const std::string colour = "lt " + std::to_string(curve + 1);
  if (last) return colour;
  return curves == 1 ? "lt 4" : colour + " dt 2 lw 1.6";
}

// A power law beside the spectrum, over the wavenumbers that inertial ranges may fill; empty if it is no continuum.
std::string guide(const Eigen::MatrixXd& rows, double exponent, double limit) {
  if (exponent == 0 || !std::isfinite(limit)) return {};
  const Eigen::VectorXd k = rows.col(0), last = rows.rightCols(1);
  const double floor = 1e-14 * last.maxCoeff();
  Index peak = 0, populated = 0;
  last.maxCoeff(&peak);
  for (Index n = 0; n < k.size(); ++n) populated += k(n) < limit && last(n) > floor;
  const double from = 2 * k(peak), to = std::min(0.5 * limit, 8 * from);
  if (populated < 16 || to < 2.5 * from) return {};
  Index start = 0;
  (k.array() - from).abs().minCoeff(&start);
  // Above the spectrum, so that both can be seen.
  double level = 0;
  for (Index n = start; n < k.size() && k(n) <= to; ++n)
    level = std::max(level, 3 * last(n) * std::pow(k(n) / from, -exponent));
  const std::string name = exponent == -3 ? "k^{-3}" : "k^{-5/3}";
  return ", [" + number(from) + ":" + number(to) + "] " + number(level) + "*(x/" + number(from) + ")**(" +
         number(exponent) + ") with lines lc rgb 'black' dt 3 lw 2 title '" + name + "'";
}

}  // namespace

Path draw_series(ResultFile& file, const Simulation& s, const Album& album) {
  const std::vector<Panel> panels = panels_of(file, s);
  const int columns = panels.size() > 3 ? 2 : 1, rows = (static_cast<int>(panels.size()) + columns - 1) / columns;
  Gnuplot plot(album.picture("series"), 1800, 80 + 400 * rows);
  plot("set multiplot layout " + std::to_string(rows) + "," + std::to_string(columns) +
       " margins char 11, char 2, char 3.6, char 1 spacing char 13, char 3.4\nset key inside top right vertical\n"
       "set xlabel 'time t' offset 0,0.4");
  const double last = s.times(s.frames() - 1), room = s.frames() > 1 ? 0 : 1;
  plot(range("xrange", s.times(0) - room, last + room));
  for (std::size_t p = 0; p < panels.size(); ++p) draw_panel(plot, file, s, panels[p], "series_" + std::to_string(p));
  plot("unset multiplot");
  return plot.finish();
}

Path draw_isotropic_spectra(ResultFile& file, const Simulation& s, const Album& album) {
  const Quantity quantity = quantity_of(file, s);
  const std::vector<Index> frames = s.chosen(2);
  double longest = 0;
  for (Index d = 0; d < s.grid.dimensions(); ++d) longest = std::max(longest, s.grid.axis(d).length);
  const double first = 2 * std::numbers::pi / longest;
  Eigen::MatrixXd rows;
  std::string curves;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const Eigen::MatrixXd spectra = spectra_at(file, s, quantity, frames[i]) / first;
    if (i == 0) {
      rows.resize(spectra.rows(), 1 + spectra.cols() * std::ssize(frames));
      rows.col(0) = first * Eigen::VectorXd::LinSpaced(spectra.rows(), 0, static_cast<double>(spectra.rows() - 1));
    }
    const Index start = 1 + static_cast<Index>(i) * spectra.cols();
    rows.middleCols(start, spectra.cols()) = spectra;
    for (Index c = 0; c < spectra.cols(); ++c) {
      if (!(spectra.col(c).tail(spectra.rows() - 1).array() > 0).any()) continue;
      const std::string& field = quantity.curves[static_cast<std::size_t>(c)];
      curves += std::string(curves.empty() ? "" : ", ") + "$spectra using 1:" + std::to_string(start + c + 1) +
                " with linespoints pt 7 ps 0.5 " + look(i + 1 == frames.size(), c, spectra.cols()) + " title " +
                quoted((field.empty() ? "" : field + ", ") + time_label(s.times(frames[i])));
    }
  }
  // Shell zero is the mean. Beyond the limit only the corners of a square are filled.
  Index shells = rows.rows() - 1;
  const bool limited = std::isfinite(s.resolved_wavenumber);
  if (limited) shells = std::min(shells, static_cast<Index>(1.42 * s.resolved_wavenumber / first));
  const Eigen::MatrixXd shown = rows.middleRows(1, shells);
  // What lies below rounding says nothing.
  const double most = shown.rightCols(shown.cols() - 1).maxCoeff(), floor = 1e-22 * most;
  const Index judged = limited ? std::min(shells, static_cast<Index>(s.resolved_wavenumber / first)) : shells;
  const auto visible = [&](double value) { return value > 0 ? std::max(value, floor) : NAN; };
  Gnuplot plot(album.picture("spectra"), 1500, 1000);
  plot.data("spectra", shown);
  if (curves.empty()) curves = "NaN notitle";
  if (limited)
    plot("set arrow from first " + number(s.resolved_wavenumber) + ", graph 0 to first " +
         number(s.resolved_wavenumber) + ", graph 1 nohead lt 4 dt 2\nset label ' k_{max}' at first " +
         number(s.resolved_wavenumber) + ", graph 0.96 left tc lt 4");
  plot("set logscale x\nset xlabel 'wavenumber k'\nset ylabel " + quoted(quantity.label) + "\n" +
       logarithmic_y(shown.topRightCorner(judged, shown.cols() - 1).unaryExpr(visible)) +
       range("xrange", 0.9 * first, 1.1 * shown(shells - 1, 0)) + "set format x '%h'\nplot " + curves +
       guide(shown, quantity.guide, s.resolved_wavenumber));
  return plot.finish();
}

}  // namespace semiflow
