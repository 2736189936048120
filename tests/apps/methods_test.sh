#!/usr/bin/env bash
# Every method of [assimilation]: the same bits on one rank and on three, and after SIGKILL and a resume on two.
#   methods_test.sh SEMIFLOW SAME_DATA MPIEXEC
set -euo pipefail
semiflow=$1 same=$2 mpiexec=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat >line.toml <<'TOML'
[experiment]
name = "every method"
[model]
equation = "lorenz-96"
points = 13
dt = 0.05
[truth]
duration = 8.0
[observations]
interval = 0.05
error_std = 0.5
[assimilation]
initial_std = 0.1
burn_in = 1.0
TOML

cat >plane.toml <<'TOML'
[experiment]
name = "a plane"
[model]
equation = "navier-stokes"
points = 16
length = 6.283185307179586
viscosity = 0.02
kolmogorov_amplitude = 1.0
dt = 0.05
[truth]
initial = { shape = "random-field", alpha = 4.0, tau = 4.0, scale = 500.0 }
duration = 8.0
[observations]
interval = 0.1
random = 40
availability = 0.8
event_availability = 0.7
gross_error_rate = 0.02
gross_error_std = 20.0
quality_control = 4.0
error_std = 0.3
[assimilation]
members = 7
initial_interval = 1.0
burn_in = 1.0
inflation.prior_std = 1.05
TOML

sed 's/navier-stokes/two-layer-jet/; s/^viscosity.*//; s/^kolmogorov.*//; s/6.283185307179586/44.0/; s/scale = 500.0/scale = 5.0/' plane.toml >layers.toml

killed=0
invariant() {  # NAME EXPERIMENT OVERRIDES...
  local name=$1 experiment=$2 set=()
  shift 2
  for override in "$@"; do set+=(--set "$override"); done
  local run=("$semiflow" run "$experiment" --quiet "${set[@]}" --set output.checkpoint_seconds=0.0 --output)
  local start duration pid
  start=$(date +%s%N)
  "${run[@]}" one.h5
  duration=$(($(date +%s%N) - start))
  "$mpiexec" --oversubscribe -n 3 "${run[@]}" three.h5
  "$same" one.h5 three.h5 || { echo "$name: other bits on three ranks"; exit 1; }
  "${run[@]}" killed.h5 &
  pid=$!
  sleep "$(awk -v d="$duration" 'BEGIN { printf "%.3f", 0.7 * d / 1e9 }')"
  kill -9 "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  if [[ ! -e killed.h5 ]]; then
    ((++killed))
    "$mpiexec" --oversubscribe -n 2 "${run[@]}" killed.h5 --resume
  fi
  "$same" one.h5 killed.h5 || { echo "$name: other bits after a resume"; exit 1; }
  rm -f ./*.h5
}

method() {  # NAME OVERRIDES...
  local name=$1
  shift
  invariant "$name" line.toml "assimilation.method=\"$name\"" "$@"
}
ensemble=(assimilation.members=8 assimilation.inflation.posterior_std=1.05)
taper=(assimilation.localization.half_width=3.0)
for name in etkf ensrf denkf; do method $name "${ensemble[@]}" assimilation.rotate=true; done
for name in enkf serial-enkf; do method $name "${ensemble[@]}"; done
method enkf-n assimilation.members=8
method letkf "${ensemble[@]}" "${taper[@]}" assimilation.localization.batch=2 observations.availability=0.8
method letkf assimilation.members=8 "${taper[@]}" 'assimilation.inflation.adaptive="local"' assimilation.inflation.damping=0.9
method ensrf assimilation.members=8 'assimilation.inflation.adaptive="global"'
method local-eakf "${ensemble[@]}" "${taper[@]}" assimilation.rotate=true
method denkf "${ensemble[@]}" 'observations.times=[0.05, 0.2, 0.25, 0.6, 3.0, 3.3, 4.0, 6.1, 7.0, 8.0]'
method correlation-etkf assimilation.members=20 assimilation.inflation.additive_std=0.05
method schur-enkf "${ensemble[@]}" "${taper[@]}"
method ienks assimilation.members=8 assimilation.lag=2 assimilation.certainty=1.0 observations.event_availability=0.8
method enks "${ensemble[@]}" assimilation.lag=3 assimilation.rotate=true observations.event_availability=0.8
forcing='assimilation.parameters.forcing={ mean = 7.5, std = 0.5, random_walk_std = 0.01 }'
method etkf "${ensemble[@]}" "$forcing" assimilation.inflation.additive_std=0.02 assimilation.save_ensemble=true
method enks assimilation.members=20 "$forcing" assimilation.lag=2
method particles assimilation.members=200 assimilation.regularization=1.0 "$forcing"
method ensrf assimilation.members=20 assimilation.incremental_update=true observations.interval=0.1 assimilation.inflation.posterior_std=1.05
method denkf assimilation.members=20 'assimilation.failed_members="replace"' assimilation.initial_std=17.0 \
  observations.interval=0.5
method particles assimilation.members=200 assimilation.regularization=1.0 assimilation.resampling_threshold=0.3
method optimal-particles assimilation.members=200 assimilation.inflation.additive_std=0.3 assimilation.resampling_threshold=0.5
method ekf assimilation.inflation.prior_std=1.05 'observations.function="cube"' observations.error_std=5.0
method 3d-var assimilation.background_scale=0.05
method 4d-var 'assimilation.background="white"' assimilation.background_scale=0.05 assimilation.lag=3
method weak-constraint-4d-var 'assimilation.background="white"' assimilation.background_scale=0.05 assimilation.lag=3 \
  assimilation.model_error_std=0.2 observations.event_availability=0.7 observations.availability=0.8
method wiener-gain observations.event_availability=0.6 observations.interval=0.1
method wiener-gain observations.event_availability=0.6 observations.warm_up=10 'observations.sensors=[0, 2, 5, 7, 9, 11]'
method ensrf "${ensemble[@]}" observations.error_correlation_length=2.0 observations.availability=0.8
method nudging assimilation.strength=0.5
invariant "local filter on a plane" plane.toml 'assimilation.method="letkf"' "${taper[@]}" assimilation.localization.batch=2
invariant "serial local filter on a plane" plane.toml 'assimilation.method="local-eakf"' "${taper[@]}" \
  observations.footprint=0.8
invariant "two layers" layers.toml 'assimilation.method="letkf"' assimilation.localization.half_width=12.0 \
  'observations.field="q2"' assimilation.save_ensemble=true assimilation.error_spectra=true
((killed >= 9)) || { echo "only $killed runs were killed before their end"; exit 1; }

# Without a lag the smoothed state is the analysis; with one it knows more.
mean() { "$semiflow" info "$1" | awk -v key="mean_$2" '$1 == key { print $3 }'; }
smoothed() {  # METHOD LAG TEST-OF-SMOOTHED-s-AND-ANALYSED-a
  "$semiflow" run line.toml --quiet --output out.h5 --set "assimilation.method=\"$1\"" --set assimilation.members=20 --set assimilation.baselines=false \
    --set truth.duration=20.0 --set "assimilation.lag=$2"
  awk -v s="$(mean out.h5 rmse_smoothed)" -v a="$(mean out.h5 rmse_analysis)" "BEGIN { exit !(s > 0 && $3) }" ||
    { echo "the error of $1 with the lag $2 smoothed: $(mean out.h5 rmse_smoothed)"; exit 1; }
  rm out.h5
}
smoothed enks 0 's == a'
smoothed enks 5 's < 0.8 * a'
smoothed ienks 5 's < 0.8 * a'
echo "33 methods and settings are invariant, $killed runs were killed"
