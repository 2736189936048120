#!/usr/bin/env bash
# A surrogate is trained, killed and resumed, forecasts for a filter, and has the same bits on one rank and on two; its
# weights serve another run, as a file and as TorchScript; other kinds and time steps run; wrong keys are refused.   surrogate_test.sh SEMIFLOW SAME_DATA MPIEXEC
set -euo pipefail
semiflow=$1 same=$2 mpiexec=$3
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
experiment=$here/surrogate.toml

"$semiflow" run "$experiment" --quiet --output one.h5 --set 'surrogate.save="weights.h5"' \
  --set 'surrogate.script="operator.pt"'
"$semiflow" run "$experiment" --quiet --output plain.h5
"$mpiexec" --oversubscribe -n 2 "$semiflow" run "$experiment" --quiet --output two.h5
"$same" one.h5 two.h5 || { echo "two ranks differ"; exit 1; }

# Killed in the training of either operator, and resumed with the same bits. Every epoch leaves a checkpoint.
for epochs in 4 16; do
  rm -f killed.h5*
  "$semiflow" run "$experiment" --quiet --output killed.h5 &
  pid=$! seen=0 last=none
  while ((seen < epochs)) && kill -0 "$pid" 2>/dev/null; do
    now=$(stat -c %i-%y killed.h5.checkpoint 2>/dev/null || echo none)
    [[ $now == "$last" ]] || { last=$now; seen=$((seen + 1)); }
  done
  kill -9 "$pid" 2>/dev/null || { echo "it was over before it was killed"; exit 1; }
  wait "$pid" 2>/dev/null || true
  "$semiflow" run "$experiment" --quiet --output killed.h5 --resume
  "$same" plain.h5 killed.h5 || { echo "a resumed training differs"; exit 1; }
done

# The weights that were saved give the same forecasts without a training; the number of test trajectories is what counts.
grep -vE '^(epochs|batch|trajectories|validation_trajectories|baseline) ' "$experiment" |
  sed -e '/^\[surrogate.training\]/d' -e "s|^kind = .*|&\nweights = \"$work/weights.h5\"|" >again.toml
"$semiflow" run again.toml --quiet --output again.h5
score() { "$semiflow" info "$1" | grep -E '^  (analysis_mean|rmse_analysis)'; }
[[ -n $(score one.h5) && $(score one.h5) == "$(score again.h5)" ]] || { echo "the saved weights forecast otherwise"; exit 1; }

# As a TorchScript module it forecasts the same but for rounding, which the filter hardly lets grow.
grep -vE '^(modes|width|layers|weights|points = .64.)' again.toml | sed -e 's|^kind = .*|kind = "torchscript"\nfile = "operator.pt"|' >scripted.toml
"$semiflow" run scripted.toml --quiet --output scripted.h5
rmse() { "$semiflow" info "$1" | awk '/^  rmse_analysis/ {print $3}'; }
awk -v a="$(rmse one.h5)" -v b="$(rmse scripted.h5)" 'BEGIN {exit !(a > 0 && b / a > 0.99 && b / a < 1.01)}' ||
  { echo "the scripted module forecasts otherwise: $(rmse one.h5) $(rmse scripted.h5)"; exit 1; }

# One network takes steps of several lengths, and the filter those between its events. A DeepONet is trained as the others.
"$semiflow" run "$experiment" --quiet --output any.h5 --set surrogate.any_time_step=true --set surrogate.time_step=1.0 \
  --set surrogate.data.interval=0.25 --set 'surrogate.evaluation.time_steps=[0.25, 0.5, 1.0]' \
  --set surrogate.evaluation.baseline=false --set observations.interval=0.75
"$semiflow" run "$experiment" --quiet --output deeponet.h5 --set 'surrogate.kind="residual-deeponet"' \
  --set 'surrogate.evaluation.points=[]' --set surrogate.evaluation.baseline=false

# What the learned model lacks, from the increments of its filter; the operator has learned another model than the truth's.
{ cat "$experiment"; printf '[discovery]\nsource = "filter"\nblocks = 2\n'; } >lacks.toml
lacks=(run lacks.toml --quiet --set surrogate.data.of=model --set model.advection=0.5 --set truth.advection=1.0 --output)
"$semiflow" "${lacks[@]}" lacks.h5
"$mpiexec" --oversubscribe -n 2 "$semiflow" "${lacks[@]}" lacks2.h5
"$same" lacks.h5 lacks2.h5 || { echo "two ranks discover otherwise"; exit 1; }
"$semiflow" info lacks.h5 >lacks.txt
grep -q '^  coefficient(pass 1' lacks.txt || { echo "nothing was discovered"; exit 1; }
if grep -q '^/assimilation_1' lacks.txt; then echo "the filter ran again with the same model"; exit 1; fi

# An observer whose gain and operator are trained together, and then forecasts with the operator as trained.
observer() {  # NAME KEYS-OF-GAIN
  { sed -e '/^\[assimilation\]/,$d; s/^stride = .*/stride = 1\nwarm_up = 3/' again.toml
    printf '[assimilation]\nmethod = "learned-gain"\nforecast = "surrogate"\ninitial_std = 0.3\nbaselines = false\n'
    printf '[assimilation.gain]\nmodes = 4\nwidth = 4\nlayers = 1\nhead = 4\nruns = 2\nepochs = 2\n%s\n' "$2"; } >"$1.toml"
}
observer swept ''
observer together 'sequence = { events = 3, epochs = 1, predictor = true }'
"$semiflow" run swept.toml --quiet --output swept.h5
"$semiflow" run together.toml --quiet --output together.h5
"$mpiexec" --oversubscribe -n 2 "$semiflow" run together.toml --quiet --output together2.h5
"$same" together.h5 together2.h5 || { echo "two ranks train an observer otherwise"; exit 1; }
if "$same" swept.h5 together.h5 >/dev/null 2>&1; then echo "the recursion was not trained"; exit 1; fi

refused() {  # PATTERN ARGUMENTS...
  local pattern=$1 status=0
  shift
  "$semiflow" "$@" 2>message || status=$?
  if ((status != 2)) || ! grep -qE "$pattern" message; then
    echo "not refused by '$pattern': status $status"
    cat message
    exit 1
  fi
}
check=(check "$experiment" --set)
refused 'surrogate.kind=.*residual-fno' "${check[@]}" surrogate.kind=residual_fno
refused "did you mean 'width'" "${check[@]}" surrogate.widht=3
refused "'modes' is from 1 to" "${check[@]}" surrogate.modes=40
refused "not a multiple of truth.dt" "${check[@]}" surrogate.time_step=0.33
refused "belongs to kind = \"semilinear\"" "${check[@]}" surrogate.kind=fno --set surrogate.order=2
refused "a half, a third" "${check[@]}" surrogate.any_time_step=true --set surrogate.data.interval=0.5
refused "belong to their grid" "${check[@]}" surrogate.kind=deeponet
refused "no TorchScript" "${check[@]}" 'surrogate.script="x.pt"' --set surrogate.kind=corrected-solver --set 'surrogate.evaluation.points=[]'
refused "no such file|is no TorchScript" run scripted.toml --quiet --output bad.h5 --set surrogate.file=plain.h5
refused "unknown key 'patience'" "${check[@]}" surrogate.training.patience=3
refused "same state" "${check[@]}" surrogate.data.perturbation_std=0
refused "not a multiple of surrogate.time_step" "${check[@]}" observations.interval=0.75
refused 'for ensemble filters and observers' "${check[@]}" assimilation.method=ienks
refused "there is no file" "${check[@]}" 'surrogate.weights="nowhere.h5"'
refused "there is no folder" "${check[@]}" 'surrogate.save="nowhere/weights.h5"'
refused 'a solver has none here' check together.toml --set assimilation.forecast=model
refused 'fewer, or lengthen' check together.toml --set assimilation.gain.sequence.events=50
refused 'width is 12 there and 16 here' run again.toml --quiet --output other.h5 --set surrogate.width=16
refused 'takes no closed-form correction' check lacks.toml --set discovery.passes=2
"$semiflow" list surrogates | grep -q 'corrected-solver' || { echo "not listed"; exit 1; }
"$semiflow" plot one.h5 --output pictures | grep -q learning-curve
[[ -s pictures/learning-curve.png && -s pictures/rollout.png ]] || { echo "no pictures"; exit 1; }
echo "the surrogate is trained, resumed and used with the same bits"
