#!/usr/bin/env bash
# What a user sees of a result: info, pictures, one line for an error under mpirun.   surface_test.sh SEMIFLOW MPIEXEC
set -euo pipefail
semiflow=$1 mpiexec=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
  echo "FAILED: $*"
  cat output.txt
  exit 1
}

"$semiflow" run "$here/experiment.toml" --quiet --output out.h5
"$semiflow" info out.h5 >output.txt
for line in '^title +small' '^status +finished' '^libraries +HDF5 .*, Eigen .*, .*' '^  analysis_mean\(time 240, x 64\)' \
  '^  ensemble\(time 240, member 30, x 64\)' '^  persistence_rmse\(system 4, lead 5\)' '^  time\(241\)' \
  '^  mean_crps_analysis +=' '^  improvement_over_persistence +='; do
  grep -qE "$line" output.txt || fail "info has no line /$line/"
done

# An apostrophe ends a gnuplot string, and what follows would be a command.
folder="it's; system 'touch harm'"
"$semiflow" plot out.h5 --output "$folder" >output.txt 2>&1 || fail "no pictures in a folder named $folder"
for picture in space-time assimilation spectra rank-histogram discovery forecast; do
  [[ -s $folder/$picture.png ]] || fail "no picture $picture"
done
[[ ! -e harm ]] || fail "a path was run as a command"

status=0
"$mpiexec" --oversubscribe -n 2 "$semiflow" run --frobnicate >output.txt 2>&1 || status=$?
lines=$(grep -c '^semiflow: ' output.txt) || true
((status == 2 && lines == 1)) || fail "a wrong option on 2 ranks: status $status, $lines lines"
echo "the surface is as it should be"
