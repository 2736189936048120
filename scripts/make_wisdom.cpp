// Writes core/fftw_wisdom.cpp: what FFTW's patient planner finds, on a quiet machine, for the transforms of SlabFft at
// the lengths that most people use. Build and run by scripts/make_wisdom.sh.
#include <fftw3.h>

#include <cstdio>
#include <string>

namespace {

constexpr int lengths[] = {32, 48, 64, 96, 128, 192, 256, 320, 384, 512, 640, 768, 1024, 1280, 1536, 2048, 4096};
constexpr int lines = 8;  // of a block, see core/mode_layout.cpp
constexpr unsigned patience = FFTW_PATIENT;

void plan(int n) {
  double* const real = fftw_alloc_real(static_cast<std::size_t>(n));
  fftw_complex* const modes = fftw_alloc_complex(static_cast<std::size_t>(n) * lines);
  fftw_destroy_plan(fftw_plan_dft_r2c(1, &n, real, modes, patience | FFTW_PRESERVE_INPUT));
  fftw_destroy_plan(fftw_plan_dft_c2r(1, &n, modes, real, patience | FFTW_DESTROY_INPUT));
  for (const int sign : {FFTW_FORWARD, FFTW_BACKWARD})
    fftw_destroy_plan(
        fftw_plan_many_dft(1, &n, lines, modes, nullptr, lines, 1, modes, nullptr, lines, 1, sign, patience));
  fftw_free(real);
  fftw_free(modes);
}

}  // namespace

int main() {
  for (const int n : lengths) plan(n);
  char* const wisdom = fftw_export_wisdom_to_string();
  std::printf(
      "#include \"fftw_plan.hpp\"\n\n// Made by scripts/make_wisdom.sh with %s.\n"
      "const char* const semiflow::fftw::wisdom = R\"(%s)\";\n",
      fftw_version, wisdom);
  fftw_free(wisdom);
}
