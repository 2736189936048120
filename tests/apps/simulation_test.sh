#!/usr/bin/env bash
# What a user sees of a simulation: budgets, pictures, an animation, a warning.   simulation_test.sh SEMIFLOW MPIEXEC
set -euo pipefail
semiflow=$1 mpiexec=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
  echo "FAILED: $*"
  cat output.txt
  exit 1
}

experiment() {  # EQUATION POINTS INITIAL [KEY=VALUE]...: of [truth]
  printf '[experiment]\nname = "simulation"\n[model]\nequation = "%s"\npoints = %s\nlength = 6.283185307179586\ndt = 0.01\n' "$1" "$2"
  printf '[truth]\ninitial = { shape = "%s" }\ninterval = 0.1\nduration = 0.5\n' "$3"
  shift 3
  if (($# > 0)); then printf '%s\n' "$@"; fi
}

pictures() {  # FILE NAME...: exactly these are drawn, without a complaint
  local file=$1 name
  shift
  "$semiflow" plot "$file" >output.txt 2>&1 || fail "no pictures of $file"
  if grep -qi warning output.txt; then fail "gnuplot complains about $file"; fi
  for name in "$@"; do [[ -s ${file%.h5*}/$name.png ]] || fail "no picture $name of $file"; done
  (($(find "${file%.h5*}" -name '*.png' | wc -l) == $#)) || fail "other pictures of $file"
}

# One vortex pattern, 4 cos 2x cos 2y, has the rates -2 nu k^2 Z and -2 nu k^2 E with k^2 = 8, Z = 2, E = Z / k^2.
mkdir vortices
experiment navier-stokes 32 taylor-green 'viscosity = 0.05' >vortices/experiment.toml
cat >vortices/expected.toml <<'ROWS'
[[row]]
name = "dissipation of enstrophy at the start"
quantity = "/truth/enstrophy_budget"
element = 1
value = -1.6
relative = 1e-12
[[row]]
name = "dissipation of energy at the end"
quantity = "/truth/energy_budget"
element = -1
value = -0.1340640092071279
relative = 1e-12
[[row]]
name = "no transfer"
quantity = "/truth/energy_budget"
element = 0
value = 0.0
absolute = 1e-15
[[row]]
name = "the largest wavenumber, 32 / 3"
quantity = "/truth@resolved_wavenumber"
value = 10.666666666666666
relative = 1e-12
ROWS
"$semiflow" reproduce vortices --quiet >output.txt 2>&1 || fail "the budget of vortices"

"$semiflow" run vortices/experiment.toml --output plane.h5 >output.txt 2>&1
if grep -q 'not resolved' output.txt; then fail "a warning of a single wave"; fi
pictures plane.h5 fields spectra series budget
experiment two-layer 32 random-field >layers.toml
"$semiflow" run layers.toml --quiet --output layers.h5 --set truth.radius=1.0 --set truth.drag=0.1
pictures layers.h5 fields spectra series
experiment navier-stokes-3d 16 random-field >box.toml
"$semiflow" run box.toml --quiet --output box.h5
pictures box.h5 fields slices spectra series
experiment kuramoto-sivashinsky 64 kassam-trefethen >line.toml
"$semiflow" run line.toml --quiet --output line.h5
pictures line.h5 space-time spectra series
"$semiflow" plot line.h5 --format pdf --output pdf >output.txt 2>&1 || fail "no PDF"
[[ $(head -c 4 pdf/space-time.pdf) == %PDF ]] || fail "space-time.pdf is no PDF"

# A single frame, and a state of rest.
"$semiflow" run vortices/experiment.toml --quiet --output rest.h5 --set truth.initial.amplitude=0.0
pictures rest.h5 fields spectra series budget

for file in line plane; do
  "$semiflow" plot "$file.h5" --animate >output.txt 2>&1 || fail "no animation of $file"
  (($(find "$file/frames" -name 'frame-*.png' | wc -l) == 6)) || fail "six frames of $file make an animation"
  for chunk in acTL fcTL fdAT IEND; do grep -aq "$chunk" "$file/animation.png" || fail "no chunk $chunk in $file"; done
done

# A layer as thin as the grid is reported once, by one rank, and in the file.
experiment navier-stokes 32 double-shear 'viscosity = 1e-4' >thin.toml
"$mpiexec" --oversubscribe -n 2 "$semiflow" run thin.toml --output thin.h5 >output.txt 2>&1
grep -qE "^semiflow: warning: 'vorticity' is not resolved from time 0 on: .*; take more points or more dissipation$" output.txt ||
  fail "no warning of a thin layer"
(($(grep -c 'not resolved' output.txt) == 1)) || fail "more than one warning"
"$semiflow" run thin.toml --quiet --output quiet.h5 >output.txt 2>&1
[[ ! -s output.txt ]] || fail "--quiet is not"
mkdir thin
cp thin.toml thin/experiment.toml
cat >thin/expected.toml <<'ROWS'
[[row]]
name = "since"
quantity = "/truth/vorticity@unresolved_since"
value = 0.0
absolute = 0.0
[[row]]
name = "a wave that breaks at time 1 is resolved at first"
set = ['model.equation="burgers"', "model.points=64", 'truth.initial.shape="sine"', "truth.duration=2.0", "truth.viscosity=0.01"]
quantity = "/truth/u@unresolved_since"
at_least = 0.3
at_most = 1.2
ROWS
"$semiflow" reproduce thin --quiet >output.txt 2>&1 || fail "the time from which a field is not resolved"

# A run that is killed leaves its first frames, or it has none yet, or it was quicker.
"$semiflow" run vortices/experiment.toml --quiet --output stopped.h5 --set model.points=64 --set model.dt=0.001 \
  --set truth.duration=500.0 --set output.checkpoint_seconds=0.05 &
for ((i = 0; i < 200; ++i)); do
  sleep 0.1
  if "$semiflow" plot stopped.h5.partial --output early >/dev/null 2>&1; then break; fi
done
kill -9 $!
wait $! 2>/dev/null || true
"$semiflow" plot stopped.h5.partial >output.txt 2>&1 || fail "no pictures of a stopped simulation"
grep -qE '^semiflow: stopped.h5.partial is not finished: [0-9]+ of 5001 frames of the truth$' output.txt ||
  fail "plot does not say what is missing"
[[ -s stopped/fields.png && -s stopped/series.png && -s stopped/budget.png ]] || fail "pictures of a stopped simulation"
if grep -qi warning output.txt; then fail "gnuplot complains"; fi
echo "simulations are shown as they should be"
