// The budgets of energy and enstrophy of a plane flow.
#include <algorithm>
#include <cmath>

#include "image_sheet.hpp"
#include "pictures.hpp"

namespace semiflow {

using Path = std::filesystem::path;

namespace {

struct Place {
  int column, row;
};

void margins(Gnuplot& plot, const Place& place) {
  const double left = 0.095 + 0.5 * place.column, bottom = 0.075 + 0.495 * (1 - place.row);
  plot("set lmargin at screen " + number(left) + "\nset rmargin at screen " + number(left + 0.385) +
       "\nset bmargin at screen " + number(bottom) + "\nset tmargin at screen " + number(bottom + 0.37));
}

void y_range(Gnuplot& plot, const Eigen::MatrixXd& values) {
  double low = std::min(0.0, values.minCoeff()), high = std::max(0.0, values.maxCoeff());
  if (high == low) low = -1, high = 1;
  const double room = 0.06 * (high - low);
  plot(range("yrange", low - room, high + room));
}

// The rows without the first quarter if that, a start far from balance, dwarfs all others.
Eigen::MatrixXd without_start(const Eigen::MatrixXd& rows) {
  const Eigen::MatrixXd later = rows.bottomRows(rows.rows() - rows.rows() / 4);
  return rows.cwiseAbs().maxCoeff() > 10 * later.cwiseAbs().maxCoeff() ? later : rows;
}

// Every linear term and force, and the sum of all: the products only move what there is from wave to wave.
void draw_rates(Gnuplot& plot, ResultFile& file, const Simulation& s, const std::string& quantity, int column_number) {
  const std::vector<std::string> terms = file.read_labels("/truth/term_name");
  const Eigen::MatrixXd rates = file.read("/truth/" + quantity + "_budget", 0, s.frames()).transpose();
  Eigen::MatrixXd rows(s.frames(), 2 + rates.cols());
  rows << s.times, rates.rowwise().sum(), rates;
  plot.data(quantity + "_rates", rows);
  margins(plot, {.column = column_number, .row = 0});
  const std::string with = s.frames() > 30 ? " with lines" : " with linespoints pt 7 ps 0.8";
  const double least = 1e-12 * rates.cwiseAbs().maxCoeff();
  std::string curves;
  int line = 1;
  for (std::size_t t = 0; t < terms.size(); ++t) {
    if (terms[t] == "nonlinear" || rates.col(static_cast<Index>(t)).cwiseAbs().maxCoeff() <= least) continue;
    curves += "$" + quantity + "_rates using 1:" + std::to_string(t + 3) + with + " lt " + std::to_string(line++) +
              " title " + quoted(typeset(terms[t])) + ", ";
  }
  y_range(plot, without_start(rows.rightCols(rows.cols() - 1)));
  plot("set ylabel " + quoted("rate of change of " + quantity) + "\nset xlabel 'time t'\nunset logscale\n" +
       range("xrange", s.times(0), s.frames() > 1 ? s.times(s.frames() - 1) : s.times(0) + 1) + "plot " + curves + "$" +
       quantity + "_rates using 1:2" + with + " lc rgb 'black' dt 2 lw 2 title 'sum'");
}

void draw_flux(Gnuplot& plot, ResultFile& file, const Simulation& s, const std::string& quantity, int column_number) {
  const Eigen::VectorXd k = column(file, "/truth/wavenumber");
  const std::string path = "/truth/" + quantity;
  Eigen::MatrixXd flux = file.read(path + "_flux", 0, s.frames());
  // Round-off is no flux: it would fill the axis.
  const double rate = file.read(path + "_budget", 0, s.frames()).cwiseAbs().maxCoeff();
  if (flux.cwiseAbs().maxCoeff() <= 1e-12 * rate) flux.setZero();
  const Index half = (s.frames() + 1) / 2;
  Eigen::MatrixXd rows(k.size() - 1, 3);
  rows << k.tail(k.size() - 1), flux.col(flux.cols() - 1).tail(k.size() - 1),
      flux.rightCols(half).rowwise().mean().tail(k.size() - 1);
  plot.data(quantity + "_flux", rows);
  margins(plot, {.column = column_number, .row = 1});
  y_range(plot, rows.rightCols(2));
  const double limit = std::isfinite(s.resolved_wavenumber) ? 1.45 * s.resolved_wavenumber : k(k.size() - 1);
  plot("set ylabel " + quoted(quantity + " flux {/Symbol P}(k)") + "\nset xlabel 'wavenumber k'\nset logscale x\n" +
       range("xrange", k(1), std::min(limit, k(k.size() - 1))) + "plot 0 with lines lt 4 lw 1 notitle, $" + quantity +
       "_flux using 1:3 with lines lt 1 title " + quoted("mean of t ≥ " + readable(s.times(s.frames() - half))) +
       ", '' using 1:2 with lines lt 2 title " + quoted(time_label(s.times(s.frames() - 1))));
}

}  // namespace

Path draw_budget(ResultFile& file, const Simulation& s, const Album& album) {
  Gnuplot plot(album.picture("budget"), 1800, 1250);
  plot(
      "set multiplot\nset key at graph 0.01,1.13 left top horizontal Left reverse samplen 1.8 height 0\nset format y "
      "'%h'\nset xlabel offset 0,0.4");
  for (const auto& [quantity, column_number] : {std::pair{"energy", 0}, {"enstrophy", 1}}) {
    draw_rates(plot, file, s, quantity, column_number);
    draw_flux(plot, file, s, quantity, column_number);
  }
  plot("unset multiplot");
  return plot.finish();
}

}  // namespace semiflow
