#!/usr/bin/env bash
# From a fresh clone to the verdict: installs what is missing, builds everything in build/ and runs the
# tests. The last line is "N passed, N failed"; the exit status is 0 only if none failed.
#
#   scripts/test.sh                  every test but the long ones
#   scripts/test.sh --nightly        the long ones as well
#   scripts/test.sh [-R regex ...]   anything else goes to ctest
#
# Works from any directory, as root or not, and without a network if the packages are installed.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

select=(--label-exclude nightly)
if [[ ${1:-} == --nightly ]]; then
  select=()
  shift
fi

scripts/install-dependencies.sh
configure_and_build -DSEMIFLOW_BUILD_TESTS=ON
# That every public header compiles alone is asked by a test; the compiler's work belongs to the build.
cmake --build --preset release --parallel "$cores" --target all_verify_interface_header_sets

step "test"
log=build/ctest.log
status=0
# ctest starts with the tests that failed or took longest last time; in a fresh build, with the rooms
# from the bottom up as tests/CMakeLists.txt lists them.
ctest --test-dir build --output-on-failure --no-tests=error --parallel "$cores" "${select[@]}" "$@" 2>&1 |
  tee "$log" || status=$?

# "97% tests passed, 1 tests failed out of 31"; a skipped test counts as passed there, not here.
total=$(sed -n 's/^[0-9]*% tests passed, [0-9]* tests failed out of \([0-9]*\)$/\1/p' "$log")
failed=$(sed -n 's/^[0-9]*% tests passed, \([0-9]*\) tests failed out of [0-9]*$/\1/p' "$log")
if [[ -z $total || -z $failed ]]; then
  echo "test.sh: ctest gave no summary (exit status $status)" >&2
  exit $((status == 0 ? 1 : status))
fi
skipped=$(grep -c '\*\*\*Skipped' "$log" || true)
echo
if ((skipped > 0)); then echo "$skipped skipped"; fi
echo "$((total - failed - skipped)) passed, $failed failed"
if ((failed > 0 && status == 0)); then status=1; fi
exit "$status"
