#!/usr/bin/env bash
# The user's own truth and observations: taken where they fit the experiment, refused where they do not.
#   own_data_test.sh SEMIFLOW SAME_DATA
set -euo pipefail
semiflow=$1 same=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/data"
cd "$work"

# own TRUTH-FILE TRUTH-VARIABLE OBSERVATIONS-FILE OBSERVATIONS-VARIABLE: data/own.toml, whose files lie beside it.
own() {
  sed "/^\[truth\]/,/^$/c [truth]\nfile = \"$1\"\nvariable = \"$2\"\nduration = 10.0\n
    s|^\[observations\]|&\nfile = \"$3\"\nvariable = \"$4\"|; s/^until = .*/until = 9.0/; s/^from = .*/from = 8.0/
    s/^passes = 2/passes = 1/" "$here/experiment.toml" >data/own.toml
}

refused() {  # PATTERN [OUTPUT ARGUMENTS...]
  local pattern=$1 output=${2:-own.h5} status=0
  "$semiflow" run data/own.toml --quiet --output "$output" "${@:3}" >message.txt 2>&1 || status=$?
  if ((status != 2)) || ! grep -qE "$pattern" message.txt || compgen -G 'own.h5*' >message.files; then
    echo "FAILED: status $status, wanted /$pattern/"
    cat message.txt
    exit 1
  fi
}

# A result file is a data file too.
"$semiflow" run "$here/experiment.toml" --quiet --output data/twin.h5 --set truth.duration=11 --set discovery.until=10 \
  --set forecast.from=9 --set discovery.passes=1
own twin.h5 /truth/u twin.h5 /observations/value
"$semiflow" run data/own.toml --quiet --output own.h5
"$semiflow" info own.h5 >message.txt
for name in true_coefficient coefficient_error support_is_right; do
  grep -qE "^  $name\(.* nan .*missing$" message.txt || { echo "FAILED: $name of an unknown truth"; exit 1; }
done
rm own.h5

sum=$(md5sum <data/twin.h5)
refused 'twin.h5: the result would replace truth.file' data/twin.h5 --overwrite
ln data/twin.h5 other.h5.partial
refused 'other.h5.partial: the result would replace truth.file' other.h5 --overwrite
[[ $sum == "$(md5sum <data/twin.h5)" ]] || { echo "FAILED: the data have changed"; exit 1; }

refused 'twin.h5: the values of ./truth/u. are 0.78125 apart, expected is 0.9375, model.length / model.points' own.h5 --set model.length=60
# The analyses begin one interval after the truth, where the observations do.
own twin.h5 /assimilation/analysis_mean twin.h5 /observations/value
refused 'twin.h5: the first time is 0.25, expected is 0.5, one observations.interval after the first of .*twin.h5$'

# Reports may be missing, if the experiment says so.
"$semiflow" run "$here/experiment.toml" --quiet --output data/gaps.h5 --set truth.duration=11 --set discovery.until=10 \
  --set forecast.from=9 --set discovery.passes=1 --set observations.availability=0.8
own gaps.h5 /truth/u gaps.h5 /observations/value
refused 'gaps.h5, /observations/value: a value is missing'
"$semiflow" run data/own.toml --quiet --output own.h5 --set observations.missing=true
"$semiflow" info own.h5 >message.txt
grep -qE "mean_reports_used *= 2[3-7]" message.txt || { echo "FAILED: reports used"; cat message.txt; exit 1; }
rm own.h5

# A state from a file is that state: the run goes on with the same bits.
vortices() {  # OUTPUT INITIAL
  cat >data/vortices.toml <<TOML
[experiment]
name = "vortices"
[model]
equation = "navier-stokes"
points = 32
points_y = 16
length = 6.0
length_y = 3.0
dt = 0.01
[truth]
viscosity = 0.01
initial = $2
interval = 0.1
duration = 0.2
TOML
  "$semiflow" run data/vortices.toml --quiet --output "$1"
}
vortices data/shear.h5 '{ shape = "double-shear", thickness = 10 }'
for frame in 0 -3; do
  vortices again$frame.h5 "{ file = \"shear.h5\", variable = \"/truth/vorticity\", frame = $frame }"
  "$same" data/shear.h5 again$frame.h5
done
vortices later.h5 '{ file = "shear.h5", variable = "/truth/vorticity", frame = 1 }'
sum=$(md5sum <data/shear.h5)
"$semiflow" run data/vortices.toml --quiet --output data/shear.h5 --overwrite >message.txt 2>&1 && { echo "FAILED: the initial state is overwritten"; exit 1; }
grep -q 'shear.h5: the result would replace truth.initial.file' message.txt || { cat message.txt; exit 1; }
[[ $sum == "$(md5sum <data/shear.h5)" ]] || { echo "FAILED: the initial state has changed"; exit 1; }
if "$same" data/shear.h5 later.h5 >message.txt; then echo "FAILED: the frame is not read"; exit 1; fi

python=/usr/bin/python3
if ! "$python" -c 'import netCDF4' 2>/dev/null; then
  echo "own data are as they should be; no netCDF4 for Python, so the rest is left out"
  exit 0
fi
"$python" - <<'PYTHON'
import netCDF4, numpy
source = netCDF4.Dataset("data/twin.h5")
truth, values = source["truth/u"][:], source["observations/value"][:]
def write(name, variable, data, first, time=True, positions=None):
    with netCDF4.Dataset("data/" + name, "w") as file:
        file.createDimension("time", None if name == "late.nc" else len(data))
        file.createDimension("x", data.shape[1])
        file.createVariable(variable, "f8", ("time", "x"))[:] = data
        if time:
            file.createVariable("time", "f8", ("time",))[:] = first + 0.25 * numpy.arange(len(data))
        if positions is not None:
            file.createVariable("x", "f4", ("x",))[:] = positions
write("late.nc", "u", truth, 100.0, positions=50 / 64 * numpy.arange(64))
write("late-values.nc", "value", values, 100.25)
write("early-values.nc", "value", values, 0.25)
write("numbered-values.nc", "value", values, 100.25, positions=numpy.arange(32))
write("dense-values.nc", "value", values, 100.25, positions=50 / 64 * numpy.arange(32))
write("notime.nc", "u", truth, 0.0, time=False)
PYTHON
own late.nc u early-values.nc value
refused 'early-values.nc: the first time is 0.25, expected is 100.25, one observations.interval after the first of data/late.nc$'
own late.nc u dense-values.nc value
refused 'dense-values.nc: the values of .value. are 0.78[0-9]* apart, expected is 1.5625, observations.stride grid points'
own notime.nc u late-values.nc value
refused "notime.nc: the dimension 'time' of 'u' has no coordinate values; add them$"
for values in late-values numbered-values; do
  own late.nc u $values.nc value
  "$semiflow" run data/own.toml --quiet --output $values.h5
done
"$same" late-values.h5 numbered-values.h5
echo "own data are as they should be"
