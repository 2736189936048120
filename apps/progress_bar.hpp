#pragma once
#include <chrono>
#include <semiflow/core/ensemble.hpp>
#include <string>

namespace semiflow {

/// Shows progress on the standard error: a bar with the time left on a terminal, one line a minute elsewhere.
class ProgressBar {
 public:
  explicit ProgressBar(bool visible);
  ~ProgressBar() { finish(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void report(const std::string& stage, Index done, Index total);
  /// Leaves the cursor at the start of an empty line.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  bool visible_, terminal_;
  bool line_open_ = false;
  std::string stage_;
  Index first_done_ = 0;
  Clock::time_point stage_start_ = Clock::now(), last_ = Clock::now();
};

}  // namespace semiflow
