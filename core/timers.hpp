#pragma once
#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>

namespace semiflow {

/// What the time of a run is spent on.
enum class Work { forecast, fft, pointwise, analysis, communication, diagnostics, io };
inline constexpr std::array<std::string_view, 7> work_names{"forecast",      "fft",         "pointwise", "analysis",
                                                            "communication", "diagnostics", "io"};

/// Wall-clock seconds of one rank by kind of work. fft and pointwise are parts of forecast.
class Timers {
 public:
  /// Adds the time until its end to one kind of work.
  class Scope {
   public:
    Scope(Timers& timers, Work work) : timers_(timers), work_(work) {}
    ~Scope() { timers_.add(work_, std::chrono::duration<double>(Clock::now() - start_).count()); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    using Clock = std::chrono::steady_clock;
    Timers& timers_;
    Work work_;
    Clock::time_point start_ = Clock::now();
  };

  void add(Work work, double seconds) { seconds_[static_cast<std::size_t>(work)] += seconds; }
  double seconds(Work work) const { return seconds_[static_cast<std::size_t>(work)]; }

 private:
  std::array<double, work_names.size()> seconds_{};
};

}  // namespace semiflow
