#!/usr/bin/env bash
# libtorch is loaded when it is asked for and not before.   networks_test.sh SEMIFLOW NETWORKS_LIBRARY
set -euo pipefail
semiflow=$1 library=$2
experiment=$(cd "$(dirname "$0")/../.." && pwd)/examples/medida-qg/experiment.toml
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

# A run with networks, beside HDF5 and FFTW; the error of a network crosses the border between the two as itself.
small=(--quiet --set model.points=24 --set model.points_y=32 --set truth.spin_up=2.0 --set discovery.sensors.fraction=0.75
  --set discovery.sensors.network.iterations=20 --set discovery.sensors.network.features=10)
for network in random-features shared-features; do
  "$semiflow" run "$experiment" "${small[@]}" --set "discovery.sensors.interpolator='$network'" --output $network.h5 \
    >output.txt 2>&1 || fail "a run with $network"
  "$semiflow" info $network.h5 >output.txt
  grep -qE '^  interpolation_seconds += [0-9.e-]+$' output.txt || fail "the result of $network does not tell its time"
done
status=0
"$semiflow" run "$experiment" "${small[@]}" --set discovery.sensors.interpolator="'random-features'" --output diverged.h5 \
  --set discovery.sensors.network.learning_rate=1e30 >output.txt 2>&1 || status=$?
((status == 1)) || fail "a network that diverges: status $status"
grep -qx 'semiflow: network: its training has diverged; lower the learning rate' output.txt ||
  fail "a network that diverges does not say so"

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
