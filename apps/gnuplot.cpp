#include "gnuplot.hpp"

#include <cmath>
#include <cstdlib>
#include <semiflow/core/error.hpp>
#include <utility>

namespace semiflow {

namespace {

// Lines that colour-blind readers tell apart (Okabe & Ito), thin axes, no box, the legend below.
const char* const style = R"(
set linetype 1 lc rgb '#0072B2' lw 2.4
set linetype 2 lc rgb '#D55E00' lw 2.4
set linetype 3 lc rgb '#009E73' lw 2.4
set linetype 4 lc rgb '#7F7F7F' lw 2.0
set linetype 5 lc rgb '#CC79A7' lw 2.4
set border 3 lw 1.4
set tics nomirror scale 0.6
set key outside bottom center horizontal Left reverse samplen 2.4 spacing 1.15 height 0.8
set datafile missing 'nan'
set encoding utf8
)";

std::string terminal(const std::filesystem::path& picture, int width, int height) {
  const std::string font = " font 'DejaVu Sans,20' linewidth 1";
  if (picture.extension() == ".gif")  // drawn by libgd, which has no linewidth and other font sizes
    return "set terminal gif animate delay 8 optimize size " + std::to_string(width) + "," + std::to_string(height) +
           " font 'DejaVuSans,14'";
  if (picture.extension() != ".pdf")
    return "set terminal pngcairo size " + std::to_string(width) + "," + std::to_string(height) + font;
  if (std::system("gnuplot -e 'set terminal pdfcairo' > /dev/null 2>&1") != 0)
    throw Error(Fault::run, "gnuplot", "was built without its PDF terminal, pdfcairo",
                "use --format png, or install Debian's gnuplot-nox, which has it");
  // A point is 1/72 inch: everything is scaled alike.
  return "set terminal pdfcairo size " + std::to_string(width / 180.0) + "in," + std::to_string(height / 180.0) + "in" +
         font + " fontscale 0.4 pointscale 0.5";
}

}  // namespace

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\n' || c == '\r' || c == '\0')
      throw Error(Fault::input, text, "a name with a line break cannot be drawn", "choose another name");
    result += c;
    if (c == '\'') result += c;
  }
  return result + "'";
}

Gnuplot::Gnuplot(std::filesystem::path picture, int width, int height) : picture_(std::move(picture)), pipe_(nullptr) {
  // The shell that popen starts would be found even if gnuplot is not.
  const bool found = std::system("command -v gnuplot > /dev/null 2>&1") == 0;
  if (!found) throw Error(Fault::run, "gnuplot", "cannot be started", "install gnuplot-nox");
  const std::string device = terminal(picture_, width, height);
  pipe_ = ::popen("gnuplot", "w");
  if (pipe_ == nullptr) throw Error(Fault::run, "gnuplot", "cannot be started");
  // If gnuplot dies, writing fails and finish() reports it; the signal would end the whole program.
  old_handler_ = std::signal(SIGPIPE, SIG_IGN);
  (*this)(device + "\nset output " + quoted(picture_.string()) + "\n" + style);
}

Gnuplot::~Gnuplot() {
  if (pipe_ != nullptr) ::pclose(pipe_);
  std::signal(SIGPIPE, old_handler_);
}

void Gnuplot::operator()(const std::string& commands) {
  std::fputs(commands.c_str(), pipe_);
  std::fputc('\n', pipe_);
}

void Gnuplot::data(const std::string& name, const Eigen::MatrixXd& rows) {
  std::fprintf(pipe_, "$%s << EOD\n", name.c_str());
  for (Index i = 0; i < rows.rows(); ++i) {
    for (Index j = 0; j < rows.cols(); ++j) {
      if (std::isfinite(rows(i, j))) {
        std::fprintf(pipe_, "%.8g ", rows(i, j));
      } else {
        std::fputs("nan ", pipe_);
      }
    }
    std::fputc('\n', pipe_);
  }
  std::fputs("EOD\n", pipe_);
}

std::filesystem::path Gnuplot::finish() {
  const int status = ::pclose(std::exchange(pipe_, nullptr));
  if (status != 0 || !std::filesystem::exists(picture_))
    throw Error(Fault::run, picture_.string(), "gnuplot did not draw it", "its message stands above");
  return picture_;
}

}  // namespace semiflow
