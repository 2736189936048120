#!/usr/bin/env bash
# A run that is killed by SIGKILL at random moments and resumed ends with the bits of a run that is not; it may be
# resumed on another number of ranks.   resume_test.sh SEMIFLOW SAME_DATA MPIEXEC [TRIES]
set -euo pipefail
semiflow=$1 same=$2 mpiexec=$3 tries=${4:-20}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
run=("$semiflow" run "$here/experiment.toml" --quiet --output)
start=$(date +%s%N)
"${run[@]}" "$work/whole.h5"
duration=$(($(date +%s%N) - start))
killed=0
for ((try = 1; try <= tries; ++try)); do
  RANDOM=$try
  out=$work/$try.h5
  "${run[@]}" "$out" &
  pid=$!
  sleep "$(awk -v d="$duration" -v r="$RANDOM" 'BEGIN { printf "%.3f", d / 1e9 * r / 32768 }')"
  if kill -9 "$pid" 2>/dev/null; then ((++killed)); fi
  wait "$pid" 2>/dev/null || true
  if [[ ! -e $out ]]; then
    if ((try % 4 == 0)); then
      "$mpiexec" --oversubscribe -n 2 "${run[@]}" "$out" --resume
    else
      "${run[@]}" "$out" --resume
    fi
  fi
  "$same" "$work/whole.h5" "$out" || { echo "try $try differs"; exit 1; }
  [[ ! -e $out.partial && ! -e $out.checkpoint ]] || { echo "try $try leaves files behind"; exit 1; }
  rm -f "$out"
done
echo "$tries of $tries identical, $killed killed"
((killed > 0))
