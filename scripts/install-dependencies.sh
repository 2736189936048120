#!/usr/bin/env bash
# Installs what Semiflow needs to build, run and test on Debian 12 and Ubuntu.
#
#   scripts/install-dependencies.sh           install what is missing; nothing to do means no call to apt
#   scripts/install-dependencies.sh --list    print the packages, one a line
#
# Run it as root or as a user who may use sudo. Documentation tools are not in the list: scripts/docs.sh
# installs them when they are wanted.
set -euo pipefail

packages=(
  # tools
  build-essential cmake ninja-build pkg-config git ca-certificates ccache
  # numbers: linear algebra, transforms, random streams
  libeigen3-dev libopenblas-openmp-dev libfftw3-dev librandom123-dev
  # networks
  libtorch-dev
  # parallel runs and files
  openmpi-bin libopenmpi-dev libhdf5-openmpi-dev
  # experiment files, command line, JSON
  libtomlplusplus-dev libcli11-dev nlohmann-json3-dev
  # tests and benchmarks
  catch2 libbenchmark-dev
  # pictures, and Python readers that prove the result file portable
  gnuplot-nox fonts-dejavu-core python3-xarray python3-h5netcdf python3-netcdf4
)

fail() {
  echo "install-dependencies: $*" >&2
  exit 1
}

# The packages that are not installed, one a line.
missing() {
  local installed
  installed=$(dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null || true)
  for package in "${packages[@]}"; do
    grep -qx "installed $package" <<<"$installed" || echo "$package"
  done
}

# Debian keeps several BLAS libraries side by side, and a program gets the one that is first among the
# alternatives. Eigen's products are many times slower on the reference BLAS, so say if it would be taken.
check_blas() {
  pkg-config --exists openblas || fail "pkg-config does not know openblas; is libopenblas-openmp-dev complete?"
  local library active
  library=$(ldconfig -p | sed -n 's/.*libopenblas\.so\.0 .*=> //p' | head -n 1)
  [[ -n $library ]] || fail "the loader does not find libopenblas.so.0; run ldconfig and try again"
  # Semiflow links libopenblas itself; the alternative matters to other programs only, such as numpy.
  active=$(readlink -f /etc/alternatives/libblas.so.3-* 2>/dev/null | head -n 1 || true)
  if [[ $active != *openblas* ]]; then
    echo "install-dependencies: note: libblas.so.3 is ${active:-not set}, not OpenBLAS; Semiflow links $library directly"
  fi
}

case ${1:-} in
  --list) printf '%s\n' "${packages[@]}"; exit 0 ;;
  '') ;;
  *) fail "unknown argument '$1'; see the head of this script" ;;
esac

command -v dpkg-query >/dev/null ||
  fail "this is not Debian or Ubuntu; install the counterparts of: ${packages[*]}"
mapfile -t wanted < <(missing)

if ((${#wanted[@]} > 0)); then
  as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "missing packages and neither root nor sudo; let an administrator run: apt-get install ${wanted[*]}"
    as_root=(sudo)
  fi
  apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300)
  echo "install-dependencies: installing ${wanted[*]}"
  "${apt[@]}" update -q
  "${apt[@]}" install -q -y --no-install-recommends "${wanted[@]}"
fi
check_blas
echo "install-dependencies: all ${#packages[@]} packages are installed"
