#!/usr/bin/env bash
# libtorch is loaded when it is asked for and not before.   networks_test.sh SEMIFLOW NETWORKS_LIBRARY
set -euo pipefail
semiflow=$1 library=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
  echo "FAILED: $*"
  cat output.txt
  exit 1
}

# The loader's own record of every library that it opens.
loaded() { LD_DEBUG=files LD_DEBUG_OUTPUT=$work/loader "$semiflow" "$@" >output.txt 2>&1 || fail "semiflow $*"; }
loaded --help
cat loader.* >files.txt
rm loader.*
grep -q 'libopenblas' files.txt || fail "the loader's record is empty, so this test proves nothing"
if grep -qE 'libtorch|libc10|semiflow_networks' files.txt; then fail "semiflow --help loads libtorch"; fi
loaded list networks
grep -q 'libtorch' loader.* || fail "semiflow list networks does not load libtorch"
grep -qE '^networks  \(libtorch [0-9.]+, ' output.txt || fail "semiflow list networks does not say which libtorch"

# A command without its library says what to do.
cp "$semiflow" semiflow
status=0
./semiflow list networks >output.txt 2>&1 || status=$?
((status == 2)) || fail "a command without its library: status $status"
grep -qE "^semiflow: networks: there is no $(basename "$library") in .*; build with -DSEMIFLOW_WITH_TORCH=ON" output.txt ||
  fail "a command without its library does not say what to do"
# Nor does it take a file that is something else.
cp "$(type -P true)" "$(basename "$library")"
status=0
./semiflow list networks >output.txt 2>&1 || status=$?
((status == 2)) || fail "a library that is none: status $status"
echo "libtorch is loaded when it is asked for"
