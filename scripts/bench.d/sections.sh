# shellcheck shell=bash
# The sections: which cases each measures, and the rows it makes of them.

# ---- ways to measure --------------------------------------------------------

# run_wrk CONNECTIONS SECONDS: leaves `REQUESTS P50_MS P99_MS BAD` in $work/wrk
run_wrk() {
  run_client wrk -t1 -c "$1" -d "$2s" --timeout 10s -s "$here/wrk.lua" \
    "http://127.0.0.1:$proxy_port/smart" || true
  sed -n 's/^counted //p' "$work/client.log" >"$work/wrk"
}

# load CASE ROUND CONNECTIONS PROXY...: the CPU time of a proxy (see
# start_proxy) over the requests that wrk counted while it was taken. Where
# `counting` names slow origins, also how often those were asked.
load() {
  local case=$1 round=$2 connections=$3 since=${#pids[@]}
  local before after asked requests p50 p99 bad
  shift 3
  start_proxy "$@"
  run_wrk "$connections" "$warm_seconds"
  asked=$(sum_asked)
  before=$(cpu_ticks "$proxy_pid")
  run_wrk "$connections" "$seconds"
  after=$(cpu_ticks "$proxy_pid")
  asked=$(($(sum_asked) - asked))
  end_since "$since"
  read -r requests p50 p99 bad <"$work/wrk" || true
  [ "${requests:-0}" -gt 0 ] || fail "$case: wrk counted no request"
  fact "$case" us "$round" "$(awk -v t=$((after - before)) -v n="$requests" \
    -v hz="$ticks_per_second" 'BEGIN { printf "%.3f", t * 1e6 / hz / n }')"
  fact "$case" rps "$round" $((requests / seconds))
  fact "$case" p50 "$round" "$p50"
  fact "$case" p99 "$round" "$p99"
  fact "$case" bad "$round" "$bad"
  [ -z "$counting" ] || fact "$case" asked "$round" \
    "$(awk -v a="$asked" -v n="$requests" 'BEGIN { printf "%.3f", a / n }')"
}

counting=''

sum_asked() {
  local port sum=0
  for port in $counting; do sum=$((sum + $(asked_at "$port"))); done
  echo "$sum"
}

# ask CONNECTIONS COUNT: exactly so many requests
ask() {
  run_client "$peers/load" --port "$proxy_port" --connections "$1" \
    --count "$2" --limit 20000 || fail "the client: $(cat "$work/client.log")"
  [ "$(figure good "$work/client.log")" = "$2" ] ||
    fail "of $2 requests not all were answered: $(cat "$work/client.log")"
}

# strace has attached to so many
has_attached() {
  [ "$(grep -c attached "$work/calls.log")" -ge "$1" ]
}

# count_calls COUNT: sets `calls` to the system calls of the proxy during COUNT
# requests, with the few of its threads that wait
count_calls() {
  local one who=() expected=0 strace
  for one in $(tree "$proxy_pid"); do
    who+=(-p "$one")
    expected=$((expected + 1))
  done
  : >"$work/calls.log"
  launch "$client_core" "$work/calls.log" \
    strace -f -c -o "$work/calls" "${who[@]}"
  strace=$pid
  await 'strace' has_attached "$expected"
  ask 64 "$1"
  end "$strace" || true
  calls=$(awk '$NF == "total" { print $4 }' "$work/calls")
  [ -n "$calls" ] || fail "strace did not count: $(cat "$work/calls.log")"
}

# calls_of KIND: system calls a request. Twice as many requests less once as
# many leaves out what is not a request's.
calls_of() {
  local since=${#pids[@]} calls once
  start_proxy "$1" "$proxy_core" "$small_port"
  ask 64 1000
  count_calls "$counted"
  once=$calls
  count_calls $((2 * counted))
  end_since "$since"
  fact "calls/$1" calls 1 "$(per_counted $((calls - once)))"
}

per_counted() {
  awk -v d="$1" -v n="$counted" 'BEGIN { printf "%.3f", d / n }'
}

# count_instructions KIND COUNT: sets `instructions` to those of a whole life
# with COUNT requests
count_instructions() {
  local since=${#pids[@]}
  local under=(valgrind --tool=callgrind
    "--callgrind-out-file=$work/callgrind.%p")
  start_proxy "$1" "$proxy_core" "$small_port"
  ask 8 "$2"
  end "$proxy_pid" || true
  end_since "$since"
  instructions=$(sed -n 's/^==[0-9]*== Collected : \([0-9]*\).*/\1/p' \
    "$work/proxy.log")
  [ -n "$instructions" ] ||
    fail "callgrind did not count: $(tail -n 3 "$work/proxy.log")"
}

instructions_of() {
  local instructions once
  count_instructions "$1" "$counted"
  once=$instructions
  count_instructions "$1" $((2 * counted))
  fact "code/$1" instructions 1 "$(per_counted $((instructions - once)))"
}

# hold CASE ROUND ATTEMPTS KIND [OPTION...]: what $held requests that wait for
# their answer add to the resident memory, and what their connections had added
# before anything was asked.
hold() {
  local case=$1 round=$2 attempts=$3 kind=$4 since=${#pids[@]}
  local empty idle full
  shift 4
  start_slow_origin 30000
  start_proxy "$kind" "$proxy_core" "$slow_port" "$@"
  # Code and tables that a first request touches are nobody's in particular.
  { echo && sleep 0.3; } |
    "$peers/load" --port "$proxy_port" --hold 1 >/dev/null
  empty=$(resident_kib "$proxy_pid")
  coproc taskset -c "$client_core" \
    "$peers/load" --port "$proxy_port" --hold "$held" 2>&1
  pids+=("$COPROC_PID")
  holder_says open
  idle=$(resident_kib "$proxy_pid")
  echo >&"${COPROC[1]}"
  holder_says sent
  await_asked "$case" $(((held + 1) * attempts))
  full=$(resident_kib "$proxy_pid")
  end_since "$since"
  fact "$case" connection "$round" "$(kib_each "$empty" "$idle")"
  fact "$case" race "$round" "$(kib_each "$idle" "$full")"
}

holder_says() {
  local line=nothing
  read -r -t 20 -u "${COPROC[0]}" line || true
  [ "$line" = "$1" ] || fail "the client that holds requests: $line"
}

# await_asked CASE COUNT: until so many requests have reached the slow origin
await_asked() {
  local try asked=0
  for ((try = 0; try < 100 && asked < $2; try++)); do
    sleep 0.1
    asked=$(asked_at "$slow_port")
  done
  [ "$asked" -eq "$2" ] ||
    note "$1: of $2 upstream requests $asked reached the origin"
}

kib_each() {
  awk -v d=$(($2 - $1)) -v n="$held" 'BEGIN { printf "%.3f", d / n }'
}

# ---- sections ---------------------------------------------------------------

everyone=(nginx haproxy forwarder hedgerow)

measure_cpu() {
  local round kind title='CPU us, 64 connections'
  for ((round = 1; round <= rounds; round++)); do
    for kind in "${everyone[@]}"; do
      load "cpu/$kind" "$round" 64 "$kind" "$proxy_core" "$small_port"
    done
  done
  for kind in nginx haproxy forwarder; do
    row "$title" "$kind" "cpu/$kind" us cpu/nginx
  done
  row "$title" hedgerow cpu/hedgerow us cpu/nginx \
    0.8:cpu/nginx 1.35:cpu/forwarder
  heed cpu/nginx
  heed cpu/hedgerow
}

measure_syscalls() {
  local kind title='system calls' goals
  for kind in "${everyone[@]}"; do
    calls_of "$kind"
    goals=()
    [ "$kind" != hedgerow ] || goals=(5:)
    row "$title" "$kind" "calls/$kind" calls calls/nginx "${goals[@]}"
  done
}

measure_instructions() {
  local kind title='user instructions' goals
  for kind in "${everyone[@]}"; do
    instructions_of "$kind"
    goals=()
    [ "$kind" != hedgerow ] || goals=(12000:)
    row "$title" "$kind" "code/$kind" instructions code/nginx "${goals[@]}"
  done
}

# The winner answers after 5 ms, the losers would after 20: so they are really
# in flight when the race is settled.
measure_losers() {
  local round since=${#pids[@]} winner both all title='CPU us, losers'
  local counting drains=no
  start_slow_origin 5 && winner=$slow_port
  start_slow_origin 20 && both=$slow_port
  start_slow_origin 20 && both+=,$slow_port
  all=$winner,$both counting=${all//,/ }
  [[ "$("$program" --help)" != *--losers* ]] || drains=yes
  for ((round = 1; round <= rounds; round++)); do
    load losers/nginx "$round" 64 nginx "$proxy_core" "$winner"
    load losers/one "$round" 64 hedgerow "$proxy_core" "$winner"
    load losers/cancelled "$round" 64 hedgerow "$proxy_core" "$all" \
      --hedge-after 0ms
    [ $drains = no ] || load losers/drained "$round" 64 hedgerow \
      "$proxy_core" "$all" --hedge-after 0ms --losers drain
  done
  end_since "$since"
  row "$title" 'nginx, 1 attempt' losers/nginx us losers/nginx
  row "$title" 'hedgerow, 1 attempt' losers/one us losers/nginx
  row "$title" 'hedgerow, 3, 2 cancelled' losers/cancelled us losers/nginx \
    6:losers/nginx
  row "$title" 'hedgerow, 3, 2 drained' losers/drained us losers/nginx \
    2:losers/nginx
  row 'upstream requests, losers' 'hedgerow, 3, 2 cancelled' \
    losers/cancelled asked losers/nginx
  row 'upstream requests, losers' 'hedgerow, 3, 2 drained' \
    losers/drained asked losers/nginx
  for round in nginx one cancelled drained; do heed "losers/$round"; done
}

# wrk does not count what is in flight when it ends, though the proxy has worked
# for it: twice the time halves that share.
measure_inflight() {
  local round kind connections counting='' since=${#pids[@]}
  local title='CPU us, 64 against no delay'
  local seconds=$((2 * seconds))
  start_slow_origin 100
  for ((round = 1; round <= rounds; round++)); do
    counting=''
    for kind in nginx hedgerow; do
      load "inflight/$kind-64" "$round" 64 "$kind" "$proxy_core" "$small_port"
    done
    counting=$slow_port
    for connections in 1000 4000; do
      for kind in nginx haproxy hedgerow; do
        load "inflight/$kind-$connections" "$round" "$connections" "$kind" \
          "$proxy_core" "$slow_port"
      done
    done
  done
  end_since "$since"
  row "$title" nginx inflight/nginx-64 us inflight/nginx-64
  row "$title" hedgerow inflight/hedgerow-64 us inflight/nginx-64
  for connections in 1000 4000; do inflight_rows "$connections"; done
}

inflight_rows() {
  local kind case goals
  for kind in nginx haproxy hedgerow; do
    case=inflight/$kind-$1 goals=()
    [ "$kind-$1" != hedgerow-1000 ] || goals=(1.4:inflight/hedgerow-64)
    row "CPU us, $1 in flight" "$kind" "$case" us "inflight/nginx-$1" \
      "${goals[@]}"
    heed "$case"
  done
  row "upstream requests, $1 in flight" hedgerow "inflight/hedgerow-$1" asked \
    "inflight/nginx-$1"
}

measure_memory() {
  local round most=$((rounds < 3 ? rounds : 3)) case
  for ((round = 1; round <= most; round++)); do
    hold memory/nginx "$round" 1 nginx
    hold memory/haproxy "$round" 1 haproxy
    hold memory/one "$round" 1 hedgerow --timeout 60s --hedges 0
    hold memory/three "$round" 3 hedgerow --timeout 60s --hedge-after 0ms
  done
  for case in nginx haproxy one; do
    row 'KiB, idle client connection' "${case/one/hedgerow}" "memory/$case" \
      connection memory/nginx
  done
  row 'KiB, held race' nginx memory/nginx race memory/nginx
  row 'KiB, held race' haproxy memory/haproxy race memory/nginx
  row 'KiB, held race' 'hedgerow, 1 attempt' memory/one race memory/nginx 5:
  row 'KiB, held race' 'hedgerow, 3 attempts' memory/three race memory/nginx \
    14:
}

# Two proxy cores leave one to the origin, for one worker too.
measure_workers() {
  local round kind workers cores goals since=${#pids[@]}
  local small_port tls_port middle_port dense_port large_port
  [ -n "$pair_cores" ] ||
    { note 'workers: needs four cores' && return 0; }
  start_origin "$pair_origin_core"
  for ((round = 1; round <= rounds; round++)); do
    for workers in 1 2; do
      cores=$proxy_core
      [ "$workers" -eq 1 ] || cores=$pair_cores
      for kind in nginx hedgerow; do
        load "workers/$kind-$workers" "$round" 64 "$kind" "$cores" \
          "$small_port"
      done
    done
  done
  end_since "$since"
  for workers in 1 2; do
    for kind in nginx hedgerow; do
      goals=()
      [ "$kind-$workers" != hedgerow-2 ] || goals=(1.05:workers/hedgerow-1)
      row "CPU us, workers: $workers" "$kind" "workers/$kind-$workers" us \
        "workers/nginx-$workers" "${goals[@]}"
      heed "workers/$kind-$workers"
    done
  done
}

measure_tls() {
  local round kind scheme=https title='CPU us, TLS upstream'
  for ((round = 1; round <= rounds; round++)); do
    for kind in nginx haproxy hedgerow; do
      load "tls/$kind" "$round" 64 "$kind" "$proxy_core" "$tls_port"
    done
  done
  row "$title" nginx tls/nginx us tls/nginx
  row "$title" haproxy tls/haproxy us tls/nginx
  row "$title" hedgerow tls/hedgerow us tls/nginx 1:tls/nginx
  for kind in nginx haproxy hedgerow; do heed "tls/$kind"; done
}

# What it costs that somebody may look, though nobody does: metrics, receipts
# and the history of races; and spans of one request in a hundred, sent to an
# origin that takes anything.
measure_watched() {
  local round title='CPU us, watched'
  local admin=(--admin 127.0.0.1:0 --receipt 60s)
  local otlp=(--otlp "http://127.0.0.1:$small_port" --trace-ratio 0.01)
  for ((round = 1; round <= rounds; round++)); do
    load watched/nginx "$round" 64 nginx "$proxy_core" "$small_port"
    load watched/hedgerow "$round" 64 hedgerow "$proxy_core" "$small_port"
    load watched/admin "$round" 64 hedgerow "$proxy_core" "$small_port" \
      "${admin[@]}"
    load watched/otlp "$round" 64 hedgerow "$proxy_core" "$small_port" \
      "${admin[@]}" "${otlp[@]}"
  done
  row "$title" nginx watched/nginx us watched/nginx
  row "$title" hedgerow watched/hedgerow us watched/nginx
  row "$title" 'hedgerow, --admin' watched/admin us watched/nginx \
    1.03:watched/hedgerow
  row "$title" 'hedgerow, --admin --otlp' watched/otlp us watched/nginx
  for round in nginx hedgerow admin otlp; do heed "watched/$round"; done
}

# The rule looks for what no body has, and so passes all of it by.
measure_bodies() {
  local round kind body title goals
  local -A port=([18KB]=$middle_port [dense]=$dense_port [1MB]=$large_port)
  local -A titles=([18KB]='18KB body' [dense]='18KB of names and numbers'
    [1MB]='1MB body')
  for ((round = 1; round <= rounds; round++)); do
    for kind in nginx haproxy hedgerow; do
      for body in 18KB dense 1MB; do
        load "$body/$kind" "$round" 64 "$kind" "$proxy_core" "${port[$body]}"
      done
    done
    for body in 18KB dense 1MB; do
      load "$body/rule" "$round" 64 hedgerow "$proxy_core" "${port[$body]}" \
        --fail-if /99999/none
    done
  done
  for body in 18KB dense 1MB; do
    title="CPU us, ${titles[$body]}" goals=()
    [ $body = 1MB ] || goals=("1.3:$body/nginx")
    row "$title" nginx $body/nginx us $body/nginx
    row "$title" haproxy $body/haproxy us $body/nginx
    row "$title" hedgerow $body/hedgerow us $body/nginx "${goals[@]}"
    row "$title" 'hedgerow, 1 rule' $body/rule us $body/nginx
    for kind in nginx haproxy hedgerow rule; do heed "$body/$kind"; done
  done
}
