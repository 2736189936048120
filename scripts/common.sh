# Sourced by demo.sh and test.sh: where the project is, the environment of a run, and the build.
# shellcheck shell=bash
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

# nproc would answer with OMP_NUM_THREADS, so it is asked without.
cores=$(env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc)

# One thread a rank: ranks are the parallelism, and results do not depend on a thread count.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
# Settings of Open MPI, given by environment so that another MPI's mpirun still accepts the command line:
# do not pin ranks (two runs on one machine would share a core), allow more ranks than cores, let a rank that
# waits give its core to one that works (on a busy machine the others would be 20 times slower), and do not
# use a kernel call that containers forbid.
export OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_MCA_mpi_yield_when_idle=1
export OMPI_MCA_btl_vader_single_copy_mechanism=none
if ((EUID == 0)); then
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi

step() { printf '\n== %s\n' "$*"; }

# configure_and_build [cmake option ...]: a release build in build/.
configure_and_build() {
  step "configure"
  cmake --preset release "$@"
  step "build"
  cmake --build --preset release --parallel "$cores"
}
