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

other() {  # NAME INITIAL PATTERN [EQUATION]: the truth alone from another initial state
  simulation "$1" "s|^initial = .*|initial = { $2 }|; s/navier-stokes/${4:-navier-stokes}/" "$3"
}

simulation "unknown equation" 's/navier-stokes/navier-stoke/' 'experiment.toml:4: .*navier-stoke'
simulation "unknown coefficient" 's/^viscosity/viscossity/' 'experiment.toml:9: .*viscossity.*viscosity'
simulation "unknown stepper" 's/^dt = 0.01/&\nstepper = "etdrk5"/' 'experiment.toml:8: .*etdrk5'
simulation "unknown shape" 's/taylor-green/tailor-green/' 'experiment.toml:10: .*tailor-green'
simulation "shape of another grid" 's/taylor-green", harmonic = 1/soliton"/' 'experiment.toml:10: .*soliton'
simulation "interval off the steps" 's/^interval = 0.1/interval = 0.015/' 'experiment.toml:11: .*multiple of truth.dt'
simulation "record without end" 's/^duration = .*/duration = 1e300/' 'truth.duration: .*more frames than can be counted'
simulation "no duration" '/^duration/d' 'experiment.toml:8: .*duration'
simulation "terms on a plane" 's/^viscosity/terms = { "u^2" = 1.0 }\n&/' 'experiment.toml:9: .*on a line'
simulation "frames beside sensors" '$a [observations]\ninterval = 0.1\nerror_std = 1' "experiment.toml:11: .*remove 'interval'"
cat >data.toml <<'TOML'
[experiment]
name = "data"
[model]
equation = "navier-stokes"
points = 16
length = 6.0
dt = 0.01
[truth]
initial = { shape = "taylor-green" }
interval = 0.1
duration = 0.2
TOML
"$semiflow" run data.toml --quiet --output data_vortices.h5 || exit 1
data='file = "data_vortices.h5"'
other "initial file that is missing" 'file = "data_missing.h5", variable = "u"' 'data_missing.h5'
other "initial file without a variable" "$data" 'experiment.toml:10: .*variable'
other "initial file of another variable" "$data, variable = \"/truth/vortices\"" 'data_vortices.h5.*/truth/vortices'
other "initial file of another grid" "$data, variable = \"/truth/vorticity\"" 'experiment.toml:10: .*shape 3 x 16 x 16.*32 x 32'
other "initial file of another dimension" "$data, variable = \"/truth/energy\"" 'experiment.toml:10: .*shape 3.*32 x 32'
other "initial file and shape" "$data, variable = \"/truth/vorticity\", shape = \"lamb-dipole\"" 'experiment.toml:10: '
other "initial file of two fields" "$data, variables = [\"/truth/vorticity\"]" "experiment.toml:10: .*'variables' has 1 names.*q1, q2" 'two-layer'
simulation "initial frame after the last" "s/^points = 32/points = 16/; s|^initial = .*|initial = { $data, variable = \"/truth/vorticity\", frame = 3 }|" 'experiment.toml:10: .*frame.*at most 2'
other "solitons that are the same" 'shape = "two-solitons", wavenumber_1 = 1.0' 'experiment.toml:10: .*differ' 'korteweg-de-vries'
other "solitons of another equation" 'shape = "two-solitons"' 'experiment.toml:10: .*korteweg-de-vries' 'burgers'
other "dipole larger than the box" 'shape = "lamb-dipole", radius = 3.1' 'experiment.toml:10: .*fits the box'
other "dipole on a line" 'shape = "lamb-dipole"' 'experiment.toml:10: .*lamb-dipole' 'burgers'
other "breather of another equation" 'shape = "peregrine"' 'experiment.toml:10: .*nonlinear-schroedinger' 'burgers'
other "harmonic between two" 'shape = "taylor-green", harmonic = 1.5' 'experiment.toml:10: .*harmonic'
other "harmonic that the grid takes for another" 'shape = "taylor-green", harmonic = 17' 'experiment.toml:10: .*harmonic.*half the points'
other "harmonic of a sine that the grid takes for another" 'shape = "sine", harmonic = 17' 'experiment.toml:10: .*harmonic.*half the points'
other "velocity with a divergence" 'shape = "waves", wave = [{ x = 1 }]' 'experiment.toml:10: .*divergence' 'navier-stokes-3d'
other "waves without a wave" 'shape = "waves"' 'experiment.toml:10: .*wave = \['
other "wave that the grid does not resolve" 'shape = "waves", wave = [{ x = 17 }]' 'experiment.toml:10: .*x.*at most 16'
other "wave along an axis that is not there" 'shape = "waves", wave = [{ x = 1, z = 1 }]' 'experiment.toml:10: .*z'
other "wave of a field that is not there" 'shape = "waves", wave = [{ x = 1, field = "q3" }]' 'experiment.toml:10: .*q3' 'two-layer'

forced() {  # NAME FORCING PATTERN [EQUATION]: the truth alone with a steady force
  simulation "$1" "s|^interval = 0.1|forcing = { $2 }\n&|; s/^initial = .*/initial = { shape = \"random-field\" }/; s/navier-stokes/${4:-navier-stokes}/" "$3"
}
forced "unknown force" 'shape = "kolmogorof"' 'experiment.toml:11: .*kolmogorof.*kolmogorov'
forced "unknown number of a force" 'shape = "kolmogorov", wavenumber = 4' 'experiment.toml:11: .*wavenumber'
forced "harmonic of a force" 'shape = "kolmogorov", harmonic = 0' 'experiment.toml:11: .*harmonic.*at least 1'
forced "harmonic of a force that the grid takes for another" 'shape = "kolmogorov", harmonic = 17' 'experiment.toml:11: .*harmonic.*half the points'
forced "force of another grid" 'shape = "diagonal"' 'experiment.toml:11: .*diagonal' 'burgers'
forced "curl of a force where there is no vorticity" 'shape = "kolmogorov"' 'experiment.toml:11: .*vorticity' 'surface-quasigeostrophic'
forced "force from a file that is missing" 'file = "data_missing.h5", variable = "f"' 'data_missing.h5'
forced "force from a file of another grid" "$data, variable = \"/truth/vorticity\"" 'experiment.toml:11: .*shape 3 x 16 x 16.*32 x 32'
forced "ring of a field that has no energy" 'shape = "ring", injection = 1, wavenumber = 4, half_width = 1' 'experiment.toml:11: .*navier-stokes' 'surface-quasigeostrophic'
forced "ring without a rate" 'shape = "ring", wavenumber = 4, half_width = 1' 'experiment.toml:11: .*injection'
forced "ring beyond the grid" 'shape = "ring", injection = 1, wavenumber = 40, half_width = 1' 'experiment.toml:11: .*no mode'
simulation "random forcing of the model" 's/^dt = 0.01/&\nforcing = { shape = "ring", injection = 1.0, wavenumber = 4.0, half_width = 1.0 }/' 'experiment.toml:8: .*truth'
simulation "Courant number of a multistep method" 's/^interval = 0.1/courant = 0.5\nstepper = "ab3"\n&/' 'experiment.toml:11: .*one-step'
simulation "Courant number where there is no velocity" 's/^interval = 0.1/courant = 0.5\n&/; s/navier-stokes/surface-quasigeostrophic/' 'experiment.toml:11: .*velocity'
simulation "negative Courant number" 's/^interval = 0.1/courant = -0.5\n&/' 'experiment.toml:11: .*courant'
simulation "order of the hyperviscosity" 's/^viscosity = 0.01/hyperviscosity_order = 2.5/' 'experiment.toml:9: .*hyperviscosity_order'
simulation "order of the hypoviscosity" 's/^viscosity = 0.01/hypoviscosity_order = 0/' 'experiment.toml:9: .*hypoviscosity_order.*at least 1'
simulation "depth of a surface flow" 's/^viscosity = 0.01/depth = 0.0/; s/navier-stokes/surface-quasigeostrophic/' 'experiment.toml:8: .*depth'
simulation "width of a jet" 's/^viscosity = 0.01/jet_width = 0.0/; s/navier-stokes/two-layer-jet/' 'experiment.toml:8: .*width'
simulation "misspelt first-order stepper" 's/^dt = 0.01/&\nstepper = "cn-eulr"/' 'experiment.toml:8: .*cn-eulr.*cn-euler'
simulation "too few points" 's/^points = 32/points = 2/' 'experiment.toml:5: .*points'

simulation "nothing asked of the truth" 's/^interval = 0.1//; s/^duration = .*//' 'experiment.toml:.*nothing is asked of the truth'
simulation "record that ends between two frames" 's/^interval = 0.1/interval = 0.07/' 'experiment.toml:.*not a multiple'

filtered() {  # NAME LINES PATTERN: the lines in place of the method's
  broken "$1" "s/^method = .*/$2/" "$3"
}
filtered "taper of a global filter" 'method = "etkf"\nlocalization.half_width = 4.0' 'experiment.toml:25: .*localization.*letkf'
filtered "local filter without a taper" 'method = "letkf"' 'experiment.toml:.*localization'
filtered "taper without a width" 'method = "letkf"\nlocalization.taper = "step"' 'experiment.toml:.*radius'
filtered "negative half-width" 'method = "letkf"\nlocalization.half_width = -4.0' 'experiment.toml:25: .*half_width'
filtered "batch of a serial filter" 'method = "local-eakf"\nlocalization.half_width = 4.0\nlocalization.batch = 2' 'experiment.toml:26: .*batch'
filtered "certainty of a filter that has none" 'method = "etkf"\ncertainty = 2.0' 'experiment.toml:25: .*certainty.*enkf-n'
broken "optimal proposal without noise" 's/^method = .*/method = "optimal-particles"/; s/^rotate = true/rotate = false/; s/^inflation.*//' 'experiment.toml:24: .*additive_std'
broken "spectra of one state" 's/^method = .*/method = "3d-var"\nbackground_scale = 0.1\nerror_spectra = true/; s/^members = .*//; s/^rotate = true/rotate = false/; s/^inflation.*//' 'experiment.toml:26: .*error_spectra'
filtered "window of a filter that has none" 'method = "etkf"\nlag = 2' 'experiment.toml:25: .*lag.*ienks'
filtered "window of a negative length" 'method = "enks"\nlag = -1' 'experiment.toml:25: .*lag.*at least 0'
filtered "window without length" 'method = "ienks"\nlag = 0' 'experiment.toml:25: .*lag.*at least 1'
estimated() {  # NAME ENTRY PATTERN: a parameter of the etkf
  filtered "$1" "method = \"etkf\"\nparameters.$2" "$3"
}
estimated "parameter that the model does not have" 'forcing.std = 1.0' 'experiment.toml:25: .*forcing.*no coefficient.*antidiffusion'
estimated "parameter without a prior" 'antidiffusion.mean = 1.0' 'experiment.toml:25: .*std'
estimated "negative random walk" 'antidiffusion = { std = 0.1, random_walk_std = -1.0 }' 'experiment.toml:25: .*random_walk_std'
estimated "misspelt prior" 'antidiffusion = { std = 0.1, maen = 1.0 }' 'experiment.toml:25: .*maen.*mean'
estimated "parameters of a model that is discovered" 'antidiffusion.std = 0.1' 'experiment.toml:3[0-9]: .*assimilation.parameters'
filtered "parameters of a local filter" 'method = "letkf"\nlocalization.half_width = 4.0\nparameters.antidiffusion.std = 0.1' 'experiment.toml:2[0-9]: .*letkf.*cannot estimate parameters.*global'
filtered "unknown policy" 'method = "etkf"\nfailed_members = "forget"' 'experiment.toml:25: .*forget.*replace'
filtered "replaced members of a smoother" 'method = "ienks"\nfailed_members = "replace"' 'experiment.toml:25: .*ienks.*cannot replace'
filtered "increments of a smoother" 'method = "enks"\nincremental_update = true' 'experiment.toml:25: .*enks.*increments'
broken "increments between the steps of a multistep method" 's/^method = .*/&\nincremental_update = true/; s/^advection = 0.0/&\nstepper = "ab3"/' 'experiment.toml:2[0-9]: .*multistep'
broken "model error of unknown size" 's/^method = .*/method = "weak-constraint-4d-var"\nbackground_scale = 0.1/; /^members/d; /^rotate/d; /^inflation/d' 'experiment.toml:2[34]: .*model_error_std'
broken "gain without a report after the warm-up" 's/^method = .*/method = "wiener-gain"/; /^members/d; /^rotate/d; /^inflation/d; s/^stride = 2/warm_up = 9\nevent_availability = 0.0/' 'experiment.toml:25: .*after the warm-up'
broken "drawn training runs of one state" 's/^method = .*/method = "wiener-gain"\ntraining_runs = "drawn"/; /^members/d; /^rotate/d; /^inflation/d' 'experiment.toml:25: .*truth.initial is the same state.*continued'
broken "warm-up beside times" 's/^stride = 2/warm_up = 3\ntimes = [0.5, 0.75]/' 'experiment.toml:20: .*both say when'
broken "correlated errors of a local filter" 's/^method = .*/method = "letkf"\nlocalization.half_width = 4.0/; s/^error_std.*/&\nerror_correlation_length = 2.0/' 'experiment.toml:25: .*without localisation'
broken "correlated errors without a length" 's/^error_std.*/&\nerror_correlation_length = 0.0/' 'experiment.toml:22: .*error_correlation_length'
broken "members of one state" 's/^method = .*/method = "3d-var"\nbackground_scale = 0.1/; s/^rotate = true/rotate = false/' 'experiment.toml:.*no meaning for method .3d-var'
broken "free run of one state" 's/^method = .*/method = "ekf"/; s/^initial_std = .*/initial_interval = 1.0/; s/^members = .*//; s/^rotate = .*//; s/^inflation.*//' 'experiment.toml:.*initial_interval.*members'
broken "footprint below the mesh" 's/^stride = 2/footprint = 0.1/' 'experiment.toml:20: .*footprint.*half the diagonal'
broken "sensors twice" 's/^stride = 2/stride = 2\nsensors = [0, 1]/' 'experiment.toml:2[01]: .*both say where the sensors are'
broken "sensors beyond the grid" 's/^stride = 2/sensors = [0, 64]/' 'experiment.toml:20: .*from 0 to 63'
broken "the same sensor twice" 's/^stride = 2/sensors = [3, 3]/' 'experiment.toml:20: .*different'
broken "no random sensor" 's/^stride = 2/random = 0/' 'experiment.toml:20: .*random'
broken "sensors that never report" 's/^stride = 2/availability = 0.0/' 'experiment.toml:20: .*availability'
broken "a report between two states" 's/^stride = 2/stride = 2\ntimes = [0.5, 0.6]/' 'experiment.toml:21: .*multiples of the interval'
broken "a report after the end" 's/^stride = 2/stride = 2\ntimes = [0.5, 60.25]/' 'experiment.toml:21: .*beyond truth.duration'
broken "no report at all" 's/^stride = 2/stride = 2\ntimes = []/' 'experiment.toml:21: .*times'
broken "gross errors without a size" 's/^stride = 2/gross_error_rate = 0.1/' 'experiment.toml:.*gross_error_std'
broken "field that is not there" 's/^stride = 2/field = "v"/' 'experiment.toml:20: .*field'

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
joint_filter='s/^source = "filter"/source = "filter"\nmethod = "joint"/; /^max_wavenumber/d; /^minimum_contribution/d'
broken "joint estimate from a filter without members" "$joint_filter; /^save_ensemble/d" 'experiment.toml:[0-9]*: .*save_ensemble'
broken "joint estimate, threshold of the other method" 's/^source = "filter"/source = "filter"\nmethod = "joint"/; /^max_wavenumber/d' 'minimum_contribution'
alone='/^\[observations\]/,/^$/d; /^\[assimilation\]/,/^$/d; /^\[forecast\]/,/^$/d; /^until/d'
joint="$alone; s/^source = \"filter\"/source = \"pairs\"\nmethod = \"joint\"/"
broken "joint estimate without noise" "$joint; s/^passes = .*/$pairs/" 'noise_std'
broken "joint estimate of a multistep method" "$joint; s/^dt = 0.05/dt = 0.05\nstepper = \"cnab2\"/; s/^passes = .*/$pairs/" 'tangent'
broken "passes of the joint estimate" "$joint; s/separation/noise_std = 0.1, separation/; s/^passes = \(.*\)/passes = \1\npairs = { count = 20, interval = 1.0, separation = 0.05, noise_std = 0.1 }/; /^minimum/d" 'passes'
layers() {  # NAME SED-SCRIPT PATTERN: a discovery for the jet after an edit
  sed "$2" >experiment.toml <<'TOML'
[experiment]
name = "layers"
seed = 1
[model]
equation = "two-layer-jet"
points = 8
length = 46.0
dt = 0.1
drag = 0.3
[truth]
drag = 0.07
[discovery]
source = "pairs"
pairs = { count = 1, interval = 0.1, separation = 0.1 }
library.names = ["laplacian psi2"]
sensors = { fraction = 0.9, max_wavenumber = 0.5 }
TOML
  "$semiflow" run experiment.toml --quiet --output out.h5 >message.txt 2>&1
  verdict "$1" $? "$3"
}
layers "term that the jet does not have" 's/laplacian psi2/laplacian psi3/' 'experiment.toml:15: .*laplacian psi3'
layers "powers of two layers" 's/^library.names = .*/library.max_power = 2/' 'experiment.toml:15: .*max_power'
layers "more sensors than points" 's/0.9/1.1/' 'experiment.toml:16: .*fraction'
layers "more waves than sensors" 's/fraction = 0.9/fraction = 0.1/' 'experiment.toml:16: .*fewer sensors'
layers "sensors without a cut-off" 's/, max_wavenumber = 0.5//' 'experiment.toml:16: .*max_wavenumber'
layers "cut-off of the nearest sensor" 's/fraction/interpolator = "nearest", fraction/' 'experiment.toml:16: .*max_wavenumber'
layers "white noise on two layers" 's/separation = 0.1 /separation = 0.1, noise_std = 0.1 /' 'experiment.toml:14: .*noise_std'
layers "states of two layers jointly" 's/^source.*/&\nmethod = "joint"/' 'joint|increments'
layers "layers from a filter" 's/"pairs"/"filter"/; s/^pairs.*//' 'experiment.toml:1[0-9]: .*(pairs|filter)'
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
