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
  local tries=2400
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
refused '--seed: "many"' --seed many
refused '--preset: "nonsense"' --preset nonsense
refused '--faults: "delay=soon": expected' --faults 'delay=soon'
refused 'not both' --faults 'delay=1ms' --preset steady
refused '"--nonsense": unknown option' --nonsense
refused '--seed: its value is missing' --seed
refused '--listen: "nowhere"' --listen nowhere
refused 'such as 127.0.0.1:9001' --admin nowhere
refused '"0.0.0.0:0"' --admin 0.0.0.0:0
refused '"[::]:0"' --admin '[::]:0'
"$bin" mock --help | grep -q 'trickle' || fail '--help does not tell the faults'

start --preset steady
code=0
"$bin" mock --listen "${url#http://}" >"$work/out" 2>"$work/err" || code=$?
[ "$code" = 1 ] || fail "on a port in use: exit code $code, expected 1"
stop

# ---- the admin: faults are read and moved ----

# asked WANTED-STATUS WANTED-BODY-PATTERN [CURL-OPTION...]
asked() {
  local wanted=$1 pattern=$2 got
  shift 2
  got=$(curl -sS -D "$work/head" -o "$work/body" -w '%{http_code}' "$@" \
    "$admin" 2>"$work/curl") || fail "$*: curl ended with $?"
  [ "$got" = "$wanted" ] || fail "$*: status $got, not $wanted"
  [ -z "$pattern" ] || grep -Eq -- "$pattern" "$work/body" ||
    fail "$*: the body lacks $pattern"
}
put() { asked "$1" "$2" -X PUT --data "$3"; }
# field LINE: the last head has it. no_field NAME
field() { tr -d '\r' <"$work/head" | grep -Fqxi -- "$1" || fail "no $1"; }
no_field() { ! grep -qi "^$1:" "$work/head" || fail "there is a field $1"; }
# all STATUS: what each of 40 requests gets
all() {
  # shellcheck disable=SC2046 # each URL with its -o
  curl -sS -w '%{http_code}\n' $(yes -- "-o /dev/null $url" | head -n 40) |
    sort -u >"$work/statuses"
  [ "$(cat "$work/statuses")" = "$1" ] || fail "not each was a $1"
}

start --admin 127.0.0.1:0 --faults 'delay=1ms:9,300ms:1 status=500:2 html=1'
admin=$(sed -n 's/^mock: faults at //p' "$work/out")
[ "$admin" ] || fail 'it does not say where its admin is'
asked 200 '^\{"slow":10,"status":2,"html":1,"truncate":0,"hang":0\}$'
put 200 '"slow":0,"status":100,"html":0' '{"slow":0,"status":100,"html":0}'
asked 200 '"slow":0,"status":100,"html":0'
all 500
put 200 '"status":0' '{"status":0}'
all 200
put 400 '\\"slwo\\"' '{"slwo":1}'
put 400 'html 101' '{"html":101}'
put 400 'slow \\"1\\"' '{"slow":"1"}'
put 400 'add up to 101' '{"status":50,"html":51}'
put 400 'JSON object' 'slow=1'
put 413 '"status":413' "{\"slow\":1,\"x\":\"$(printf '%05000d' 0)\"}"
asked 200 '^\{"slow":0,"status":0,"html":0,"truncate":0,"hang":0\}$'
no_field Access-Control-Allow-Origin
asked 405 '"status":405' -X POST
field 'Allow: GET, HEAD, PUT'

for origin in http://127.0.0.1:8481 http://localhost:1 'http://[::1]:8481'; do
  asked 200 '"slow":' -H "Origin: $origin"
  field "Access-Control-Allow-Origin: $origin"
  field 'Vary: Origin'
done
asked 200 '' -X OPTIONS -H 'Origin: http://localhost:1' \
  -H 'Access-Control-Request-Method: PUT' \
  -H 'Access-Control-Request-Headers: content-type'
field 'Access-Control-Allow-Methods: GET, PUT'
field 'Access-Control-Allow-Origin: http://localhost:1'
for origin in http://a.example null https://127.0.0.1 \
  http://127.0.0.1.a.example; do
  asked 403 '"status":403' -H "Origin: $origin"
  no_field Access-Control-Allow-Origin
  asked 403 '"status":403' -X PUT -H "Origin: $origin" --data '{"slow":9}'
  asked 403 '"status":403' -X OPTIONS -H "Origin: $origin" \
    -H 'Access-Control-Request-Method: PUT'
done
asked 421 '"status":421' -H 'Host: a.example'
asked 200 '"slow":0' -H 'Host: localhost:9'
admin=${admin%faults} asked 404 '/faults'
stop

echo 'mock.sh: ok'
