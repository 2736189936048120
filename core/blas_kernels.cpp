#include "blas_kernels.hpp"

#include <cblas.h>
#include <unistd.h>

#include <cstdlib>

namespace semiflow {

std::string better_blas_kernels() {
#ifdef __x86_64__
  // Also where the variable is set and misspelt, OpenBLAS takes its oldest kernels, and says so.
  if (std::getenv("OPENBLAS_CORETYPE") != nullptr || openblas_get_corename() != std::string("Prescott")) return {};
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq"))
    return "SkylakeX";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "Haswell";
#endif
  return {};
}

void use_better_blas_kernels(char* argv[]) {
  const std::string kernels = better_blas_kernels();
  if (kernels.empty()) return;
  setenv("OPENBLAS_CORETYPE", kernels.c_str(), 1);  // also what keeps the program from starting forever
  execv("/proc/self/exe", argv);
}

}  // namespace semiflow
