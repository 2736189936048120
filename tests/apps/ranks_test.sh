#!/usr/bin/env bash
# The same experiment on 1, 2, 3 and 4 ranks gives the same bits.   ranks_test.sh SEMIFLOW SAME_DATA MPIEXEC
set -euo pipefail
semiflow=$1 same=$2 mpiexec=$3
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for n in 1 2 3 4; do
  "$mpiexec" --oversubscribe -n "$n" "$semiflow" run "$here/experiment.toml" --output "$work/$n.h5" --quiet
  "$same" "$work/1.h5" "$work/$n.h5"
done
