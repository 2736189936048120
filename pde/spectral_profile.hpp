#pragma once
#include <chrono>
#include <semiflow/core/ensemble.hpp>

namespace semiflow {

/// Wall-clock seconds, from a sample of the steps.
struct SpectralProfile {
  double fft = 0;   ///< in transforms
  double step = 0;  ///< in whole steps, transforms included
};

/// Times one step in so many: a clock is as slow as a short transform.
class SampledTime {
 public:
  static constexpr Index period = 64;

  /// Calls step(timed).
  template <class Step>
  void run(Step step) {
    using Clock = std::chrono::steady_clock;
    if (count_++ % period != 0) return step(false);
    const Clock::time_point start = Clock::now();
    step(true);
    seconds_ += std::chrono::duration<double>(Clock::now() - start).count();
  }

  /// The sample, scaled to all steps.
  SpectralProfile profile(double sampled_fft) const {
    const Index samples = (count_ + period - 1) / period;
    if (samples == 0) return {};
    const double scale = static_cast<double>(count_) / static_cast<double>(samples);
    return {.fft = scale * sampled_fft, .step = scale * seconds_};
  }

 private:
  Index count_ = 0;
  double seconds_ = 0;
};

}  // namespace semiflow
