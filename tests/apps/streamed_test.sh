#!/usr/bin/env bash
# A surrogate is trained with the results of earlier runs, read as a batch needs them: the same bits whatever is held in
# memory, on one rank and on three, and killed and resumed; files that do not fit are refused.   streamed_test.sh SEMIFLOW SAME_DATA MPIEXEC
set -euo pipefail
semiflow=$1 same=$2 mpiexec=$3
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

awk '/^\[/ {keep = /experiment|model|truth/} keep' "$here/surrogate.toml" >run.toml
simulate() { "$semiflow" run run.toml --quiet --set truth.interval=0.25 --set truth.spin_up=5.0 --set truth.perturbation_std=0.1 "$@"; }
for seed in 1 2 3; do simulate --set experiment.seed=$seed --set truth.duration=20.0 --output run$seed.h5; done
awk '/^\[/ {keep = !/observations|assimilation/} keep' "$here/surrogate.toml" |
  sed -e 's|^trajectories = .*|files = ["run1.h5", "run2.h5"]|; s|^validation_traj.*|validation_files = ["run3.h5"]|' \
    -e 's|^epochs.*|epochs = 5|; s|^spin_up.*|spin_up = 5.0|' -e '/^points = .64/d; /^baseline/d; s|^climate_steps.*||' >train.toml

"$semiflow" run train.toml --quiet --output held.h5
"$mpiexec" --oversubscribe -n 3 "$semiflow" run train.toml --quiet --set surrogate.data.held_frames=7 --output read.h5
"$same" held.h5 read.h5 || { echo "frames that are read train otherwise"; exit 1; }

train=(run train.toml --quiet --set surrogate.data.held_frames=0 --output killed.h5)
"$semiflow" "${train[@]}" &
pid=$! seen=0 last=none
while ((seen < 3)) && kill -0 "$pid" 2>/dev/null; do
  now=$(stat -c %i-%y killed.h5.checkpoint 2>/dev/null || echo none)
  [[ $now == "$last" ]] || { last=$now; seen=$((seen + 1)); }
done
kill -9 "$pid" 2>/dev/null || { echo "it was over before it was killed"; exit 1; }
wait "$pid" 2>/dev/null || true
"$semiflow" "${train[@]}" --resume
"$same" held.h5 killed.h5 || { echo "a resumed training differs"; exit 1; }

refused() {  # PATTERN OVERRIDE...
  local pattern=$1 status=0
  shift
  "$semiflow" check train.toml "${@/#/--set=}" 2>message || status=$?
  if ((status != 2)) || ! grep -qE "$pattern" message; then
    echo "not refused by '$pattern': status $status"
    cat message
    exit 1
  fi
}
refused 'surrogate.data.files.*nowhere.h5: the data file cannot be opened' 'surrogate.data.files=["nowhere.h5"]'
refused 'not a multiple of that' model.dt=0.1 surrogate.time_step=0.6
refused "a trajectory of 'kuramoto-sivashinsky', and the model is 'burgers'" model.equation=burgers
refused 'shape 81 x 32, and the grid of the model is 64' model.points=64
refused 'and those of the model 0.75' model.length=24.0
refused "unroll.*at most 40" surrogate.training.unroll=41
refused 'none of the files has the 401 frames' surrogate.time_step=100.0 surrogate.evaluation.lead=100.0
refused "unknown key 'files'" 'surrogate.weights="run1.h5"'
if "$semiflow" run train.toml --quiet --overwrite --output run2.h5 2>message || ! grep -q 'would replace a file of surrogate.data.files' message; then
  echo "a result may replace what it is trained with"; exit 1
fi
head -c 20000 run1.h5 >torn.h5
refused 'torn.h5.*damaged' 'surrogate.data.files=["torn.h5"]'
echo "a surrogate is trained with files as with memory"
