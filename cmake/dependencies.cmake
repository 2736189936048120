# What every room stands on. The installed SemiflowConfig.cmake includes this file too, so a user's
# project finds the same libraries in the same way.
find_package(MPI REQUIRED COMPONENTS C)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(PkgConfig REQUIRED)
pkg_check_modules(FFTW3 REQUIRED IMPORTED_TARGET GLOBAL fftw3)
pkg_check_modules(HDF5 REQUIRED IMPORTED_TARGET GLOBAL hdf5-openmpi)
pkg_check_modules(OPENBLAS REQUIRED IMPORTED_TARGET GLOBAL openblas)
find_library(HDF5_HL_LIBRARY NAMES hdf5_openmpi_hl REQUIRED)
find_package(tomlplusplus REQUIRED)
