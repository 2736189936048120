#pragma once
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <semiflow/core/ensemble.hpp>
#include <string>

namespace semiflow {

/// The text as gnuplot takes it literally, in single quotes; its own are doubled. Throws Error(Fault::input) for a line
/// break, which ends a command whatever it stands in.
std::string quoted(const std::string& text);

/// One picture, drawn by gnuplot: commands and data go down a pipe, a PNG or PDF comes out.
class Gnuplot {
 public:
  /// The picture's extension is its format, .png, .pdf, or .gif for an animation; size in pixels, of which a PDF has 180 to the inch.
  /// Throws Error(Fault::run) if gnuplot cannot be started or does not know the format.
  Gnuplot(std::filesystem::path picture, int width, int height);
  ~Gnuplot();
  Gnuplot(const Gnuplot&) = delete;
  Gnuplot& operator=(const Gnuplot&) = delete;

  void operator()(const std::string& commands);
  /// Defines the data block $name; one line a row. NaN becomes a gap.
  void data(const std::string& name, const Eigen::MatrixXd& rows);
  /// Waits for gnuplot. Throws Error(Fault::run) with the picture's name if it failed.
  std::filesystem::path finish();

 private:
  std::filesystem::path picture_;
  std::FILE* pipe_;
  void (*old_handler_)(int) = SIG_DFL;
};

}  // namespace semiflow
