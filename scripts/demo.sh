#!/usr/bin/env bash
# From a fresh clone to pictures: installs what is missing, builds Semiflow in build/, runs the
# demonstration (a twin experiment with the Kuramoto-Sivashinsky equation) and draws its result.
#
#   scripts/demo.sh            result in output/ks-demo.h5, pictures in output/ks-demo/
#
# Works from any directory, as root or not, and without a network if the packages are installed.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

scripts/install-dependencies.sh
configure_and_build -DSEMIFLOW_BUILD_TESTS=OFF

semiflow=build/apps/semiflow
mkdir -p output
step "run examples/ks-demo"
launch=()
if ((cores >= 2)); then launch=(mpirun -n 2); fi
# --overwrite: a demonstration that was seen before, or stopped half-way, starts anew.
"${launch[@]}" "$semiflow" run examples/ks-demo/experiment.toml --output output/ks-demo.h5 --overwrite
step "plot"
"$semiflow" plot output/ks-demo.h5 --output output/ks-demo

step "done"
echo "result:   $PWD/output/ks-demo.h5    (h5dump, xarray, Panoply and ParaView open it)"
echo "pictures: $PWD/output/ks-demo"
find output/ks-demo -name '*.png' | sort | sed 's/^/  /'
