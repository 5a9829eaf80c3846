# stage.sh: what the scripts/check-* of resources share. It is sourced, with
# `name` set to what messages begin with.
#
# program, out    hedgerow, and where the helpers of resources.d are built
# work            a folder that goes away with the script
# start_origin    sets origin to the URL of resources.d/origin
# start NAME CMD  runs hedgerow; sets pid and port; its stderr is $work/NAME.err
# stop            ends the last hedgerow; its exit status must be 0

program=${HEDGEROW_BIN:-$PWD/build/release/hedgerow}
out=$PWD/build/resources
work=$(mktemp -d)
pids=()
# Each option of the program can come from the environment; none shall.
unset "${!HEDGEROW_@}"

clean_up() {
  [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
  wait
  rm -rf "$work"
}
trap clean_up EXIT

fail() {
  printf '%s: %s\n' "$name" "$*" >&2
  for file in "$work"/*.err; do
    [ ! -s "$file" ] || { echo "-- ${file##*/}:" && tail -n 20 "$file"; } >&2
  done
  exit 1
}

build() {
  local here=$PWD/scripts/resources.d helper
  local cc=("${CC:-cc}" -std=c11 -D_GNU_SOURCE -Wall -Wextra -O1 -g -pthread)
  [ -x "$program" ] || make -s -j2
  mkdir -p "$out"
  for helper in origin ask; do
    [ "$out/$helper" -nt "$here/$helper.c" ] ||
      "${cc[@]}" -o "$out/$helper" "$here/$helper.c"
  done
  [ "$out/faults.so" -nt "$here/faults.c" ] ||
    "${cc[@]}" -shared -fPIC -Wl,-z,now -o "$out/faults.so" "$here/faults.c" -ldl
}

start_origin() {
  "$out/origin" >"$work/origin.url" &
  pids+=($!)
  until [ -s "$work/origin.url" ]; do sleep 0.01; done
  origin=$(cat "$work/origin.url")
}

# Waits until it listens; false when it ended instead.
await_ready() {
  local tries=1000
  until port=$(grep -o 'listening on http://.*' "$1" | grep -o '[0-9]*$') &&
    [ -n "$port" ]; do
    kill -0 "$pid" 2>/dev/null || return 1
    [ $((tries -= 1)) -gt 0 ] || fail 'hedgerow neither listens nor ends'
    sleep 0.01
  done
}

start() {
  local err=$work/$1.err
  shift
  : >"$err"
  "$@" 2>"$err" &
  pid=$!
  pids+=("$pid")
  await_ready "$err"
}

# The exit status of pid; one that hangs is a failure.
ended() {
  local tries=2000 status=0
  while kill -0 "$pid" 2>/dev/null; do
    [ $((tries -= 1)) -gt 0 ] || fail 'hedgerow does not end'
    sleep 0.01
  done
  wait "$pid" || status=$?
  pids=("${pids[@]:0:${#pids[@]}-1}")
  return "$status"
}

stop() {
  local status=0
  kill "$pid" 2>/dev/null || true
  ended || status=$?
  [ "$status" = 0 ] || fail "a stopped hedgerow ended with status $status"
}

descriptors() { find "/proc/$pid/fd" -mindepth 1 -printf . | wc -c; }

# User and system time of pid, in milliseconds.
cpu_ms() {
  local fields
  read -ra fields < <(sed 's/.*) //' "/proc/$pid/stat")
  echo $(((fields[11] + fields[12]) * 1000 / $(getconf CLK_TCK)))
}

now_ms() { echo $(($(date +%s%N) / 1000000)); }
