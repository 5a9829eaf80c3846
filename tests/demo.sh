#!/bin/bash
# usage: tests/demo.sh
#
# `hedgerow demo` as a user runs it: what it prints, how it ends, and that it
# leaves no process behind, also when it is interrupted or killed.
set -euo pipefail
cd "$(dirname "$0")/.."

bin=${HEDGEROW_BIN:-build/release/hedgerow}
work=$(mktemp -d)
demo=0
trap '[ "$demo" = 0 ] || kill "$demo" 2>/dev/null || true; rm -rf "$work"' EXIT

fail() {
  echo "demo.sh: $1; it printed:" >&2
  cat "$work/out" "$work/err" >&2
  exit 1
}

# has PATTERN: a line of the output matches.
has() { grep -Eq -- "$1" "$work/out" || fail "expected a line like: $1"; }

# expect CODE ARGUMENT...: `hedgerow demo ARGUMENT...` ends with CODE.
expect() {
  local wanted=$1 code=0
  shift
  "$bin" demo "$@" >"$work/out" 2>"$work/err" || code=$?
  [ "$code" = "$wanted" ] || fail "demo $*: exit code $code, expected $wanted"
}

# refused EXPECTED-WORDS ARGUMENT...
refused() {
  local words=$1
  shift
  expect 2 "$@"
  [ ! -s "$work/out" ] || fail "demo $*: a bad option printed on stdout"
  [ "$(wc -l < "$work/err")" = 1 ] || fail "demo $*: not one line on stderr"
  grep -qF -- "$words" "$work/err" || fail "demo $*: expected: $words"
}

# start ARGUMENT...: in the background; sets demo and proxy to their ids.
start() {
  : > "$work/out"
  "$bin" demo "$@" >"$work/out" 2>"$work/err" &
  demo=$!
  proxy=''
  await 'the run to begin' has_begun # from here on it hears signals
  proxy=$(cat "/proc/$demo/task/$demo/children")
  [ -n "$proxy" ] || fail 'no proxy runs'
}

has_begun() { grep -q 'A client waits' "$work/out"; }
has_urls() { grep -q 'keep serving' "$work/out"; }
# A zombie that nobody reaps (in a container without an init) is gone too.
is_gone() { ! grep -q '^State:[[:space:]]*[^ZX]' "/proc/${proxy% }/status" \
              2>/dev/null; }

# await WHAT COMMAND: at most 2 minutes.
await() {
  local i
  for ((i = 0; i < 2400; i++)); do
    "$2" && return 0
    sleep 0.05
  done
  fail "waited for $1 in vain"
}

# stop SIGNAL CODE
stop() {
  local code=0
  kill -s "$1" "$demo"
  { wait "$demo" || code=$?; } 2>/dev/null
  demo=0
  [ "$code" = "$2" ] || fail "after SIG$1: exit code $code, expected $2"
  await 'the proxy to go' is_gone
}

percent='[0-9]+\.[0-9] %'
ms='[0-9]+ ms'
row="+$percent +$ms +$ms +$ms +[0-9]+\.[0-9]{2} +$percent\$"

# What it shows is the luck of two seconds. A machine that stands still in them
# leaves nobody to be rescued, so it runs again, five times at most.
lines=('^ +answers +p50 +p95 +p99 +per request +load$'
  "^  straight $row"
  "^  hedgerow $row"
  '^  straight .* 1\.00 +0\.0 %$'
  '^  Of 40 requests [0-9]+ failed straight, and [0-9]+ through hedgerow'
  '^The slowest rescue, request demo-1-[0-9]+$'
  '^ +0 .* ms$'
  '^  primary +=+x? +[a-z].* at [0-9]+ ms$'
  '^  hedge [12] +#+ +won at [0-9]+ ms$'
  '^What hedging cannot save, request demo-1-[0-9]+$'
  '^  hedgerow  .* after [0-9]+ ms$'
  'hedgerow --to https://'
  'hedgerow demo --stay$')

# has_all: sets missing to the first line that is not there
has_all() {
  for missing in "${lines[@]}"; do
    grep -Eq -- "$missing" "$work/out" || return 1
  done
}

for ((run = 1; run <= 5; run++)); do
  expect 0 --duration 2s
  [ ! -s "$work/err" ] || fail 'it wrote on stderr'
  ! has_all || break
done
has "$missing"
! grep -q $'\r' "$work/out" || fail 'a progress line went to a file'
wide=$(LC_ALL=C awk 'length > 80' "$work/out")
[ -z "$wide" ] || fail "wider than 80 columns: $wide"

HEDGEROW_HEDGES=0 HEDGEROW_TO=nonsense expect 0 --duration=1s --seed 7
has '^What hedging cannot save, request demo-7-[0-9]+$'

expect 0 --help
has '^usage: hedgerow demo'
refused '"3"' --duration 3
refused '"0"' --rate 0
refused '"-1"' --seed -1
refused '"--nonsense"' --nonsense
refused "--rate: its value is missing" --rate

! grep -q 'http://127' "$work/out" || fail 'a page without --stay'

# ---- --stay: the page's listener is there, the load goes on, and the mock's
# faults move

# sum METRIC-PATTERN: of the proxy's samples that match.
sum() {
  curl -sS "${page}metrics" | grep -E "^$1 " | awk '{ n += $2 } END { print n+0 }'
}
hedges='hedgerow_attempts_total\{.*kind="hedge".*\}'
has_more() { [ "$(sum 'hedgerow_requests_total\{.*\}')" -gt "$before" ]; }
has_hedged() { [ "$(sum "$hedges")" -gt "$((before + 20))" ]; }

start --duration 1s --rate 50 --stay
page=$(sed -n 's/^  Watch it: //p' "$work/out")
await 'the URLs' has_urls
has 'move "slow answers"'
has "^  page      $page\$"
before=$(sum 'hedgerow_requests_total\{.*\}')
[ "$before" -gt 0 ] || fail 'the proxy tells of no request'
await 'requests after the run' has_more
curl -sSf -D "$work/head" "$page" >"$work/page"
state=$(curl -sSf "${page}api/v1/state")
mock=$(sed -n 's/.*"mock":"\([^"]*\)".*/\1/p' <<<"$state")
[ "$mock" ] || fail "the page does not learn where the mock is: $state"
grep -q "connect-src 'self' $mock;" "$work/head" ||
  fail "the page may not ask the mock: $(cat "$work/head")"
before=$(sum "$hedges")
curl -sSf -X PUT -H "Origin: ${page%/}" -d '{"slow":100}' "$mock/faults" \
  >>"$work/err"
grep -q '^{"slow":100,"status":2,' "$work/err" || fail 'the mock did not move'
has "^  faults    curl -X PUT .* $mock/faults\$"
top=$(sed -n 's/^  terminal  .* top --admin //p' "$work/out")
"$bin" top --once --admin "$top" >"$work/top" || fail 'top does not find it'
grep -q /smart "$work/top" || fail "top shows no route: $(cat "$work/top")"
await 'hedges against slow answers' has_hedged
stop INT 0
start --duration 60s
stop INT 1
start --duration 60s
stop KILL 137

start --duration 60s
kill -s KILL "${proxy% }"
code=0
wait "$demo" || code=$?
demo=0
[ "$code" = 1 ] || fail "without its proxy: exit code $code, expected 1"
grep -q 'the proxy ended by itself' "$work/err" || fail 'no word of the proxy'

echo 'demo.sh: ok'
