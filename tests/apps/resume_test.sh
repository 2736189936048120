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
      # How often it saves says nothing of what is computed.
      "${run[@]}" "$out" --resume --set output.checkpoint_seconds=0.1
    fi
  fi
  "$same" "$work/whole.h5" "$out" || { echo "try $try differs"; exit 1; }
  [[ ! -e $out.partial && ! -e $out.checkpoint ]] || { echo "try $try leaves files behind"; exit 1; }
  rm -f "$out"
done

# A finished result is neither replaced nor computed again unless asked for.
refused() {  # PATTERN ARGUMENTS...: whole.h5 is refused and stays
  local pattern=$1 status=0
  shift
  "${run[@]}" "$work/whole.h5" "$@" 2>"$work/message" || status=$?
  if ((status != 2)) || ! grep -q "$pattern" "$work/message"; then
    echo "a finished result, $*: status $status"
    cat "$work/message"
    exit 1
  fi
}
sum=$(md5sum <"$work/whole.h5")
refused 'whole.h5: a result lies here already; choose another --output, or replace it by --overwrite'
refused 'begun by another experiment' --resume --set model.dt=0.025
for launch in "" "$mpiexec --oversubscribe -n 2"; do
  # shellcheck disable=SC2086
  $launch "$semiflow" run "$here/experiment.toml" --output "$work/whole.h5" --resume >"$work/message"
  grep -q 'whole.h5 is finished$' "$work/message" || { echo "not called finished"; cat "$work/message"; exit 1; }
done
[[ $sum == "$(md5sum <"$work/whole.h5")" ]] || { echo "the finished result has changed"; exit 1; }
cp "$work/whole.h5" "$work/twice.h5"
"${run[@]}" "$work/twice.h5" --overwrite
"$same" "$work/whole.h5" "$work/twice.h5"

# What an earlier run has left must not leak into a new one. The model that blows up stops in the filter, with a
# checkpoint of that stage; the folder in the way of the next checkpoint stops the new run before its first one.
out=$work/again.h5
blow_up=(--set 'model.terms={"u^4"=5.0}')
if "${run[@]}" "$out" "${blow_up[@]}" 2>/dev/null; then echo "the model should have blown up"; exit 1; fi
[[ -e $out.partial && -e $out.checkpoint ]] || { echo "no interrupted run to start from"; exit 1; }
cp "$out.checkpoint" "$work/old.checkpoint"
mkdir "$out.checkpoint.tmp"
if "${run[@]}" "$out" --overwrite 2>/dev/null; then echo "the checkpoint should have been refused"; exit 1; fi
[[ ! -e $out.checkpoint ]] || { echo "--overwrite leaves the old checkpoint beside the new file"; exit 1; }
rmdir "$out.checkpoint.tmp"
status=0
cp "$work/old.checkpoint" "$out.checkpoint"
"${run[@]}" "$out" --resume 2>"$work/message" || status=$?
if ((status != 2)) || ! grep -q 'checkpoint: was begun by another experiment' "$work/message"; then
  echo "a checkpoint of another experiment is taken: status $status"
  cat "$work/message"
  exit 1
fi
rm "$out.checkpoint"
"${run[@]}" "$out" --resume
"$same" "$work/whole.h5" "$out"

echo "$tries of $tries identical, $killed killed"
((killed > 0))
