#!/usr/bin/env bash
# A plane and a box that are dealt to ranks: the same bits on 1 to 4 ranks, killed on three and resumed on two, and a
# run that blows up keeps what was good.   dealt_test.sh SEMIFLOW SAME_DATA MPIEXEC
set -euo pipefail
semiflow=$1 same=$2 mpiexec=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/plane.toml" <<'END'
[experiment]
name = "two layers on ranks"
[model]
equation = "two-layer"
points = 48
points_y = 40
length = 1e6
dt = 3600.0
filter_strength = 23.6
stepper = "ab3"
[truth]
dt = 3600.0
duration = 1.44e6
interval = 36000.0
perturbation_std = 1e-6
initial = { shape = "random-field", alpha = 2.0, tau = 1e-5, scale = 1e-11 }
[output]
checkpoint_seconds = 0.0
END
cat >"$work/box.toml" <<'END'
[experiment]
name = "a box on ranks"
[model]
equation = "navier-stokes-3d"
points = 18
points_y = 12
points_z = 10
length = 6.283185307179586
viscosity = 0.02
dt = 0.02
[truth]
dt = 0.02
duration = 0.2
interval = 0.1
initial = { shape = "random-field", alpha = 3.0, tau = 2.0, scale = 8.0 }
END
cat >"$work/forced.toml" <<'END'
[experiment]
name = "random forcing on ranks"
[model]
equation = "navier-stokes"
points = 32
points_y = 24
length = 6.283185307179586
viscosity = 0.01
drag = 0.1
dt = 0.01
[truth]
dt = 0.01
duration = 2.0
interval = 0.1
initial = { shape = "random-field", alpha = 3.0, tau = 2.0, scale = 8.0 }
forcing = { shape = "ring", injection = 1.0, wavenumber = 4.0, half_width = 1.0, correlation_time = 0.1 }
[output]
checkpoint_seconds = 0.0
END
sed 's/^forcing.*/courant = 0.3/; s/^dt = 0.01/dt = 0.1/; s/scale = 8.0/scale = 60.0/' "$work/forced.toml" >"$work/flow.toml"
for case in plane box forced flow; do
  for n in 1 2 3 4; do
    "$mpiexec" --oversubscribe -n "$n" "$semiflow" run "$work/$case.toml" --output "$work/$case$n.h5" --quiet
    "$same" "$work/${case}1.h5" "$work/$case$n.h5"
  done
done

# Killed as soon as there is a checkpoint with frames in it; longer, so that it is not over by then.
killed_and_resumed() {  # CASE --set ...
  local case=$1
  shift
  "$mpiexec" --oversubscribe -n 3 "$semiflow" run "$work/$case.toml" --output "$work/long.h5" --quiet "$@" &
  local pid=$!
  until [[ -e $work/long.h5.checkpoint ]] && (($(stat -c %s "$work/long.h5.checkpoint") > 12000)); do
    kill -0 "$pid" || { echo "the run of $case was over before its first checkpoint"; exit 1; }
    sleep 0.05
  done
  pkill -9 -f "$work/long.h5" || true
  wait "$pid" 2>/dev/null || true
  [[ ! -e $work/long.h5 ]] || { echo "the run of $case was over before it was killed"; exit 1; }
  "$mpiexec" --oversubscribe -n 2 "$semiflow" run "$work/$case.toml" --output "$work/long.h5" --quiet "$@" --resume
  "$semiflow" run "$work/$case.toml" --output "$work/whole.h5" --quiet "$@"
  "$same" "$work/whole.h5" "$work/long.h5"
  rm "$work/long.h5" "$work/whole.h5"
}
killed_and_resumed plane --set truth.duration=3.6e7 --set truth.interval=36000.0
killed_and_resumed forced --set truth.duration=100.0

status=0
"$mpiexec" --oversubscribe -n 2 "$semiflow" run "$work/box.toml" --output "$work/blown.h5" --quiet \
  --set truth.stepper=rk4 --set truth.dt=5.0 --set truth.duration=500.0 --set truth.interval=5.0 2>"$work/message" || status=$?
if ((status != 1)) || ! grep -q 'the state became infinite between the times' "$work/message"; then
  echo "a run that blows up: status $status"
  cat "$work/message"
  exit 1
fi
[[ -e $work/blown.h5.partial && -e $work/blown.h5.checkpoint ]] || { echo "nothing was kept"; exit 1; }

# What is not resolved is said, once, unless nobody wants to hear it.
"$semiflow" run "$work/box.toml" --output "$work/coarse.h5" --set truth.viscosity=1e-6 --set truth.duration=2.0 2>"$work/message"
(($(grep -c 'warning: the truth is not resolved: at time .* /truth/tail' "$work/message") == 1)) || { cat "$work/message"; exit 1; }
"$semiflow" run "$work/box.toml" --output "$work/coarse.h5" --set truth.viscosity=1e-6 --overwrite --quiet 2>"$work/message"
[[ ! -s $work/message ]] || { echo "a quiet run speaks"; cat "$work/message"; exit 1; }

# Pictures of planes, of the middle of a box, and of a run that stopped.
"$semiflow" plot "$work/plane4.h5" --animate --output "$work/plane" >"$work/message"
"$semiflow" plot "$work/box4.h5" --output "$work/box" >>"$work/message"
"$semiflow" plot "$work/blown.h5.partial" --output "$work/blown" >>"$work/message" 2>&1
for picture in plane/{fields,spectra,series}.png plane/animation.gif box/{fields,spectra,series}.png blown/fields.png; do
  [[ -s $work/$picture ]] || { echo "no picture $picture"; cat "$work/message"; exit 1; }
done
if grep -qi warning "$work/message"; then cat "$work/message"; exit 1; fi
