#include "progress_bar.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace semiflow {

ProgressBar::ProgressBar(bool visible) : visible_(visible), terminal_(isatty(STDERR_FILENO) == 1) {}

void ProgressBar::report(const std::string& stage, Index done, Index total) {
  if (!visible_ || total <= 0) return;
  const Clock::time_point now = Clock::now();
  const auto since = [now](Clock::time_point then) { return std::chrono::duration<double>(now - then).count(); };
  if (stage != stage_) {
    if (terminal_ && line_open_) std::fputc('\n', stderr);
    line_open_ = false;
    stage_ = stage;
    stage_start_ = now;
    first_done_ = done;
  }
  const bool complete = done >= total;
  if (since(last_) < (terminal_ ? 0.1 : 60.0) && !(terminal_ && complete)) return;
  last_ = now;
  const double elapsed = since(stage_start_),
               share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  // The rate is that of this process: a resumed stage begins in the middle.
  const Index steps = done - first_done_;
  const double left = steps > 0 ? elapsed * static_cast<double>(total - done) / static_cast<double>(steps) : 0;
  if (terminal_) {
    constexpr int width = 30;
    const int full = static_cast<int>(share * width);
    std::fprintf(stderr, "\r%-18s [%s%s] %3.0f %%  %5.0f s left ", stage.c_str(), std::string(full, '=').c_str(),
                 std::string(width - full, ' ').c_str(), 100 * share, left);
    line_open_ = true;
  } else {
    std::fprintf(stderr, "%s: %.0f %%, %.0f s left\n", stage.c_str(), 100 * share, left);
  }
}

void ProgressBar::finish() {
  if (terminal_ && line_open_) std::fputc('\n', stderr);
  line_open_ = false;
}

}  // namespace semiflow
