#!/usr/bin/env bash
# Verdicts of `semiflow reproduce` on rows that hold or fail by construction.   reproduce_test.sh SEMIFLOW
set -euo pipefail
semiflow=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir case

fail() {
  echo "FAILED: $*"
  cat table.txt
  exit 1
}

reproduce() {  # WANTED-STATUS
  local status=0
  "$semiflow" reproduce case --quiet --json table.json >table.txt 2>&1 || status=$?
  ((status == $1)) || fail "status $status, wanted $1"
  [[ -z $(find . -name 'semiflow-reproduce*') ]] || fail "the scratch result is still there"
}

# The truth has an advection that the model lacks, and the library does not hold it: nothing found can be right.
sed 's/^library.max_power = 2/library.names = ["u_xx"]/; s/^duration = 60.0/duration = 20.0/; s/^until = 50.0/until = 18.0/
     s/^passes = 2/passes = 1/; s/^from = 50.0/from = 15.0/' "$here/experiment.toml" >case/experiment.toml
cat >case/expected.toml <<'ROWS'
[[row]]
name = "a term that the library lacks is missed"
quantity = "/discovery/support_is_right"
value = 0.0
absolute = 0.0
[[row]]
name = "by all of its coefficient"
quantity = "/discovery/largest_relative_error"
value = 1.0
absolute = 0.0
[[row]]
name = "two seeds"
quantity = "/climatology@mean_rmse"
seeds = [1, 2]
each_at_least = 0.01
each_at_most = 100.0
[[row]]
name = "persistence begins with the forecast"
quantity = "/forecast/persistence_rmse"
at_most = 1.0
[[row]]
name = "the mean of all times from the first"
quantity = "/truth/time"
mean_from = 0
value = 10.0
relative = 1e-12
[[row]]
name = "the mean of the last two times"
quantity = "/truth/time"
mean_from = -2
value = 19.875
relative = 1e-12
[[row]]
name = "best of the others over the corrected model"
quantity = "/forecast@improvement_over_persistence"
at_least = 1e-9
ROWS
reproduce 0
grep -q '^7 of 7 hold' table.txt || fail "all rows should hold"
for key in min max; do grep -qE "\"$key\": [0-9.]+" table.json || fail "no $key in the table"; done

# The bound lies between the two seeds: the median of two holds it, one of the seeds does not.
bound=$(awk '/^two seeds/ { print ($3 + $5) / 2 }' table.txt)
cat >case/expected.toml <<ROWS
[[row]]
name = "median"
quantity = "/climatology@mean_rmse"
seeds = [1, 2]
at_most = $bound
[[row]]
name = "each"
quantity = "/climatology@mean_rmse"
seeds = [1, 2]
each_at_most = $bound
ROWS
reproduce 1
grep -q '^median.*holds' table.txt || fail "the median should hold"
grep -q '^each.*FAILS' table.txt || fail "one seed should fail"

# Without a discovery there is no corrected model: NaN holds no bound.
sed -i '/^\[discovery\]/,/^$/d' case/experiment.toml
cat >case/expected.toml <<'ROWS'
[[row]]
name = "improvement by nothing"
quantity = "/forecast@improvement"
seeds = [1, 2]
at_most = 1e300
ROWS
reproduce 1
grep -q 'FAILS' table.txt || fail "NaN should fail"

# A forecast that grows without bounds fails its row, not the others, and even then nothing is left behind.
sed -i 's/^advection = 0.0/terms = { "u^4" = 0.05 }/; s/^lead = 1.0/lead = 12.0/; s/^from = 15.0/from = 5.0/' case/experiment.toml
reproduce 1
grep -qE '^semiflow: improvement by nothing, seed 2: forecast from time [0-9.]+, lead time [0-9.]+: .*not finite' table.txt ||
  fail "NaN forecasts pass"
echo "all verdicts are right"
