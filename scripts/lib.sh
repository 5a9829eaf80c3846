# shellcheck shell=bash
# What the scripts in bash share; lib.py is that of the others. It is sourced
# from the root of the checkout, and gives `work`, a folder that goes away with
# the script, and the functions below.

name=${0##*/}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

say() { printf '%s: %s\n' "$name" "$*"; }

# fail WHAT: with what the programs had to say
fail() {
  local file
  say "$*" >&2
  for file in "$work"/*.err; do
    [ ! -s "$file" ] || { echo "-- ${file##*/}:" && tail -n 20 "$file"; } >&2
  done
  exit 1
}

# The head of the script.
refuse() {
  sed -n '2,/^set/s/^#\( \|$\)//p' "$0" >&2
  exit 2
}

# plant WHAT-IS-SAID FILE TEXT: a check of the tree by this script with TEXT in
# FILE must fail and say so.
plant() {
  local tree="$work/tree"
  rm -rf "$tree" && mkdir -p "$tree"
  cp -r GNUmakefile README.md docs include scripts src tests "$tree"
  printf '%s\n' "$3" >>"$tree/$2"
  ! "$tree/scripts/$name" >"$work/said.err" 2>&1 ||
    fail "planted in $2 and not noticed: $3"
  grep -qF "$1" "$work/said.err" ||
    fail "planted in $2: $3; expected: $1; it said:"
}
