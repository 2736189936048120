#include <H5public.h>
#include <cblas.h>
#include <fftw3.h>
#include <mpi.h>

#include <semiflow/core/ensemble.hpp>
#include <semiflow/core/library_versions.hpp>

namespace semiflow {

std::string library_versions() {
  unsigned major, minor, release;
  H5get_libversion(&major, &minor, &release);
  char mpi[MPI_MAX_LIBRARY_VERSION_STRING];
  int length;
  MPI_Get_library_version(mpi, &length);
  const std::string mpi_name(mpi, static_cast<std::size_t>(length));
  return "HDF5 " + std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(release) + ", Eigen " +
         std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) + "." +
         std::to_string(EIGEN_MINOR_VERSION) + ", " + fftw_version + ", OpenBLAS " + openblas_get_corename() + ", " +
         mpi_name.substr(0, mpi_name.find(','));
}

}  // namespace semiflow
