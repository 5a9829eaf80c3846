# shellcheck shell=bash
# What the scripts share. It is sourced from the root of the checkout, and gives
#
#   work           a folder that goes away with the script
#   program        hedgerow: HEDGEROW_BIN, or that of build/release
#   peers          the folder of the origin, the clients and the rest: see the
#                  heads of tests/peers/*.c
#
# and the functions below. Whatever runs was started here, and is ended by its
# pid when the script ends, however it ends.

name=${0##*/}
program=${HEDGEROW_BIN:-$PWD/build/release/hedgerow}
# shellcheck disable=SC2034
peers=$PWD/build/release/peers
work=$(mktemp -d)
pids=()

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
usage() { sed -n '2,/^set/s/^#\( \|$\)//p' "$0"; }

refuse() {
  usage >&2
  exit 2
}

clean_up() {
  local i
  patience_s=3
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do end "${pids[i]}" || true; done
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

# Builds the program, unless it is somebody else's, and the peers. Each option
# of the program can come from the environment; from here on none does.
build() {
  local targets=(peers)
  [ -n "${HEDGEROW_BIN-}" ] || targets+=(all)
  make -s -j "$(nproc)" MODE=release "${targets[@]}" >"$work/make.err" 2>&1 ||
    fail 'it does not build'
  rm "$work/make.err"
  [ -x "$program" ] || fail "$program is not there"
  unset "${!HEDGEROW_@}"
}

# ---- processes --------------------------------------------------------------

# await WHAT COMMAND...: until the command succeeds; for 20 s at most
await() {
  local what=$1 tries=2000
  shift
  until "$@"; do
    [ $((tries -= 1)) -gt 0 ] || fail "waited in vain for $what"
    sleep 0.01
  done
}

is_up() { kill -0 "$1" 2>/dev/null; }

# It has said on what URL it listens (the first, of several), or has ended.
is_settled() {
  local file said
  url=
  for file in "$work/$1.out" "$work/$1.err"; do
    read -rd '' said <"$file" || true
    [[ ! $said =~ listening\ on\ ([^[:space:],]+) ]] || url=${BASH_REMATCH[1]}
  done
  [ -n "$url" ] || ! is_up "$pid"
}

# try_start NAME COMMAND...: runs it until it listens; sets pid, url and port.
# Its stderr goes to $work/NAME.err, its stdout to $out_to, or $work/NAME.out.
# False: it ended instead.
try_start() {
  local who=$1 to=${out_to:-$work/$1.out}
  shift
  : >"$work/$who.out" # the background empties them too late
  : >"$work/$who.err"
  "$@" >>"$to" 2>>"$work/$who.err" &
  pid=$!
  pids+=("$pid")
  await "$who to listen" is_settled "$who"
  # shellcheck disable=SC2034
  port=${url##*:}
  [ -n "$url" ]
}

start() { try_start "$@" || fail "$1 does not listen"; }

# start_hedgerow OPTION...: on a free port
start_hedgerow() { start hedgerow "$program" --listen 127.0.0.1:0 "$@"; }

# run_in_background COMMAND...: waits for it, as bash heeds a signal only so;
# its exit status
run_in_background() {
  local status=0
  "$@" &
  pids+=("$!")
  wait "$!" || status=$?
  unset 'pids[-1]'
  return "$status"
}

# tree PID: it and its descendants
tree() {
  local child
  echo "$1"
  for child in $(pgrep -P "$1"); do tree "$child"; done
}

# ended PID: its exit status; it has a time to end in, and is killed after it.
# bash has something to say of who was killed, which nobody needs to hear.
patience_s=20
ended() {
  local status=0 tries=$((patience_s * 100))
  {
    while is_up "$1"; do
      # shellcheck disable=SC2046
      [ $((tries -= 1)) -ne 0 ] || kill -KILL $(tree "$1") || true
      sleep 0.01
    done
    wait "$1" || status=$?
  } 2>/dev/null
  [ "$tries" -gt 0 ] || say "a program did not end, and was killed" >&2
  forget "$1"
  return "$status"
}

# end PID: tells it to; its exit status
end() {
  kill -TERM "$1" 2>/dev/null || true
  ended "$1"
}

# stop PID: ends it, and its exit status must be 0
stop() {
  local status=0
  end "$1" || status=$?
  [ "$status" = 0 ] || fail "it was told to stop, and ended with $status"
}

# forget PID: who has been waited for is not to be signalled
forget() {
  local one left=()
  for one in "${pids[@]}"; do [ "$one" = "$1" ] || left+=("$one"); done
  pids=("${left[@]}")
}

# A port that nobody listens on, below those that connections leave from.
free_port() {
  local free
  while free=$((10000 + RANDOM % 20000)); do
    ! grep -qsx "$free" "$work/ports" || continue # given away, not open yet
    (exec 3<>"/dev/tcp/127.0.0.1/$free") 2>/dev/null || break
  done
  echo "$free" | tee -a "$work/ports"
}

# ---- figures ----------------------------------------------------------------

# figure NAME FILE: the last NAME=VALUE that is in it
figure() {
  tr ' ' '\n' <"$2" | sed -n "s/^$1=//p" | tail -n 1
}

now_ms() { date +%s%3N; }

rss_kib() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status"; }
peak_kib() { sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status"; }
threads() { sed -n 's/^Threads:[^0-9]*//p' "/proc/$1/status"; }
descriptors() { find "/proc/$1/fd" -mindepth 1 -printf . | wc -c; }

# cpu_ms PID: user and system time
cpu_ms() {
  local fields
  read -ra fields < <(sed 's/.*) //' "/proc/$1/stat")
  echo $(((fields[11] + fields[12]) * 1000 / $(getconf CLK_TCK)))
}
