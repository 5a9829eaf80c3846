#!/bin/bash
# usage: tests/simulate.sh
#
# `hedgerow simulate` as a user meets it: a table, a workload of one's own, the
# same seed and the same figures, and a wrong option is one line on stderr.
# HEDGEROW_BIN names the program (build/release/hedgerow).
set -euo pipefail
cd "$(dirname "$0")/.."

bin=${HEDGEROW_BIN:-build/release/hedgerow}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  echo "simulate.sh: $*; it said:" >&2
  cat "$work"/{out,err} >&2 2>/dev/null || true
  exit 1
}

# simulate OPTION...: what it says, and that it is content
simulate() {
  "$bin" simulate "$@" >"$work/out" 2>"$work/err" || fail "$* ended with $?"
  [ ! -s "$work/err" ] || fail "$* complained"
}

# says TEXT: the last run
says() { grep -qF -- "$1" "$work/out" || fail "expected '$1'"; }

# refused TEXT OPTION...: one line that says so, and status 2
refused() {
  local status=0
  "$bin" simulate "${@:2}" >"$work/out" 2>"$work/err" || status=$?
  [ $status = 2 ] || fail "${*:2} ended with $status"
  [ "$(wc -l <"$work/err")" = 1 ] || fail "${*:2}: expected one line"
  grep -qF -- "$1" "$work/err" || fail "${*:2}: expected '$1'"
}

cat >"$work/mine" <<'WORKLOAD'
rate 100        # a second
seconds 30
settle 5
answer 90 5ms..9ms
answer 10 100ms
WORKLOAD

simulate --workload "$work/mine" --hedge-after p90 --budget 15%
says 'no hedging'
says 'policy'
cp "$work/out" "$work/first"
simulate --workload "$work/mine" --hedge-after=p90 --budget=15% --seed 1
cmp -s "$work/out" "$work/first" || fail 'the same seed, other figures'
simulate --workload "$work/mine" --hedge-after p90 --budget 15% --seed 2
! cmp -s "$work/out" "$work/first" || fail 'another seed, the same figures'

simulate --workload queue --set 'seconds 30' --rivals
says 'bhope'
simulate --workload W2 --set 'seconds 30' --tabs --hedge-after p95:2ms..1s
[ "$(awk -F '\t' '{ print NF }' "$work/out")" = 8 ] || fail 'eight figures'
# No answer is good, and no request comes: a figure that is none is a dash.
simulate --workload "$work/mine" --set 'change 0s..30s fails' --tabs
[ "$(cut -f 2,4-6 "$work/out")" = $'0.0000\t-\t-\t-' ] || fail 'three dashes'
simulate --workload "$work/mine" --from 0 --to 0.000001
! grep -qi nan "$work/out" || fail 'no nan'
# Of a rate and a load the last counts.
simulate --workload W4 --set 'rate 100' --set 'seconds 30' --tabs
[ "$(cut -f 1 "$work/out")" -lt 2000 ] || fail 'some 1000 requests'
simulate --workload W1 --set 'seconds 30' --stagger auto
simulate --workload W1 --set 'seconds 30' --rate 150/s:5 --queue 9:50ms
says 'queue '
simulate --list
says '# W10, or quiet'
"$bin" simulate --list | awk '/^# W3/ { on = 1; next } /^#/ { on = 0 } on' \
  >"$work/listed"
simulate --workload "$work/listed"
simulate --help
says '--hedge-after'
simulate --help-workload
says 'change 100s..130s'

refused '--workload' --hedges 1
refused 'no such file' --workload "$work/none"
refused 'line 6, "speed 9": "speed"' --workload "$work/mine" --set 'speed 9'
refused 'p50 to p99.9' --workload W1 --hedge-after p49
refused 'begins with the longer bound' --workload W1 --hedge-after p95:2s..1s
refused '10%' --workload W1 --budget 10
refused 'on or off' --workload W1 --gate maybe
refused 'such as 100:50ms' --workload W1 --queue 100
refused 'next, all or wait' --workload W1 --on-failure never
refused "--from 25 --to 20: expected --from below --to" \
  --workload "$work/mine" --from 25 --to 20
refused "--from 40 --to 30: " --workload "$work/mine" --from 40
refused "at most 30, the workload's end" --workload "$work/mine" --to 31
refused 'expected --from below' --workload "$work/mine" --from 7 --to 7
refused '--from: "-1": expected seconds' --workload "$work/mine" --from -1
refused '--from: "nan": expected seconds' --workload "$work/mine" --from nan
refused 'cannot be read: Is a directory' --workload "$work"
refused 'a whole number, 0 to 15' --workload W1 --hedges 16
refused 'a whole number, 1 to 1000' --workload W1 --seeds 0
refused 'names target 5' --workload W1 --set 'change 1s..2s target 5 2x'
refused '"--speed": unknown option' --workload W1 --speed 9
refused 'its value is missing' --workload
echo 'simulate.sh: ok'
