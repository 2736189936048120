#!/usr/bin/env bash
# Broken experiment files: one line that names the place, exit status 2, nothing written.   bad_input_test.sh SEMIFLOW
set -uo pipefail
semiflow=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0 cases=0

verdict() {  # NAME STATUS EXPECTED-PATTERN, message in message.txt
  ((++cases))
  local lines
  lines=$(wc -l <message.txt)
  local written
  written=$(find . -name '*.h5*' ! -name 'data*.h5' | wc -l)
  if (($2 != 2)) || ((lines != 1)) || ((written != 0)) || ! grep -qE -- "$3" message.txt; then
    echo "FAILED $1: status $2, $lines lines, $written files, wanted /$3/"
    cat message.txt
    find . -name '*.h5*' -delete
    ((++failed))
  fi
}

broken() {  # NAME SED-SCRIPT PATTERN: the experiment after an edit
  sed "$2" "$here/experiment.toml" >experiment.toml
  "$semiflow" run experiment.toml --output out.h5 --quiet >message.txt 2>&1
  verdict "$1" $? "$3"
}

option() {  # NAME PATTERN ARGUMENTS...: the experiment as it is, with arguments
  local name=$1 pattern=$2
  shift 2
  cp "$here/experiment.toml" experiment.toml
  "$semiflow" run experiment.toml --output out.h5 --quiet "$@" >message.txt 2>&1
  verdict "$name" $? "$pattern"
}

simulation() {  # NAME SED-SCRIPT PATTERN: a truth alone, after an edit
  sed "$2" >experiment.toml <<'TOML'
[experiment]
name = "vortices"
[model]
equation = "navier-stokes"
points = 32
length = 6.0
dt = 0.01
[truth]
viscosity = 0.01
initial = { shape = "taylor-green", harmonic = 1 }
interval = 0.1
duration = 0.2
TOML
  "$semiflow" run experiment.toml --output out.h5 --quiet >message.txt 2>&1
  verdict "$1" $? "$3"
}

simulation "unknown equation" 's/navier-stokes/navier-stoke/' 'experiment.toml:4: .*navier-stoke'
simulation "unknown coefficient" 's/^viscosity/viscossity/' 'experiment.toml:9: .*viscossity.*viscosity'
simulation "unknown stepper" 's/^dt = 0.01/&\nstepper = "etdrk5"/' 'experiment.toml:8: .*etdrk5'
simulation "unknown shape" 's/taylor-green/tailor-green/' 'experiment.toml:10: .*tailor-green'
simulation "shape of another grid" 's/taylor-green", harmonic = 1/soliton"/' 'experiment.toml:10: .*soliton'
simulation "interval off the steps" 's/^interval = 0.1/interval = 0.015/' 'experiment.toml:11: .*multiple of truth.dt'
simulation "no duration" '/^duration/d' 'experiment.toml:8: .*duration'
simulation "terms on a plane" 's/^viscosity/terms = { "u^2" = 1.0 }\n&/' 'experiment.toml:9: .*on a line'
simulation "sensors on a plane" '$a [observations]\ninterval = 0.1\nerror_std = 1' 'experiment.toml:13: .*one field on a line'
simulation "too few points" 's/^points = 32/points = 2/' 'experiment.toml:5: .*points'

broken "unknown key" 's/^stride = 2/strides = 2/' 'experiment.toml:20: .*strides.*stride'
broken "unknown section" 's/^\[forecast\]/[forecasts]/' 'experiment.toml:42: .*forecasts.*forecast'
broken "unknown nested key" 's/^inflation.posterior_std/inflation.posterior/' 'experiment.toml:30: .*posterior'
broken "ambiguous inflation" 's/^inflation.posterior_std = 2.0/inflation = 2.0/' 'experiment.toml:30: '
broken "misspelt section that is needed" 's/^\[assimilation\]/[asimilation]/' 'experiment.toml:23: unknown section \[asimilation\]; did you mean \[assimilation\]\?'
broken "misspelt first section" 's/^\[experiment\]/[experimant]/' 'experiment.toml:1: .*did you mean \[experiment\]'
broken "key before all sections" '1i seed = 3' 'experiment.toml:1: unknown key .*seed'
broken "missing key" '/^points/d' 'experiment.toml:5: .*points'
broken "missing section" '/^\[truth\]/,/^$/d' 'truth'
broken "wrong type, text for number" 's/^dt = 0.05/dt = "0.05"/' 'experiment.toml:9: .*dt'
broken "wrong type, number for integer" 's/^members = 30/members = 30.5/' 'experiment.toml:25: .*members'
broken "wrong type, number for boolean" 's/^rotate = true/rotate = 1/' 'experiment.toml:27: .*rotate'
broken "wrong type, number for table" 's/^\[forecast\]/forecast = 3/' 'experiment.toml'
broken "not a number" 's/^length = 50.0/length = nan/' 'experiment.toml:8: .*length'
broken "infinite" 's/^duration = 60.0/duration = inf/' 'experiment.toml:15: .*duration'
broken "negative time step" 's/^dt = 0.05/dt = -0.05/' 'experiment.toml:9: .*dt'
broken "zero points" 's/^points = 64/points = 0/' 'experiment.toml:7: .*points'
broken "huge grid" 's/^points = 64/points = 999999999999/' 'experiment.toml:7: .*points'
broken "one member" 's/^members = 30/members = 1/' 'experiment.toml:25: .*members'
broken "unknown method" 's/^method = "etkf"/method = "etfk"/' 'experiment.toml:24: .*etfk.*etkf'
broken "unknown equation" 's/^equation = .*/equation = "kuramoto"/' 'experiment.toml:6: .*kuramoto'
broken "no syntax" 's/^stride = 2/stride = = 2/' 'experiment.toml:20: '
broken "duplicate key" 's/^stride = 2/interval = 2/' 'experiment.toml:20: '
broken "no whole number of steps" 's/^interval = 0.25/interval = 0.26/' 'experiment.toml:19: .*multiple'
broken "stride does not divide" 's/^stride = 2/stride = 3/' 'experiment.toml:20: .*divide'
broken "perfect sensors" 's/^error_std = 0.1/error_std = 0.0/' 'experiment.toml:21: .*error_std'
broken "burn-in too long" 's/^burn_in = 5.0/burn_in = 500.0/' 'experiment.toml:28: .*burn_in'
broken "burn-in that leaves one observation to the baselines" 's/^burn_in = 5.0/burn_in = 59.9/' 'experiment.toml:28: .*burn_in'
broken "burn-in that leaves no observation" 's/^burn_in = 5.0/burn_in = 59.9999999\nbaselines = false/' 'experiment.toml:28: .*burn_in'
broken "discovery without an increment" 's/^until = 50.0/until = 5.2/' 'experiment.toml:38: .*until'
broken "discovery without a second analysis" 's/^burn_in = 5.0/burn_in = 0.0/; s/^until = 50.0/until = 0.3/' 'experiment.toml:38: .*until'
broken "discovery after the end" 's/^until = 50.0/until = 5000.0/' 'experiment.toml:38: .*until'
broken "unknown term" 's/^library.max_power = 2/library.names = ["u_xy"]/' 'experiment.toml:39: .*u_xy'
broken "rotation of the stochastic filter" 's/^method = "etkf"/method = "enkf"/' 'experiment.toml:27: .*rotate'
broken "forecast without room" 's/^lead = 1.0/lead = 100.0/' 'experiment.toml:4[0-9]: '
broken "forecast after the end" 's/^from = 50.0/from = 500.0/' 'experiment.toml:44: .*from'
broken "forecast from between two analyses, the last too late" 's/^duration = 60.0/duration = 60.1/; s/^from = 50.0/from = 59.05/' 'experiment.toml:44: .*from'
broken "growth that overflows" 's/^advection = 0.0/hyperdiffusion = -1000.0/' 'experiment.toml:9: .*cutoff'
broken "pairs without their table" 's/^source = "filter"/source = "pairs"/' 'experiment.toml:32: .*pairs'
pairs='pairs = { count = 20, interval = 1.0, separation = 0.05 }'
broken "pairs beside observations" "s/^source = \"filter\"/source = \"pairs\"\n$pairs/; /^until/d" 'experiment.toml:33: .*observations'
broken "empty file" 'd' 'experiment.toml'
option "override without a value" 'set' --set model.dt
option "override of an unknown key" 'modle' --set modle.dt=1
cp "$here/experiment.toml" experiment.toml
"$semiflow" run experiment.toml --quiet --output nowhere/out.h5 >message.txt 2>&1
verdict "missing folder for the result" $? 'nowhere'
sed 's/^dt = 0.05$/dt = 0.05 #/; /^\[truth\]/,/^$/c [truth]\nfile = "data.h5"\nvariable = "u"\nduration = 60.0\n' "$here/experiment.toml" >experiment.toml
"$semiflow" run experiment.toml --quiet --output out.h5 >message.txt 2>&1
verdict "missing data file" $? 'data.h5'
echo "no HDF5" >data.h5
"$semiflow" run experiment.toml --quiet --output out.h5 >message.txt 2>&1
verdict "data file of another format" $? 'data.h5'
"$semiflow" run missing.toml >message.txt 2>&1
verdict "missing experiment" $? 'missing.toml'
"$semiflow" frobnicate >message.txt 2>&1
verdict "unknown command" $? 'semiflow'
"$semiflow" rnu experiment.toml >message.txt 2>&1
verdict "misspelt command" $? "^semiflow: unknown subcommand 'rnu'; did you mean 'run'\?$"
for name in experiment.toml ./linked.toml; do
  cp "$here/experiment.toml" experiment.toml
  ln -sf experiment.toml linked.toml
  "$semiflow" run experiment.toml --overwrite --output $name >message.txt 2>&1
  verdict "result over the experiment" $? "$name: .*experiment file; choose another --output"
  cmp -s experiment.toml "$here/experiment.toml" || { echo "FAILED: the experiment is gone"; ((++failed)); }
done
mkdir folder
"$semiflow" run experiment.toml --output folder >message.txt 2>&1
verdict "folder for the result" $? 'folder: this is a directory'
echo "mine" >notes.txt
"$semiflow" run experiment.toml --output notes.txt >message.txt 2>&1
verdict "result over another file" $? '^semiflow: notes.txt: a result lies here already; choose another --output, or replace it by --overwrite$'
[[ $(<notes.txt) == mine ]] || { echo "FAILED: the other file is gone"; ((++failed)); }
"$semiflow" run experiment.toml --output out.h5 --resume --overwrite >message.txt 2>&1
verdict "resume and overwrite" $? 'resume'
"$semiflow" info "$here/experiment.toml" >message.txt 2>&1
verdict "info of a text" $? 'experiment.toml'
echo "$((cases - failed)) of $cases broken inputs refused as they should be"
((failed == 0))
