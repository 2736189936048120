#!/usr/bin/env bash
# Discovery in the loop: the same bits on 1, 2 and 3 ranks, and after SIGKILL and a resume, also on another number of them;
# what may not be combined is refused.   loop_test.sh SEMIFLOW SAME_DATA MPIEXEC
set -euo pipefail
semiflow=$1 same=$2 mpiexec=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat >line.toml <<'TOML'
[experiment]
name = "loop"
[model]
equation = "kuramoto-sivashinsky"
points = 32
length = 25.0
dt = 0.05
advection = 0.8
[truth]
advection = 1.0
spin_up = 50.0
duration = 30.0
perturbation_std = 0.03
[observations]
interval = 0.25
stride = 2
error_std = 0.1
availability = 0.9
[assimilation]
method = "etkf"
members = 20
initial_std = 0.03
rotate = true
burn_in = 5.0
inflation.posterior_std = 1.2
baselines = false
[discovery]
source = "filter"
method = "innovations"
window = 20
library.max_power = 1
[forecast]
lead = 1.0
[output]
checkpoint_seconds = 0.02
TOML
local=(--set 'assimilation.method="letkf"' --set assimilation.rotate=false --set assimilation.localization.half_width=5.0)

compare() {  # NAME ARGUMENTS...
  local name=$1 n try start duration out killed=0
  shift
  start=$(date +%s%N)
  "$semiflow" run line.toml --quiet --output "$name.h5" "$@"
  duration=$(($(date +%s%N) - start))
  for n in 2 3; do
    "$mpiexec" --oversubscribe -n "$n" "$semiflow" run line.toml --quiet --output "$name-$n.h5" "$@"
    "$same" "$name.h5" "$name-$n.h5" || { echo "$name differs on $n ranks"; exit 1; }
  done
  for try in 1 2 3 4; do
    out=$name-killed-$try.h5
    "$semiflow" run line.toml --quiet --output "$out" "$@" &
    sleep "$(awk -v d="$duration" -v t="$try" 'BEGIN { printf "%.3f", d / 1e9 * (t + 4) / 10 }')"
    if kill -9 $! 2>/dev/null; then killed=$((killed + 1)); fi
    wait $! 2>/dev/null || true
    if [[ ! -e $out ]]; then
      if ((try % 2)); then
        "$semiflow" run line.toml --quiet --output "$out" --resume "$@"
      else
        "$mpiexec" --oversubscribe -n 2 "$semiflow" run line.toml --quiet --output "$out" --resume "$@"
      fi
    fi
    "$same" "$name.h5" "$out" || { echo "$name differs after kill $try"; exit 1; }
  done
  ((killed > 0)) || { echo "$name was never killed"; exit 1; }
}
compare etkf
compare letkf "${local[@]}"

refused() {  # PATTERN ARGUMENTS...
  local pattern=$1 status=0
  shift
  "$semiflow" check line.toml "$@" >message 2>&1 || status=$?
  if ((status != 2)) || ! grep -q "$pattern" message; then
    echo "$*: status $status"
    cat message
    exit 1
  fi
}
refused "choose etkf, ensrf, denkf, enkf or letkf" --set 'assimilation.method="enkf-n"' --set assimilation.rotate=false
refused "remove inflation.adaptive" --set 'assimilation.inflation.adaptive="global"'
refused "'window'" --set discovery.window=1000
refused "half_life" --set discovery.half_lif=1.0
refused "looked at in pairs only" --set truth.points=64
refused "the comparison begins where the pairs" --set comparison.lead=1.0
refused "'innovations' are those of a filter" --set 'discovery.source="pairs"'
echo "the same bits"
