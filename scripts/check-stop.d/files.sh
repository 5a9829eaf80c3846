# shellcheck shell=bash
# Reloads of a file that is another each time; scripts/check-stop sources it.
#
# Generation N is told to the load before hedgerow can know of it, and those
# before it are called gone when hedgerow has said that it is reloaded. A broken
# file is one of generation 0, which is nobody's, with one fault.
# shellcheck disable=SC2154 # what check-stop and lib.sh have set

peak_max_kib=8192 # more; 50 files leave 13 MiB where snapshots stay

# write_file GENERATION SHAPE: the next configuration and its token. 1000 routes
# more make a snapshot that was not freed weigh something.
write_file() {
  local i also="" b="{url: $b_url, headers: {X-Generation: $1}}"
  [ "$2" = small ] || also=", $b"
  echo "token-$1" >"$work/token.new"
  {
    echo 'listen: 127.0.0.1:0'
    echo 'workers: 2'
    echo 'log: off'
    echo 'defaults: {hedge_after: 3ms}'
    echo 'upstreams:'
    echo "  api:"
    echo '    token_file: token'
    echo '    balance: rotate'
    echo "    targets: [{url: $a_url, headers: {X-Generation: $1}}$also]"
    [ "$2" = small ] || echo "  extra: {token_file: token, targets: [$b]}"
    echo 'routes:'
    echo '  - {path: /api, upstream: api}'
    [ "$2" = small ] || echo '  - {path: /extra, upstream: extra}'
    for ((i = 0; i < 1000; i++)); do
      echo "  - {path: /api/$i, upstream: api}"
    done
  } >"$work/file.new"
}

put_in_place() {
  mv "$work/token.new" "$work/token"
  mv "$work/file.new" "$work/file"
}

# What makes a good file a broken one, as sed -E reads it.
# shellcheck disable=SC2016 # $ is sed's
breakages=(
  's/^routes:/routes/'
  '$s/$/\n\t- x/'
  '9,$d'
  'd'
  's/hedge_after/hedge_afer/'
  's/3ms/3/'
  's/^workers: 2/workers: two/'
  's/(path: .api, upstream: )api/\1apy/'
  's/^log: off/log: off\nlog: off/'
  's/url: http:/url: ftp:/'
  's/upstream: extra/upstream: api/'
  's/path: .api.7,/path: \/api\/8,/'
  's/token_file: token/token_file: nobody/'
  's/path: .api,/path: api,/'
  's/(path: .api,)/\1 methods: [CONNECT],/'
  's/^log: off/log: !x off/'
  's/^log: off/log: *x/'
  's/(path: .api), upstream: api/\1, gather: [\/nowhere]/'
  's/X-Generation: 0/X-Generation: "\\x01"/'
  's/^log: off/log: \xff/'
)

told() { grep -c '^hedgerow: \(not \)\?reloaded' "$work/hedgerow.err" || true; }
has_told() { [ "$(told)" -ge "$1" ]; }
has_refused() {
  tail -n 1 "$work/hedgerow.err" | grep -q '^hedgerow: not reloaded: '
}
has_seen() { grep -qx "seen $1" "$work/load.out"; }

hup() {
  local before
  before=$(told)
  kill -HUP "$proxy"
  await 'the end of a reload' has_told $((before + 1))
}

order() { echo "$*" >&"$orders"; }

# next_file SHAPE: the next generation, until it was seen
next_file() {
  generation=$((generation + 1))
  write_file "$generation" "$1"
  put_in_place
  order "offer $generation $1"
  hup
  order "only $generation"
  await "generation $generation" has_seen "$generation"
}

# broken_file: nothing may ever come of it
broken_file() {
  write_file 0 whole
  sed -E -i "${breakages[broken % ${#breakages[@]}]}" "$work/file.new"
  put_in_place
  hup
  has_refused || fail "taken: ${breakages[broken % ${#breakages[@]}]}"
  broken=$((broken + 1))
}

change_shape() {
  [ "$shape" = whole ] && shape=small || shape=whole
  next_file "$shape"
}

# start_generations: hedgerow with the first file, under load
start_generations() {
  start a "$peers/origin" --echo a --delay 5
  a_url=$url
  start b "$peers/origin" --echo b --delay 5
  b_url=$url
  generation=1 shape=whole broken=0
  write_file 1 whole
  put_in_place
  start hedgerow "$counted" --config "$work/file"
  proxy=$pid
  rm -f "$work/orders"
  mkfifo "$work/orders"
  exec {orders}<>"$work/orders"
  order 'offer 1 whole'
  order 'only 1'
  : >"$work/load.out"
  : >"$work/load.err"
  "$peers/load" --port "$port" --connections 64 --fresh --generations \
    <"$work/orders" >"$work/load.out" 2>"$work/load.err" &
  load=$!
  pids+=("$load")
  await 'the load' is_warm
}

end_generations() {
  end "$load" || fail 'the load gave up'
  exec {orders}>&-
  stop "$proxy"
}

change_files() {
  local i
  start_generations
  for ((i = 0; i < files; i++)); do
    [ $i != $((files / 5)) ] || peak=$(peak_kib "$proxy")
    case $((i % 5)) in
      1) broken_file ;;
      3) change_shape ;;
      *) next_file "$shape" ;;
    esac
  done
  peak=$(($(peak_kib "$proxy") - peak))
  end_generations
}

# A program that lies about its generation is found out; here it is the load
# that is told what is not so.
plant_lies() {
  start_generations
  order 'offer 2 whole'
  order 'only 2'
  await 'wrong answers from a file that is not there' test -s "$work/load.err"
  end_generations
  start_generations
  write_file 2 whole
  put_in_place
  hup
  await 'wrong answers from a file that nobody told of' \
    test -s "$work/load.err"
  end_generations
  say 'wrong answers are noticed'
}

check_files() {
  change_files
  printf 'check-stop: %d files, %d broken: %d answered, %d lost, %d wrong, ' \
    "$files" "$broken" "$(of good)" "$(of lost)" "$(of wrong)"
  printf '%d refused, %d were gone; peak %+d KiB\n' \
    "$(of refused)" "$(of gone)" "$peak"
  [ $(($(of lost) + $(of wrong) + $(of refused) + $(of odd))) = 0 ] ||
    fail 'a change was noticed'
  [ "$(of good)" = "$(of asked)" ] || fail 'not every request was answered'
  [ "$files" -lt 10 ] || [ "$(of gone)" -gt 0 ] || fail 'no route ever went'
  [ "$files" -lt 50 ] || [ "$peak" -lt $peak_max_kib ] || fail 'snapshots stay'
}
