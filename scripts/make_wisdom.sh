#!/bin/sh
# Plans the transforms anew and writes core/fftw_wisdom.cpp: two minutes, on a machine that does nothing else.
set -eu
cd "$(dirname "$0")/.."
program=$(mktemp)
trap 'rm -f "$program"' EXIT
c++ -std=c++20 -O2 scripts/make_wisdom.cpp -lfftw3 -o "$program"
"$program" > core/fftw_wisdom.cpp.new
mv core/fftw_wisdom.cpp.new core/fftw_wisdom.cpp
