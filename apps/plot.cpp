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

Path space_time(ResultFile& file, const Path& directory) {
  const Eigen::VectorXd times = file.read_all("/assimilation/time").reshaped(), x = file.read_all("/x").reshaped();
  const double interval = times.size() > 1 ? times(1) - times(0) : 1;
  const Index count = std::min<Index>(times.size(), static_cast<Index>(100 / interval)), first = times.size() - count;
  const std::string last = last_assimilation(file);
  const Eigen::MatrixXd truth = file.read("/truth/u", first + 1, count);
  const Eigen::MatrixXd before = file.read("/assimilation/analysis_mean", first, count);
  const Eigen::MatrixXd after = file.read(last + "/analysis_mean", first, count);
  const Eigen::VectorXd sensors = file.read_all("/observations/sensor").reshaped();
  const bool corrected = last != "/assimilation";

  Gnuplot plot(directory / "space-time.png", 1800, corrected ? 1250 : 900);
  plot.data("truth", truth.transpose());
  plot.data("error0", (before - truth).cwiseAbs().transpose());
  plot.data("error1", (after - truth).cwiseAbs().transpose());
  Eigen::MatrixXd marks(sensors.size(), 2);
  marks << sensors, Eigen::VectorXd::Constant(sensors.size(), times(first) - 1.2);
  plot.data("sensors", marks);
  const double size = truth.cwiseAbs().maxCoeff();
  const double error = std::max(1e-6, 0.8 * (before - truth).cwiseAbs().maxCoeff());
  const std::string map = " matrix using ($2*" + number(interval) + "+" + number(times(first)) + "):($1*" +
                          number(x(1) - x(0)) + "):3 with image notitle";
  const int panels = corrected ? 3 : 2;
  plot("set multiplot layout " + std::to_string(panels) +
       ",1 margins 0.07,0.87,0.09,0.95 spacing 0.03,0.085\nset border 15 lw 1.0\nset tics out\nset ylabel 'x' rotate by 0\nset yrange [0:" +
       number(x(x.size() - 1)) + "]\nset xrange [" + number(times(first)) + ":" + number(times(times.size() - 1)) +
       "]\nset cblabel offset 1,0");
  plot("set palette defined (0 '#053061', 1 '#2166ac', 2 '#67a9cf', 3 '#f7f7f7', 4 '#ef8a62', 5 '#b2182b', 6 '#67001f')\n"
       "set cbrange [" + number(-size) + ":" + number(size) + "]\nset title 'truth u(x, t), sensors as ticks on the left' offset 0,-0.6\n"
       "set cblabel 'u'\nplot $truth" + map + ", $sensors using ($2+1.2):1 with points pt 0 lc rgb 'black' notitle, "
       "$sensors using ($2+1.2):1:(" + number(0.006 * interval * static_cast<double>(count)) + "):(0) with vectors nohead lc rgb 'black' lw 1.5 notitle");
  plot("set palette defined (0 '#ffffff', 1 '#fde0a5', 2 '#f4a259', 3 '#c8553d', 4 '#6a2c4f', 5 '#1b1033')\nset cbrange [0:" +
       number(error) + "]\nset cblabel '|error|'\nset title '|analysis - truth|, " +
       (corrected ? "the model as it was" : "ensemble mean") + "'" + (corrected ? "" : "\nset xlabel 'time'") + "\nplot $error0" + map);
  if (corrected) plot("set title '|analysis - truth|, the corrected model'\nset xlabel 'time'\nplot $error1" + map);
  plot("unset multiplot");
  return plot.finish();
}

Path assimilation(ResultFile& file, const Path& directory) {
  const Eigen::VectorXd times = file.read_all("/assimilation/time").reshaped();
  const std::string last = last_assimilation(file);
  const Index thin = std::max<Index>(1, times.size() / 1500);
  const auto series = [&](const std::string& path) {
    const Eigen::VectorXd all = file.read_all(path).reshaped();
    return Eigen::VectorXd(all(Eigen::seq(0, Eigen::last, thin)));
  };
  const Eigen::VectorXd shown = times(Eigen::seq(0, Eigen::last, thin));
  Eigen::MatrixXd rows(shown.size(), 5);
  rows << shown, series("/assimilation/rmse_analysis"), series("/assimilation/spread_analysis"),
      series(last + "/rmse_analysis"), series(last + "/spread_analysis");
  Gnuplot plot(directory / "assimilation.png", 1800, 800);
  plot.data("series", rows);
  const bool corrected = last != "/assimilation";
  std::string command =
      "set logscale y\nset yrange [" + number(0.7 * std::max(1e-6, rows.rightCols(4).minCoeff())) +
      ":]\nset xlabel 'time'\nset ylabel 'RMSE and spread of the analysis'\nset key outside right top\nset xrange [0:" +
      number(times(times.size() - 1)) + "]\n";
  const double burn_in = file.double_attribute("/assimilation", "burn_in");
  if (burn_in > 0)
    command += "set object 1 rect from 0,graph 0 to " + number(burn_in) + ",graph 1 fc rgb '#eeeeee' fs solid noborder behind\n";
  command += std::string("plot $series using 1:2 with lines lt 2 title 'RMSE") + (corrected ? ", model as it was" : "") +
             "', '' using 1:3 with lines lt 2 dt 3 lw 1.6 title 'spread'";
  if (corrected)
    command += ", '' using 1:4 with lines lt 1 title 'RMSE, corrected model', '' using 1:5 with lines lt 1 dt 3 lw 1.6 title 'spread'";
  if (file.has("/optimal_interpolation"))
    command += ", " + number(file.double_attribute("/optimal_interpolation", "mean_rmse_analysis")) +
               " with lines lt 3 dt 2 title 'optimal interpolation', " +
               number(file.double_attribute("/climatology", "mean_rmse")) + " with lines lt 4 dt 2 title 'climatology'";
  plot(command);
  return plot.finish();
}

// Mean power of every harmonic over the frames.
Eigen::VectorXd spectrum(const Grid& grid, const Eigen::MatrixXd& frames) {
  Spectrum modes(grid.modes(), frames.cols());
  Fft(grid).forward(frames, modes);
  const double points = static_cast<double>(grid.points());
  return (modes.rowwise().squaredNorm().array() * grid.multiplicity() / (points * points * static_cast<double>(frames.cols())))
      .matrix();
}

Path spectra(ResultFile& file, const Path& directory) {
  const Eigen::VectorXd x = file.read_all("/x").reshaped();
  const Grid grid({{x.size(), static_cast<double>(x.size()) * (x(1) - x(0))}});
  const std::string last = last_assimilation(file);
  const Eigen::MatrixXd truth = file.read_all("/truth/u").rightCols(file.shape("/assimilation/time")[0]);
  const Index half = truth.cols() / 2;
  const auto error = [&](const std::string& group) {
    return spectrum(grid, (file.read_all(group + "/analysis_mean") - truth).rightCols(half));
  };
  Eigen::MatrixXd rows(grid.modes(), 4);
  rows << grid.wavenumber(0), spectrum(grid, truth.rightCols(half)), error("/assimilation"), error(last);
  Gnuplot plot(directory / "spectra.png", 1300, 900);
  plot.data("spectra", rows.bottomRows(rows.rows() - 1));
  plot("set logscale y\nset format y '10^{%L}'\nset yrange [1e-12:]\nset xlabel 'wavenumber k'\nset ylabel 'mean power of a harmonic'\n"
       "plot $spectra using 1:2 with lines lt 4 lw 3 title 'truth', '' using 1:3 with lines lt 2 title 'analysis error" +
       std::string(last == "/assimilation" ? "'" : ", model as it was', '' using 1:4 with lines lt 1 title 'analysis error, corrected model'"));
  return plot.finish();
}

Path rank_histogram(ResultFile& file, const Path& directory) {
  const std::string last = last_assimilation(file);
  const Eigen::VectorXd first = file.read_all("/assimilation/rank_histogram").reshaped();
  const Eigen::VectorXd then = file.read_all(last + "/rank_histogram").reshaped();
  const auto n = static_cast<double>(first.size());
  Eigen::MatrixXd rows(first.size(), 3);
  rows << Eigen::VectorXd::LinSpaced(first.size(), 0, n - 1), n * first, n * then;
  Gnuplot plot(directory / "rank-histogram.png", 1300, 800);
  plot.data("ranks", rows);
  plot("set xlabel 'members below the truth'\nset ylabel 'frequency over the flat one'\nset yrange [0:]\nset xrange [-0.5:" +
       number(n - 0.5) + "]\nplot $ranks using 1:2 with histeps lt 2 title 'model as it was', " +
       (last == "/assimilation" ? "" : "'' using 1:3 with histeps lt 1 title 'corrected model', ") +
       "1 with lines lt 4 dt 2 title 'reliable'");
  return plot.finish();
}

Path discovery(ResultFile& file, const Path& directory) {
  const std::vector<std::string> names = file.read_labels("/discovery/term_name");
  const Eigen::MatrixXd found = file.read_all("/discovery/coefficient"), sd = file.read_all("/discovery/standard_deviation");
  const Eigen::VectorXd truth = file.read_all("/discovery/true_coefficient").reshaped();
  const Eigen::VectorXd error = file.read_all("/discovery/coefficient_error").reshaped();
  std::vector<Index> shown;
  for (Index j = 0; j < found.rows(); ++j)
    if ((found.row(j).array() != 0).any() || (std::isfinite(truth(j)) && truth(j) != 0)) shown.push_back(j);
  const Index passes = found.cols();
  Eigen::MatrixXd rows(static_cast<Index>(shown.size()), 5);
  std::string tics;
  for (Index i = 0; i < rows.rows(); ++i) {
    const Index j = shown[static_cast<std::size_t>(i)];
    rows.row(i) << static_cast<double>(i), found(j, passes - 1), 2 * sd(j, passes - 1), truth(j), found(j, 0);
    tics += (tics.empty() ? "'" : ", '") + names[static_cast<std::size_t>(j)] + "' " + std::to_string(i);
  }
  Eigen::MatrixXd convergence(passes, 2);
  convergence << Eigen::VectorXd::LinSpaced(passes, 1, static_cast<double>(passes)), 100 * error;
  Gnuplot plot(directory / "discovery.png", 1800, 800);
  plot.data("terms", rows);
  plot.data("passes", convergence);
  plot("set multiplot layout 1,2 margins 0.08,0.97,0.2,0.86 spacing 0.12,0\nset termoption noenhanced\nset ylabel 'coefficient'\n"
       "set key at graph 1,1.16 right horizontal\nset xzeroaxis lt 4 lw 1\nset xtics (" + tics + ") rotate by -35\nset xrange [-0.6:" +
       number(static_cast<double>(rows.rows()) - 0.4) + "]\nset offsets 0,0,0.15,0.15\n"
       "plot $terms using 1:4 with points pt 6 ps 3.4 lw 2 lc rgb 'black' title 'true', "
       "'' using 1:5 with points pt 2 ps 1.6 lt 2 title 'first pass', "
       "'' using 1:2:3 with yerrorbars pt 7 ps 1.4 lt 1 title 'last pass, 2 sd'");
  plot("unset key\nunset offsets\nset xtics autofreq norotate\nset xtics 1\nset xlabel 'pass'\nset ylabel 'error of the corrected equation, eps* (%)'\n"
       "set logscale y\nset xrange [0.7:" + number(static_cast<double>(passes) + 0.3) + "]\nset format y '%g'\n"
       "plot $passes using 1:2 with linespoints pt 7 ps 1.6 lt 1\nunset multiplot");
  return plot.finish();
}

Path forecast(ResultFile& file, const Path& directory) {
  const Eigen::VectorXd leads = file.read_all("/forecast/lead").reshaped();
  const Eigen::MatrixXd rmse = file.read_all("/forecast/rmse");
  const std::vector<std::string> names = file.read_labels("/forecast/system_name");
  Eigen::MatrixXd rows(leads.size(), 1 + rmse.cols());
  rows << leads, rmse;
  Gnuplot plot(directory / "forecast.png", 1300, 900);
  plot.data("rmse", rows);
  const char* const lines[] = {"lt 2 dt 2", "lt 1", "lt 2", "lt 4 dt 2"};
  std::string command = "set xlabel 'lead time'\nset ylabel 'RMSE of the forecast'\nset logscale y\nset key outside top center horizontal maxrows 2\nset termoption noenhanced\nplot ";
  for (Index s = 0; s < rmse.cols(); ++s) {
    if (!rmse.col(s).array().isFinite().any()) continue;
    command += std::string(command.ends_with("plot ") ? "" : ", ") + "$rmse using 1:" + std::to_string(s + 2) +
               " with linespoints pt 7 ps 0.9 " + lines[s % 4] + " title \"" + names[static_cast<std::size_t>(s)] + "\"";
  }
  plot(command);
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
  if (file.has("/assimilation") && file.has("/truth/u")) {
    pictures.push_back(space_time(file, directory));
    pictures.push_back(assimilation(file, directory));
    pictures.push_back(spectra(file, directory));
    pictures.push_back(rank_histogram(file, directory));
  }
  if (file.has("/discovery")) pictures.push_back(discovery(file, directory));
  if (file.has("/forecast")) pictures.push_back(forecast(file, directory));
  if (pictures.empty())
    throw Error(Fault::input, path.string(), "has nothing to draw", "run an experiment with [assimilation] or [discovery]");
  return pictures;
}

}  // namespace semiflow
