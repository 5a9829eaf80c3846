#!/bin/bash
# usage: tests/mock.sh
#
# `hedgerow mock` as a user meets it: each fault of a SPEC is seen by curl as
# what it is, the same seed brings the same luck, and a wrong option is one line
# on stderr. HEDGEROW_BIN names the program (build/release/hedgerow).
set -euo pipefail
cd "$(dirname "$0")/.."

bin=${HEDGEROW_BIN:-build/release/hedgerow}
work=$(mktemp -d)
mock=0
trap '[ "$mock" = 0 ] || kill "$mock" 2>/dev/null || true; rm -rf "$work"' EXIT

fail() {
  echo "mock.sh: $*; curl and mock said:" >&2
  cat "$work"/{body,curl,out,err} >&2 2>/dev/null || true
  exit 1
}

# start OPTION...: sets mock and url once it listens.
start() {
  local tries=400
  : >"$work/out"
  "$bin" mock --listen 127.0.0.1:0 "$@" >"$work/out" 2>"$work/err" &
  mock=$!
  until url=$(sed -n 's/^mock: listening on //p' "$work/out") && [ "$url" ]; do
    kill -0 "$mock" 2>/dev/null || fail "mock $* ended before it listened"
    [ $((tries -= 1)) -gt 0 ] || fail "mock $* never said that it listens"
    sleep 0.05
  done
}

stop() {
  local code=0
  kill "$mock"
  wait "$mock" || code=$?
  mock=0
  [ "$code" = 0 ] || fail "a stopped mock ended with status $code"
}

# seen FAULTS CURL-EXIT STATUS BODY-PATTERN [CURL-OPTION...]
seen() {
  local faults=$1 wanted=$2 status=$3 pattern=$4 code=0 got
  shift 4
  start --faults "$faults"
  got=$(curl -sS -o "$work/body" -w '%{http_code}' "$@" "$url/any" \
    2>"$work/curl") || code=$?
  [ "$code" = "$wanted" ] || fail "$faults: curl ended with $code, not $wanted"
  [ "$got" = "$status" ] || fail "$faults: status $got, not $status"
  grep -Eqx -- "$pattern" "$work/body" 2>/dev/null || [ -z "$pattern" ] ||
    fail "$faults: the body is not like $pattern"
  stop
  rm -f "$work/body"
}

seen 'delay=3ms' 0 200 '\{"time":3\}'
seen 'delay=1ms status=503:100' 0 503 '\{.*\}'
seen 'delay=1ms html=100' 0 200 '<.*'
seen 'delay=1ms badjson=100' 0 200 '.*[^}]'
seen 'delay=1ms truncate=100' 18 200 ''
seen 'delay=1ms reset=100' 56 000 ''
seen 'delay=1ms trickle=100' 0 200 '\{"time":1\}'
seen 'hang=100' 28 000 '' --max-time 1
seen 'delay=1ms' 0 200 '\{"time":1\}' --data '{"any":"body"}'
seen 'delay=1ms' 0 400 '.*' --header 'Content-Length: x'

# luck SEED: how 40 requests end
luck() {
  start --seed "$1" --faults 'delay=1ms status=500:50'
  # shellcheck disable=SC2046 # one URL a word
  curl -sS -o /dev/null -w '%{http_code} ' $(yes "$url" | head -n 40)
  stop
}
luck 1 >"$work/first"
luck 1 >"$work/again"
luck 2 >"$work/other"
cmp -s "$work/first" "$work/again" || fail 'the same seed brought other luck'
! cmp -s "$work/first" "$work/other" || fail 'another seed: the same luck'

# refused EXPECTED-WORDS OPTION...
refused() {
  local words=$1 code=0
  shift
  "$bin" mock "$@" >"$work/out" 2>"$work/err" || code=$?
  [ "$code" = 2 ] || fail "mock $*: exit code $code, expected 2"
  [ "$(wc -l <"$work/err")" = 1 ] || fail "mock $*: not one line on stderr"
  grep -qF -- "$words" "$work/err" || fail "mock $*: expected: $words"
}
refused "'many'" --seed many
refused "'nonsense'" --preset nonsense
refused '--faults' --faults 'delay=soon'
refused 'not both' --faults 'delay=1ms' --preset steady
refused "'--nonsense'" --nonsense
refused "'--seed'" --seed
refused "'nowhere'" --listen nowhere
"$bin" mock --help | grep -q 'trickle' || fail '--help does not tell the faults'

start --preset steady
code=0
"$bin" mock --listen "${url#http://}" >"$work/out" 2>"$work/err" || code=$?
[ "$code" = 1 ] || fail "on a port in use: exit code $code, expected 1"
stop

echo 'mock.sh: ok'
