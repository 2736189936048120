#!/usr/bin/env bash
# Makes the pages of the public headers with Doxygen, in build/docs/html, and fails on any warning.
# Installs doxygen if it is missing (as root or with sudo); nothing else of the project needs it.
#
#   scripts/docs.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! command -v doxygen >/dev/null; then
  as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || { echo "docs.sh: no doxygen, and neither root nor sudo to install it" >&2; exit 1; }
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -q
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends doxygen
fi

rm -rf build/docs
mkdir -p build/docs
doxygen docs/Doxyfile
echo "documentation: $PWD/build/docs/html/index.html"
