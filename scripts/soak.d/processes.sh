# shellcheck shell=bash
# What scripts/soak and scripts/overload share: a folder of their own, programs
# that are started, found by the port that they print, and ended by their pids.
# Whoever sources this has set `program`.

[ -x "${program:?}" ] || fail "$program is not there: run make"
# Each option of the program can come from the environment; none shall.
unset "${!HEDGEROW_@}"

work=$(mktemp -d)
pids=()

clean_up() {
  local pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# compile NAME SOURCE...: a helper, into the folder
compile() {
  local name=$1
  shift
  "${CC:-gcc}" -O2 -std=c11 -D_GNU_SOURCE -Wall -Wextra -Iinclude \
    -Iscripts/soak.d -o "$work/$name" "$@" || fail "$name does not compile"
}

# start NAME COMMAND...: sets `pid`, and `url` once it listens.
start() {
  local name=$1 tries=100
  shift
  rm -f "$work/$name.out" "$work/$name.err"
  touch "$work/$name.out" "$work/$name.err"
  "$@" >>"$work/$name.out" 2>>"$work/$name.err" &
  pid=$!
  pids+=("$pid")
  until url=$(sed -n 's/.*listening on //p' "$work/$name.out" \
    "$work/$name.err") && [ -n "$url" ]; do
    if ! kill -0 "$pid" 2>/dev/null || [ $((tries -= 1)) -eq 0 ]; then
      fail "$name does not listen: $(cat "$work/$name.err")"
    fi
    sleep 0.05
  done
}

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

# end PID: its exit status
end() {
  local status=0
  kill -TERM "$1" 2>/dev/null || true
  wait "$1" || status=$?
  forget "$1"
  return "$status"
}

# forget PID: who has been waited for is not to be signalled
forget() {
  local one left=()
  for one in "${pids[@]}"; do [ "$one" = "$1" ] || left+=("$one"); done
  pids=("${left[@]}")
}
