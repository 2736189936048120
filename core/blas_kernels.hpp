#pragma once
#include <string>

namespace semiflow {

/// The kernels that OpenBLAS should use on this processor, for its environment variable OPENBLAS_CORETYPE; empty if it
/// chose well or the user has chosen.
///
/// OpenBLAS chooses by a list of processor models. On one that is younger than the list (0.3.21 of Debian 12 on Intel's
/// Emerald Rapids) it takes those of 2004, without AVX, and a product of matrices takes three to six times as long.
std::string better_blas_kernels();

/// Starts the program anew with better_blas_kernels(), if there are any: OpenBLAS reads the variable when it is loaded. The
/// first statement of main, before MPI_Init; it returns if there is nothing to do or no way to do it.
void use_better_blas_kernels(char* argv[]);

}  // namespace semiflow
