#include "plot.hpp"

#include <algorithm>
#include <cmath>
#include <semiflow/core/error.hpp>
#include <semiflow/core/fft.hpp>
#include <semiflow/core/result_file.hpp>

#include "gnuplot.hpp"

namespace semiflow {

namespace {

using Path = std::filesystem::path;

// The first assimilation and the one with the last corrected model; the same if there is one only.
std::string last_assimilation(ResultFile& file) {
  Index pass = 0;
  while (file.has("/assimilation_" + std::to_string(pass + 1))) ++pass;
  return pass == 0 ? "/assimilation" : "/assimilation_" + std::to_string(pass);
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

std::string range(const char* axis, double low, double high) {
  return std::string("set ") + axis + " [" + number(low) + ":" + number(high) + "]\n";
}

Eigen::VectorXd column(ResultFile& file, const std::string& path) { return file.read_all(path).reshaped(); }

// The largest finite size, for colour ranges; never zero, which gnuplot refuses.
double largest(const Eigen::MatrixXd& values) {
  double size = 1e-12;
  for (const double value : values.reshaped())
    if (std::isfinite(value)) size = std::max(size, std::abs(value));
  return size;
}

double spacing(const Eigen::VectorXd& axis) { return axis.size() > 1 ? axis(1) - axis(0) : 1; }

// A run that was stopped leaves NaN; gnuplot refuses a picture without a single point.
bool any_finite(ResultFile& file, const std::string& path) {
  return file.has(path) && file.read_all(path).array().isFinite().any();
}

// The truth may begin before the first analysis, so frames are counted from the end.
Eigen::MatrixXd last_frames(ResultFile& file, const std::string& path, Index count) {
  return file.read(path, file.shape(path)[0] - count, count);
}

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

Path space_time(ResultFile& file, const Path& directory) {
  const Eigen::VectorXd times = column(file, "/assimilation/time"), x = column(file, "/x");
  const double dt = spacing(times), dx = spacing(x);
  const Index count = std::clamp<Index>(static_cast<Index>(120 / dt), 1, times.size());
  const double start = times(times.size() - count), end = times(times.size() - 1);
  const std::string last = last_assimilation(file);
  const bool corrected = last != "/assimilation";
  const Eigen::MatrixXd truth = last_frames(file, "/truth/u", count);
  const Eigen::MatrixXd before = last_frames(file, "/assimilation/analysis_mean", count);
  const Eigen::MatrixXd after = last_frames(file, last + "/analysis_mean", count);
  const double size = largest(truth), error = 0.8 * std::max(largest(before - truth), largest(after - truth));

  Gnuplot plot(directory / "space-time.png", 1800, corrected ? 1600 : 1050);
  plot.data("truth", truth.transpose());
  plot.data("before", before.transpose());
  plot.data("after", after.transpose());
  plot.data("error_before", (before - truth).cwiseAbs().transpose());
  plot.data("error_after", (after - truth).cwiseAbs().transpose());
  const Eigen::VectorXd positions =
      file.has("/observations/sensor") ? column(file, "/observations/sensor") : Eigen::VectorXd();

  const int rows = corrected ? 5 : 3;
  const double bottom = corrected ? 0.065 : 0.1, pitch = (0.97 - bottom) / rows;
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

Path assimilation(ResultFile& file, const Path& directory) {
  const Eigen::VectorXd times = column(file, "/assimilation/time");
  const std::string last = last_assimilation(file);
  const bool corrected = last != "/assimilation";
  const Index thin = std::max<Index>(1, times.size() / 1500);
  const auto thinned = [thin](const Eigen::VectorXd& all) {
    return Eigen::VectorXd(all(Eigen::seq(0, Eigen::last, thin)));
  };
  const Eigen::VectorXd shown = thinned(times);
  Eigen::MatrixXd rows(shown.size(), 9);
  rows.col(0) = shown;
  Index c = 0;
  for (const std::string& group : {std::string("/assimilation"), last})
    for (const char* name : {"/rmse_analysis", "/spread_analysis", "/rmse_forecast", "/spread_forecast"})
      rows.col(++c) = thinned(column(file, group + name));
  Gnuplot plot(directory / "assimilation.png", 1800, 1100);
  plot.data("series", rows);
  std::string lines;
  const auto reference = [&](const char* group, const char* name, const std::string& look) {
    const double value = file.has(group) ? file.double_attribute(group, name) : std::nan("");
    if (std::isfinite(value)) lines += ", " + number(value) + " with lines " + look;
  };
  reference("/optimal_interpolation", "mean_rmse_analysis", "lt 3 dt 2 title 'optimal interpolation'");
  reference("/climatology", "mean_rmse", "lt 4 dt 2 title 'climatology'");
  const double burn_in = file.double_attribute("/assimilation", "burn_in");
  if (burn_in > 0)
    plot("set object 1 rect from graph 0,graph 0 to first " + number(burn_in) +
         ",graph 1 fc rgb '#eeeeee' fs solid noborder behind");
  // A start from the truth itself falls off the picture: what counts comes after the burn-in.
  double low = INFINITY;
  for (Index i = 0; i < rows.rows(); ++i)
    for (const double value : rows.row(i).tail(8))
      if (value > 0 && (shown(i) > burn_in || burn_in >= shown(shown.size() - 1))) low = std::min(low, value);
  if (std::isfinite(low)) plot("set yrange [" + number(0.5 * low) + ":]");
  plot(
      "set multiplot layout 2,1 margins 0.11,0.7,0.09,0.97 spacing 0,0.06\nset key outside right top Left reverse\n"
      "set logscale y\n" +
      range("xrange", 0, times(times.size() - 1)));
  const auto panel = [&](const char* what, int from, const std::string& references) {
    const auto curve = [from](int offset, const char* look, const std::string& title) {
      return "$series using 1:" + std::to_string(1 + from + offset) + " with lines " + look + " title '" + title + "'";
    };
    const std::string model = corrected ? ", model as it was" : "";
    std::string command = std::string("set ylabel '") + what + "'\nplot " + curve(0, "lt 2 lw 1.8", "RMSE" + model) +
                          ", " + curve(1, "lt 2 dt 3 lw 3", "spread" + model);
    if (corrected)
      command += ", " + curve(4, "lt 1 lw 1.8", "RMSE, corrected model") + ", " +
                 curve(5, "lt 1 dt 3 lw 3", "spread, corrected model");
    plot(command + references);
  };
  plot("set format x ''");
  panel("forecast RMSE, spread", 3, "");
  plot("set format x '%g'\nset xlabel 'time t'");
  panel("analysis RMSE, spread", 1, lines);
  plot("unset multiplot");
  return plot.finish();
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

Path spectra(ResultFile& file, const Path& directory) {
  const Eigen::VectorXd x = column(file, "/x");
  const Grid grid({{x.size(), static_cast<double>(x.size()) * spacing(x)}});
  const std::string last = last_assimilation(file);
  const Index frames = file.shape("/assimilation/time")[0], half = (frames + 1) / 2;
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
  Gnuplot plot(directory / "spectra.png", 1800, 900);
  plot.data("spectra", rows.middleRows(1, shown - 1));
  plot(
      "set logscale y\nset format y '10^{%L}'\nset key outside right top Left reverse\nset xlabel 'wavenumber k'\n"
      "set ylabel 'mean power of a harmonic'\n" +
      range("xrange", 0, 1.02 * rows(shown - 1, 0)) +
      "plot $spectra using 1:2 with lines lt 4 lw 3 title 'truth', '' using 1:3 with lines lt 2 title 'analysis error" +
      (last == "/assimilation"
           ? "'"
           : ", model as it was', '' using 1:4 with lines lt 1 title 'analysis error, corrected model'"));
  return plot.finish();
}

Path rank_histogram(ResultFile& file, const Path& directory) {
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
  Gnuplot plot(directory / "rank-histogram.png", 1800, 800);
  plot.data("ranks", rows);
  plot(
      "set xlabel 'members below the truth'\nset ylabel 'frequency relative to a flat histogram'\nset yrange [0:]\n"
      "set key outside right top Left reverse\n" +
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

Path discovery(ResultFile& file, const Path& directory) {
  const std::vector<std::string> names = file.read_labels("/discovery/term_name");
  const Eigen::MatrixXd found = file.read_all("/discovery/coefficient"),
                        sd = file.read_all("/discovery/standard_deviation");
  const Eigen::VectorXd truth = column(file, "/discovery/true_coefficient");
  const Index passes = found.cols();
  std::vector<Index> shown, missing;
  for (Index j = 0; j < found.rows(); ++j) {
    if (std::isfinite(truth(j)) && truth(j) != 0) missing.push_back(j);
    if ((found.row(j).array() != 0).any() || (std::isfinite(truth(j)) && truth(j) != 0)) shown.push_back(j);
  }
  const auto name = [&names](Index j) { return typeset(names[static_cast<std::size_t>(j)]); };
  Eigen::MatrixXd rows(static_cast<Index>(shown.size()), 5), errors(passes, 1 + static_cast<Index>(missing.size()));
  std::string tics;
  for (Index i = 0; i < rows.rows(); ++i) {
    const Index j = shown[static_cast<std::size_t>(i)];
    // A term that the truth lacks has no mark of its own: the zero line is it.
    rows.row(i) << static_cast<double>(i), found(j, passes - 1), 2 * sd(j, passes - 1),
        truth(j) == 0 ? std::nan("") : truth(j), found(j, 0);
    tics += (tics.empty() ? "'" : ", '") + name(j) + "' " + std::to_string(i);
  }
  errors.col(0) =
      Eigen::VectorXd::LinSpaced(passes, passes > 1 ? 1 : static_cast<double>(passes), static_cast<double>(passes));
  for (Index i = 0; i + 1 < errors.cols(); ++i) {
    const Index j = missing[static_cast<std::size_t>(i)];
    errors.col(i + 1) = 100 * (found.row(j).transpose().array() / truth(j) - 1).abs().max(1e-10);
  }
  const bool compare = passes > 1 && !missing.empty();
  Gnuplot plot(directory / "discovery.png", 1800, 850);
  plot.data("terms", rows);
  plot.data("errors", errors);
  plot("set multiplot\nset lmargin at screen 0.08\nset rmargin at screen " + std::string(compare ? "0.5" : "0.97") +
       "\nset tmargin at screen 0.88\nset bmargin at screen 0.14\nset ylabel 'coefficient that the model lacks'\n"
       "set key at graph 0,1.12 left horizontal Left reverse samplen 1\nset xzeroaxis lt 4 lw 1\nset xtics (" +
       tics + ")" + (rows.rows() > 7 ? " rotate by 40 right" : "") + "\nset offsets 0,0,graph 0.08,graph 0.08\n" +
       range("xrange", -0.6, std::max(0.0, static_cast<double>(rows.rows()) - 1) + 0.6) +
       (rows.rows() == 0 ? "set yrange [-1:1]\n" : "") +
       "plot $terms using 1:4 with points pt 6 ps 3.4 lw 2 lc rgb 'black' title 'true'" +
       (passes > 1 ? ", '' using 1:5 with points pt 2 ps 1.6 lt 2 title 'first pass'" : "") +
       ", '' using 1:2:3 with yerrorbars pt 7 ps 1.4 lt 1 title 'last pass ± 2 sd'" +
       (rows.rows() == 0 ? ", 0 notitle" : ""));
  if (compare) {
    std::string curves;
    for (Index i = 1; i < errors.cols(); ++i)
      curves += (i > 1 ? ", " : "") + std::string("$errors using 1:") + std::to_string(i + 1) +
                " with linespoints pt 7 ps 1.6 lt " + std::to_string(i) + " title '" +
                name(missing[static_cast<std::size_t>(i - 1)]) + "'";
    plot(
        "set lmargin at screen 0.6\nset rmargin at screen 0.97\nunset offsets\nset xtics 1 norotate\nset autoscale y\n"
        "set xlabel 'pass'\nset ylabel 'relative error of the coefficient (%)'\nset logscale y\nset format y '%g'\n" +
        range("xrange", 0.7, static_cast<double>(passes) + 0.3) + "plot " + curves);
  }
  plot("unset multiplot");
  return plot.finish();
}

Path forecast(ResultFile& file, const Path& directory) {
  const Eigen::MatrixXd rmse = file.read_all("/forecast/rmse");
  const std::vector<std::string> names = file.read_labels("/forecast/system_name");
  Eigen::MatrixXd rows(rmse.rows(), 1 + rmse.cols());
  rows << column(file, "/forecast/lead"), rmse;
  Gnuplot plot(directory / "forecast.png", 1800, 800);
  plot.data("rmse", rows);
  const char* const looks[] = {"lt 2 dt 2", "lt 1", "lt 2", "lt 4 dt 2"};
  std::string curves;
  for (Index s = 0; s < rmse.cols(); ++s)
    if (rmse.col(s).array().isFinite().any())
      curves += (curves.empty() ? "" : ", ") + std::string("$rmse using 1:") + std::to_string(s + 2) +
                " with linespoints pt 7 ps " + (names[static_cast<std::size_t>(s)] == "climatology" ? "0 " : "0.9 ") +
                looks[s % 4] + " title \"" + names[static_cast<std::size_t>(s)] + "\"";
  plot(
      "set xlabel 'lead time'\nset ylabel 'RMSE of the forecast'\nset logscale y\n"
      "set key outside right top Left reverse\nset termoption noenhanced\nplot " +
      curves);
  return plot.finish();
}

}  // namespace

std::vector<Path> plot_result(const Path& path, const Path& directory, const Communicator& comm) {
  // One rank reads and draws; the others wait for nobody.
  if (comm.rank() != 0) return {};
  const Communicator alone = Communicator::self();
  ResultFile file = ResultFile::open(path, alone);
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  if (failure) throw Error(Fault::input, directory.string(), "cannot be made: " + failure.message());
  std::vector<Path> pictures;
  if (any_finite(file, "/assimilation/rmse_analysis") && any_finite(file, "/truth/u")) {
    pictures.push_back(space_time(file, directory));
    pictures.push_back(assimilation(file, directory));
    pictures.push_back(spectra(file, directory));
    if (any_finite(file, "/assimilation/rank_histogram")) pictures.push_back(rank_histogram(file, directory));
  }
  if (any_finite(file, "/discovery/coefficient")) pictures.push_back(discovery(file, directory));
  if (any_finite(file, "/forecast/rmse")) pictures.push_back(forecast(file, directory));
  if (pictures.empty())
    throw Error(Fault::input, path.string(), "has nothing to draw",
                "run an experiment with [assimilation] or [discovery]");
  return pictures;
}

}  // namespace semiflow
