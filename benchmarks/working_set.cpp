// The memory of a Navier-Stokes solver in a plane, in units of half-spectra (complex, all modes) and of real fields.
// Allocated is what malloc has given out and not got back; resident is VmRSS, which also holds plans and freed pages
// that malloc keeps.
//
//   working_set [POINTS]
#include <malloc.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <numbers>
#include <semiflow/pde/initial_states.hpp>
#include <semiflow/pde/navier_stokes.hpp>
#include <semiflow/pde/spectral_model.hpp>
#include <string>

using namespace semiflow;

namespace {

// In bytes.
struct Memory {
  double allocated, resident, peak;
};

Memory now() {
  const struct mallinfo2 info = mallinfo2();
  Memory memory{.allocated = static_cast<double>(info.uordblks + info.hblkhd), .resident = 0, .peak = 0};
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) memory.resident = 1024 * std::atof(line.c_str() + 6);
    if (line.starts_with("VmHWM:")) memory.peak = 1024 * std::atof(line.c_str() + 6);
  }
  return memory;
}

}  // namespace

int main(int argc, char* argv[]) {
  const Index points = argc > 1 ? std::atoll(argv[1]) : 1024;
  const Grid plane({{points, 2 * std::numbers::pi}, {points, 2 * std::numbers::pi}});
  const double half_spectrum = 16.0 * static_cast<double>(plane.modes());
  const double field = 8.0 * static_cast<double>(plane.points());

  malloc_trim(0);
  const Memory start = now();
  std::printf("%td^2; half-spectrum %.2f MiB, field %.2f MiB\n\n", points, half_spectrum / 1048576, field / 1048576);
  std::printf(
      "| | allocated, half-spectra | in fields | resident, half-spectra | peak so far |\n|---|---|---|---|---|\n");
  const auto print = [&](const char* what) {
    const Memory m = now();
    std::printf("| %s | %.2f | %.2f | %.2f | %.2f |\n", what, (m.allocated - start.allocated) / half_spectrum,
                (m.allocated - start.allocated) / field, (m.resident - start.resident) / half_spectrum,
                (m.peak - start.resident) / half_spectrum);
  };

  Semilinear equation = navier_stokes(plane, {.viscosity = 1e-4});
  print("the equation, a list of terms");
  SpectralModel model(std::move(equation), 1e-3);
  print("and the solver, which took the equation over");
  malloc_trim(0);
  print("after malloc gave back what it kept");
  Ensemble state = mcwilliams(plane, 6, 1);
  malloc_trim(0);
  print("and one state, which is the caller's");
  model.advance(state, {0, 0.003});
  print("after three steps");
}
