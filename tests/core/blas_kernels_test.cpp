#include <cblas.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <semiflow/core/blas_kernels.hpp>

using namespace semiflow;

#ifdef __x86_64__
TEST_CASE("products of matrices use what the processor has") {
  // The program that runs this test began with use_better_blas_kernels().
  CHECK(better_blas_kernels().empty());
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    CHECK(openblas_get_corename() != std::string("Prescott"));
}
#endif
