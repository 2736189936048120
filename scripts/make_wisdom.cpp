// Writes core/fftw_wisdom.cpp: what FFTW's patient planner finds, on a quiet machine, for the transforms of SlabFft at
// the lengths that most people use. Build and run by scripts/make_wisdom.sh.
#include <fftw3.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <limits>
#include <string>

namespace {

constexpr int lengths[] = {32, 48, 64, 96, 128, 192, 256, 320, 384, 512, 640, 768, 1024, 1280, 1536, 2048, 4096};
constexpr int lines = 8;  // of a block, see core/mode_layout.cpp
constexpr unsigned patience = FFTW_PATIENT;

std::string wisdom() {
  char* const text = fftw_export_wisdom_to_string();
  std::string copy = text;
  fftw_free(text);
  return copy;
}

// The least of many short runs: what a neighbour on the machine adds is left out.
double seconds(fftw_plan plan) {
  using Clock = std::chrono::steady_clock;
  double least = std::numeric_limits<double>::infinity();
  for (int run = 0; run < 300; ++run) {
    const Clock::time_point start = Clock::now();
    for (int i = 0; i < 20; ++i) fftw_execute(plan);
    least = std::min(least, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return least;
}

// The planner's own clock is easily disturbed, so it plans several times, and the fastest plan by a better clock stays.
std::string best(int attempts, const std::function<fftw_plan()>& make) {
  std::string kept;
  double least = std::numeric_limits<double>::infinity();
  for (int attempt = 0; attempt < attempts; ++attempt) {
    fftw_forget_wisdom();
    fftw_plan plan = make();
    const double time = seconds(plan);
    if (time < least) kept = wisdom();
    least = std::min(least, time);
    fftw_destroy_plan(plan);
  }
  return kept;
}

}  // namespace

int main() {
  std::string found[std::size(lengths)][4];
  for (std::size_t i = 0; i < std::size(lengths); ++i) {
    const int n = lengths[i], attempts = n > 1024 ? 1 : 4;
    double* const real = fftw_alloc_real(static_cast<std::size_t>(n));
    fftw_complex* const modes = fftw_alloc_complex(static_cast<std::size_t>(n) * lines);
    std::fill_n(real, n, 0.0);
    std::fill_n(reinterpret_cast<double*>(modes), 2 * n * lines, 0.0);
    const auto columns = [&](int sign) {
      return fftw_plan_many_dft(1, &n, lines, modes, nullptr, lines, 1, modes, nullptr, lines, 1, sign, patience);
    };
    found[i][0] = best(attempts, [&] { return fftw_plan_dft_r2c(1, &n, real, modes, patience | FFTW_PRESERVE_INPUT); });
    found[i][1] = best(attempts, [&] { return fftw_plan_dft_c2r(1, &n, modes, real, patience | FFTW_DESTROY_INPUT); });
    found[i][2] = best(attempts, [&] { return columns(FFTW_FORWARD); });
    found[i][3] = best(attempts, [&] { return columns(FFTW_BACKWARD); });
    fftw_free(real);
    fftw_free(modes);
  }
  // What is known already is not replaced: a transform keeps its own plan where it is a part of a longer one.
  fftw_forget_wisdom();
  for (const auto& transforms : found)
    for (const std::string& text : transforms) fftw_import_wisdom_from_string(text.c_str());
  std::printf(
      "#include \"fftw_plan.hpp\"\n\n// Made by scripts/make_wisdom.sh with %s.\n"
      "const char* const semiflow::fftw::wisdom = R\"(%s)\";\n",
      fftw_version, wisdom().c_str());
}
