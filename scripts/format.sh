#!/usr/bin/env bash
# Formats every C++ file that git knows or could know (.clang-format holds the rules).
#
#   scripts/format.sh            rewrite the files
#   scripts/format.sh --check    change nothing; name the differences and fail if there are any
#
# The format is that of clang-format 14 (Debian 12); CLANG_FORMAT names another program.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mode=(-i)
case ${1:-} in
  --check) mode=(--dry-run --Werror) ;;
  '') ;;
  *) echo "format.sh: unknown argument '$1'" >&2; exit 2 ;;
esac

clang_format=${CLANG_FORMAT:-$(command -v clang-format-14 || command -v clang-format || true)}
if [[ -z $clang_format ]]; then
  echo "format.sh: no clang-format; install it with: apt-get install clang-format-14" >&2
  exit 1
fi
git ls-files -z --cached --others --exclude-standard -- '*.cpp' '*.hpp' |
  while IFS= read -r -d '' file; do if [[ -f $file ]]; then printf '%s\0' "$file"; fi; done |
  xargs -0 --no-run-if-empty "$clang_format" "${mode[@]}"
