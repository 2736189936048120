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

"$semiflow" run "$here/experiment.toml" --resume --output out.h5 >output.txt 2>&1
grep -qx 'out.h5: no interrupted run here, starting anew' output.txt || fail "nothing is said of nothing to resume"
"$semiflow" info out.h5 >output.txt
for line in '^title +small' '^status +finished' '^libraries +HDF5 .*, Eigen .*, .*' '^  analysis_mean\(time 240, x 64\)' \
  '^  ensemble\(time 240, member 30, x 64\)' '^  persistence_rmse\(system 4, lead 5\)' '^  time\(241\)' \
  '^  mean_crps_analysis +=' '^  improvement_over_persistence +='; do
  grep -qE "$line" output.txt || fail "info has no line /$line/"
done

if grep -qE '^  (rank|pass|term|system)\(' output.txt; then fail "info shows numbers that only count"; fi
awk '/^found: u_t = / { found = NR } /^  improvement / { better = NR } /^variable/ { table = NR }
  END { exit !(found && better > found && table > better) }' output.txt || fail "info has not the answer first"

"$semiflow" check "$here/experiment.toml" >output.txt
for line in '^  truth +8600 steps' '^  filter +3 runs of 30 members: 108000 member steps, 720 analyses' \
  '^  forecast +111 forecasts: 2220 steps'; do
  grep -qE "$line" output.txt || fail "check has no line /$line/"
done

# The names of terms need quotes.
for key in 'model.terms."u^3 u_x"' "model.terms.'u^3 u_x'"; do
  "$semiflow" check "$here/experiment.toml" --set "$key=0.1" >output.txt 2>&1 || fail "--set $key is refused"
done

# An ensemble that leaves the truth is a failed run, not a bad input.
status=0
"$semiflow" run "$here/experiment.toml" --quiet --output lost.h5 --set observations.error_std=1e-9 >output.txt 2>&1 || status=$?
((status == 1)) || fail "a diverged filter: status $status"
grep -qE '^semiflow: the ensemble has diverged at time [0-9.]+ \(.*\); lower model.dt .*observations.error_std$' output.txt ||
  fail "a diverged filter does not say so"
status=0
"$semiflow" info lost.h5 >output.txt 2>&1 || status=$?
((status == 2)) || fail "info of an interrupted run: status $status"
grep -q 'an interrupted run lies in lost.h5.partial' output.txt || fail "info does not find the interrupted run"
"$semiflow" info lost.h5.partial >output.txt || fail "no info of an interrupted run"

# An apostrophe ends a gnuplot string, and what follows would be a command.
folder="it's; system 'touch harm'"
"$semiflow" plot out.h5 --output "$folder" >output.txt 2>&1 || fail "no pictures in a folder named $folder"
for picture in space-time assimilation spectra rank-histogram discovery evidence forecast; do
  [[ -s $folder/$picture.png ]] || fail "no picture $picture"
done
[[ ! -e harm ]] || fail "a path was run as a command"
"$semiflow" plot out.h5 --format pdf >output.txt 2>&1 || fail "no PDF"
for picture in out/*; do [[ $(head -c 4 "$picture") == %PDF ]] || fail "$picture is no PDF"; done

# A run that stops in its forecasts: what is finished is drawn, and no folder blocks the place of the result.
"$semiflow" run "$here/experiment.toml" --quiet --output short.h5 --set 'model.terms={"u^4"=0.05}' \
  --set forecast.lead=12.0 --set forecast.from=5.0 >output.txt 2>&1 && fail "the forecasts should have grown without bounds"
"$semiflow" plot short.h5.partial >output.txt 2>&1 || fail "no pictures of an interrupted run"
[[ -s short/assimilation.png && -s short/discovery.png && ! -e short.h5 ]] || fail "pictures of an interrupted run"
grep -q '^semiflow: short.h5.partial is not finished: no forecasts$' output.txt || fail "plot does not say what is missing"
if grep -qi warning output.txt; then fail "gnuplot complains"; fi

status=0
"$mpiexec" --oversubscribe -n 2 "$semiflow" run --frobnicate >output.txt 2>&1 || status=$?
lines=$(grep -c '^semiflow: ' output.txt) || true
((status == 2 && lines == 1)) || fail "a wrong option on 2 ranks: status $status, $lines lines"
echo "the surface is as it should be"
