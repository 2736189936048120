// Pictures of the filter: fields, errors, spectra, rank histogram.
#include <algorithm>
#include <cmath>
#include <semiflow/core/fft.hpp>

#include "pictures.hpp"

namespace semiflow {

using Path = std::filesystem::path;

namespace {

// The assimilation with the last corrected model of those that are complete, or else the first.
std::string last_assimilation(ResultFile& file) {
  Index pass = 0;
  const auto group = [](Index n) { return "/assimilation_" + std::to_string(n); };
  while (file.has(group(pass + 1)) && finished_analyses(file, group(pass + 1)) == all_analyses(file)) ++pass;
  return pass == 0 ? "/assimilation" : group(pass);
}

// The largest finite size, for colour ranges; never zero, which gnuplot refuses.
double largest(const Eigen::MatrixXd& values) {
  double size = 1e-12;
  for (const double value : values.reshaped())
    if (std::isfinite(value)) size = std::max(size, std::abs(value));
  return size;
}

double spacing(const Eigen::VectorXd& axis) { return axis.size() > 1 ? axis(1) - axis(0) : 1; }

// The last frames up to that of the last analysis. The truth may begin before the first analysis, so they are counted
// from the end.
Eigen::MatrixXd last_frames(ResultFile& file, const std::string& path, Index count) {
  const Index to_come = all_analyses(file) - finished_analyses(file, "/assimilation");
  return file.read(path, file.shape(path)[0] - to_come - count, count);
}

// Mean power of every harmonic over the frames.
Eigen::VectorXd spectrum(const Grid& grid, const Eigen::MatrixXd& frames) {
  Spectrum modes(grid.modes(), frames.cols());
  Fft(grid).forward(frames, modes);
  const double points = static_cast<double>(grid.points());
  return (modes.rowwise().squaredNorm().array() * grid.multiplicity() /
          (points * points * static_cast<double>(frames.cols())))
      .matrix();
}

}  // namespace

Path draw_space_time(ResultFile& file, const Album& album) {
  const Eigen::VectorXd times = column(file, "/assimilation/time").head(finished_analyses(file, "/assimilation"));
  const Eigen::VectorXd x = column(file, "/x");
  const double dt = spacing(times), dx = spacing(x);
  const Index count = std::clamp<Index>(static_cast<Index>(120 / dt), 1, times.size());
  const double start = times(times.size() - count), end = times(times.size() - 1);
  const std::string last = last_assimilation(file);
  const bool corrected = last != "/assimilation";
  const Eigen::MatrixXd truth = last_frames(file, "/truth/u", count);
  const Eigen::MatrixXd before = last_frames(file, "/assimilation/analysis_mean", count);
  const Eigen::MatrixXd after = last_frames(file, last + "/analysis_mean", count);
  const double size = largest(truth), error = 0.8 * std::max(largest(before - truth), largest(after - truth));

  Gnuplot plot(album.picture("space-time"), 1800, corrected ? 1600 : 1050);
  plot.data("truth", truth.transpose());
  plot.data("before", before.transpose());
  plot.data("after", after.transpose());
  plot.data("error_before", (before - truth).cwiseAbs().transpose());
  plot.data("error_after", (after - truth).cwiseAbs().transpose());
  const Eigen::VectorXd positions =
      file.has("/observations/sensor") ? column(file, "/observations/sensor") : Eigen::VectorXd();

  const int rows = corrected ? 5 : 3;
  const double bottom = corrected ? 0.065 : 0.1, pitch = (0.995 - bottom) / rows;
  int row = 0;
  const auto panel = [&](const std::string& title, const char* data, bool sensors) {
    const double low = bottom + pitch * (rows - 1 - row);
    plot("set lmargin at screen 0.075\nset rmargin at screen 0.87\nset bmargin at screen " + number(low) +
         "\nset tmargin at screen " + number(low + pitch - (corrected ? 0.035 : 0.05)) + "\nset title '" + title +
         "' offset 0,-0.8\n" + (++row == rows ? "set xlabel 'time t'\nset format x '%g'" : "set format x ''"));
    // Outside the frame, so that many sensors hide no data.
    if (sensors)
      for (const double position : positions)
        plot("set arrow from graph -0.006, first " + number(position) + " to graph 0, first " + number(position) +
             " nohead lw 1.2");
    plot(std::string("plot $") + data + " matrix using ($2*" + number(dt) + "+" + number(start) + "):($1*" +
         number(dx) + "+" + number(x(0)) + "):3 with image notitle");
    plot("unset arrow");
  };
  plot("set multiplot\nset border 15 lw 1\nset tics out\nset cbtics font ',16'\nset ylabel 'x' offset 1.2,0\n" +
       range("xrange", start - 0.5 * dt, end + 0.5 * dt) +
       range("yrange", x(0) - 0.5 * dx, x(x.size() - 1) + 0.5 * dx) +
       "set palette defined (0 '#053061', 1 '#2166ac', 2 '#67a9cf', 3 '#f7f7f7', 4 '#ef8a62', 5 '#b2182b', 6 "
       "'#67001f')\n" +
       range("cbrange", -size, size) + "set cblabel 'u' offset 0.8,0");
  panel("truth u(x, t); the ticks on the left are the sensors", "truth", true);
  panel(corrected ? "analysis, model as it was" : "analysis", "before", false);
  if (corrected) panel("analysis, corrected model", "after", false);
  plot("set palette defined (0 '#ffffff', 1 '#fde0a5', 2 '#f4a259', 3 '#c8553d', 4 '#6a2c4f', 5 '#1b1033')\n" +
       range("cbrange", 0, error) + "set cblabel '|error|' offset 0.8,0");
  panel(corrected ? "|analysis - truth|, model as it was" : "|analysis - truth|", "error_before", false);
  if (corrected) panel("|analysis - truth|, corrected model", "error_after", false);
  plot("unset multiplot");
  return plot.finish();
}

Path draw_assimilation(ResultFile& file, const Album& album) {
  const std::string last = last_assimilation(file);
  const bool corrected = last != "/assimilation";
  const Index analyses = finished_analyses(file, "/assimilation"), thin = std::max<Index>(1, analyses / 1500);
  const auto thinned = [&](const std::string& path) {
    return Eigen::VectorXd(column(file, path)(Eigen::seq(0, analyses - 1, thin)));
  };
  const Eigen::VectorXd times = thinned("/assimilation/time");
  Eigen::MatrixXd rows(times.size(), 9);
  rows.col(0) = times;
  Index c = 0;
  for (const std::string& group : {std::string("/assimilation"), last})
    for (const char* name : {"/rmse_forecast", "/rmse_analysis", "/spread_forecast", "/spread_analysis"})
      rows.col(++c) = thinned(group + name);
  const double end = column(file, "/assimilation/time")(analyses - 1),
               burn_in = file.double_attribute("/assimilation", "burn_in");
  // A start from the truth itself falls off the picture: what counts comes after the burn-in.
  const Index first = burn_in < end ? (times.array() <= burn_in).count() : 0;

  Gnuplot plot(album.picture("assimilation"), 1800, 1100);
  plot.data("series", rows);
  if (burn_in > 0)
    plot("set object 1 rect from graph 0,graph 0 to first " + number(std::min(burn_in, end)) +
         ",graph 1 fc rgb '#eeeeee' fs solid noborder behind");
  plot("set multiplot layout 2,1 margins 0.09,0.97,0.19,0.98 spacing 0,0.05\n" + range("xrange", 0, end));
  // The spread comes last: it lies over the RMSE wherever the filter is well tuned.
  const auto panel = [&](const char* what, Index offset, const Eigen::Vector2d& references) {
    const auto curve = [&](Index column, const char* look, const char* title) {
      return "$series using 1:" + std::to_string(column + offset + 1) + " with lines " + look + " title '" + title +
             "'";
    };
    std::string curves = curve(1, "lt 2 lw 1.8", corrected ? "RMSE, model as it was" : "RMSE");
    if (corrected) curves += ", " + curve(5, "lt 1 lw 1.8", "RMSE, corrected model");
    if (references(0) > 0) curves += ", " + number(references(0)) + " with lines lt 4 lw 2.6 title 'climatology'";
    if (references(1) > 0) curves += ", " + number(references(1)) + " with lines lt 3 title 'optimal interpolation'";
    curves += ", " + curve(3, corrected ? "lc rgb '#404040' dt 2 lw 3.4" : "lc rgb '#202020' lw 2.6",
                           corrected ? "spread, model as it was" : "spread");
    if (corrected) curves += ", " + curve(7, "lc rgb 'black' dt 3 lw 4.5", "spread, corrected model");
    Eigen::MatrixXd values(rows.rows() - first + 1, 4);
    values << rows(Eigen::seq(first, Eigen::last), Eigen::seqN(1 + offset, 4, 2)), references.transpose(), NAN, NAN;
    plot(logarithmic_y(values) + "set ylabel '" + what + "'\nplot " + curves);
  };
  const auto reference = [&](const char* group, const char* name) {
    return file.has(group) ? file.double_attribute(group, name) : NAN;
  };
  plot("set format x ''\nunset key");
  panel("forecast RMSE, spread", 0, {NAN, NAN});
  // One legend for both panels.
  plot("set format x '%g'\nset xlabel 'time t'\nset key at screen 0.5, 0.015 bottom center maxcols 3");
  panel("analysis RMSE, spread", 1,
        {reference("/climatology", "mean_rmse"), reference("/optimal_interpolation", "mean_rmse_analysis")});
  plot("unset multiplot");
  return plot.finish();
}

Path draw_spectra(ResultFile& file, const Album& album) {
  const Eigen::VectorXd x = column(file, "/x");
  const Grid grid({{x.size(), static_cast<double>(x.size()) * spacing(x)}});
  const std::string last = last_assimilation(file);
  const Index half = (finished_analyses(file, "/assimilation") + 1) / 2;
  const Eigen::MatrixXd truth = last_frames(file, "/truth/u", half);
  const auto error = [&](const std::string& group) {
    return spectrum(grid, last_frames(file, group + "/analysis_mean", half) - truth);
  };
  Eigen::MatrixXd rows(grid.modes(), 4);
  rows << grid.wavenumber(0), spectrum(grid, truth), error("/assimilation"), error(last);
  // Waves beyond the cut-off hold rounding errors only: they are no part of the picture.
  const double floor = 1e-14 * largest(rows.col(1));
  Index shown = rows.rows();
  while (shown > 2 && !(rows.row(shown - 1).tail(3).maxCoeff() > floor)) --shown;
  Gnuplot plot(album.picture("spectra"), 1800, 900);
  plot.data("spectra", rows.middleRows(1, shown - 1));
  // Of finished runs that were asked for it.
  const std::string path = last + "/spread_spectrum";
  std::string of_members;
  if (const Eigen::VectorXd spread = file.has(path) ? column(file, path) : Eigen::VectorXd();
      spread.size() > 0 && spread.allFinite()) {
    Eigen::MatrixXd by_wavenumber(std::min(spread.size(), shown) - 1, 2);
    by_wavenumber << rows.col(0).segment(1, by_wavenumber.rows()), spread.segment(1, by_wavenumber.rows());
    plot.data("spread", by_wavenumber);
    of_members = ", $spread using 1:2 with lines lt 3 dt 2 title 'spread of the analysis'";
  }
  plot(
      "set xlabel 'wavenumber k'\nset ylabel 'mean power of a harmonic'\n" +
      logarithmic_y(rows.block(1, 1, shown - 1, 3)) + range("xrange", 0, 1.02 * rows(shown - 1, 0)) +
      "plot $spectra using 1:2 with lines lt 4 lw 3 title 'truth', '' using 1:3 with lines lt 2 title 'analysis error" +
      (last == "/assimilation"
           ? "'"
           : ", model as it was', '' using 1:4 with lines lt 1 title 'analysis error, corrected model'") +
      of_members);
  return plot.finish();
}

Path draw_rank_histogram(ResultFile& file, const Album& album) {
  const std::string last = last_assimilation(file);
  const Eigen::VectorXd first = column(file, "/assimilation/rank_histogram");
  const auto n = static_cast<double>(first.size());
  Eigen::MatrixXd rows(first.size(), 3);
  rows << Eigen::VectorXd::LinSpaced(first.size(), 0, n - 1), n * first, n * column(file, last + "/rank_histogram");
  // Counts of a flat histogram are binomial. Analyses after the burn-in count as independent, the points of one
  // analysis as a single sample: neighbours in space are far from independent.
  const Eigen::VectorXd times = column(file, "/assimilation/time");
  const auto samples = static_cast<double>((times.array() > file.double_attribute("/assimilation", "burn_in")).count());
  const double band = samples > 0 ? 1.96 * std::sqrt((n - 1) / samples) : 0;
  Gnuplot plot(album.picture("rank-histogram"), 1800, 800);
  plot.data("ranks", rows);
  plot("set xlabel 'members below the truth'\nset ylabel 'frequency relative to a flat histogram'\nset yrange [0:]\n" +
       range("xrange", -0.5, n - 0.5) + "plot '+' using 1:(" + number(std::max(0.0, 1 - band)) + "):(" +
       number(1 + band) +
       ") with filledcurves fc rgb '#dddddd' title '95 % if flat, one sample a time', 1 with lines lt 4 dt 2 title "
       "'flat', "
       "$ranks using 1:2 with histeps lt 2 title '" +
       (last == "/assimilation" ? "analysis'"
                                : "model as it was', "
                                  "'' using 1:3 with histeps lt 1 title 'corrected model'"));
  return plot.finish();
}

}  // namespace semiflow
