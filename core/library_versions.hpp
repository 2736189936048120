#pragma once
#include <string>

namespace semiflow {

/// The libraries that a result depends on, e.g. "HDF5 1.10.8, Eigen 3.4.0, fftw-3.3.10-sse2-avx, OpenBLAS SkylakeX, Open MPI v4.1.4".
std::string library_versions();

}  // namespace semiflow
