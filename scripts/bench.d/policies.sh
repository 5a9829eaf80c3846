# shellcheck shell=bash
# The goals of the policy, each a row: what is played, what is asked, what came.

p90='--hedge-after p90 --budget 10%'
p95='--hedge-after p95 --budget 10%'
unbound='--gate off --budget 1000%:100000'

what_machine() {
  echo "simulated: $seeds seeds from $seed, $brownouts brown-outs; times in ms"
}

# Workloads that are not built in.
workloads() {
  local what
  "$program" simulate --list | awk '/^# W8/ { on = 1; next } /^# / { on = 0 }
    on && !/^change/' >"$work/pair"
  for what in 'fails 100%' 'hangs 100%' 'fails 50%'; do
    { cat "$work/pair" && echo "change 100s..200s target 1 $what"; } \
      >"$work/${what// /-}"
  done
  "$program" simulate --list | awk '/^# W5/ { on = 1; next } /^# / { on = 0 }
    on && !/^change/' >"$work/plain"
}

# simulate WORKLOAD [OPTION...]: sets good, asked, p50, p99, p999, and
# the share that was hedged by time
simulate() {
  local line
  line=$("$program" simulate --tabs --workload "$1" --seed "$seed" \
    --seeds "$seeds" "${@:2}") || fail "it cannot play $*"
  # shellcheck disable=SC2034
  IFS=$'\t' read -r requests good asked p50 p99 p999 hedged forwarded \
    <<<"$line"
}

# holds EXPRESSION: of numbers
holds() { awk "BEGIN { exit !($1) }"; }

# tenths MS: "-" where there was no answer
tenths() { [ "$1" = - ] && echo - || printf '%.1f' "$1"; }

# row WHAT POLICY GOAL EXPRESSION: of the last simulation, and whether it does
row() {
  local verdict=''
  [ -z "$4" ] || { holds "$4" && verdict=met || verdict=MISSED; }
  printf '%s|%s|%s|%s|%s|%s|%.2f|%.3f|%s\n' "$1" "$2" "$3" "$(tenths "$p50")" \
    "$(tenths "$p99")" "$(tenths "$p999")" "$good" "$asked" "$verdict" \
    >>"$work/rows"
}

# play NAME WORKLOAD GOAL EXPRESSION [OPTION...]: options may hold --set LINE
# as one word, LINE with + for its spaces
play() {
  local word words=()
  for word in ${5-}; do words+=("${word//+/ }"); done
  simulate "$2" "${words[@]}"
  row "$1" "$(shown "${5-}")" "$3" "$(substitute "$4")"
}

# shown OPTIONS: those of the policy, as a table shows them
shown() {
  local flags
  flags=$(sed 's/--set [^ ]* *//g; s/--from.*//; s/--//g; s/^ *//
    s/ *$//' <<<"$1")
  echo "${flags:-defaults}"
}

# The names of figures in an expression, as numbers
substitute() {
  local text=$1 figure
  for figure in hedged good asked p999 p99 p50; do
    text=${text//$figure/${!figure}}
  done
  echo "$text"
}

# ---- the goals --------------------------------------------------------------

# priced NAME WORKLOAD OPTIONS LEAST MOST: of p99, p95 and p90; in per cent
priced() {
  local p
  for p in 99 95 90; do
    play "$1" "$2" "hedges $((100 - p)) % ($4 .. $5 of it)" \
      "hedged * 100 >= (100 - $p) * $4 && hedged * 100 <= (100 - $p) * $5" \
      "--hedge-after p$p $3"
  done
}

# around NAME WORKLOAD OPTIONS: half a point off at most
around() {
  local p
  for p in 99 95 90; do
    play "$1" "$2" "hedges $((100 - p)) % +- 0.5" \
      "hedged * 100 >= 99.5 - $p && hedged * 100 <= 100.5 - $p" \
      "--hedge-after p$p $3"
  done
}

prices() {
  local load cancel
  for cancel in frees line blind; do
    for load in 50 80; do
      around "W4 $load %, $cancel" W4 "--set load+$load% --set cancel+$cancel"
    done
  done
  around 'W7 x3' W7 ''
  priced W1 W1 '' 0.5 1.5
  priced 'W10 50/s' W10 '--set rate+50 --set seconds+1000' 0.5 1.5
}

# unhedged WORKLOAD [OPTIONS]: sets good_alone and p99_alone
unhedged() {
  local word words=()
  for word in ${2-}; do words+=("${word//+/ }"); done
  simulate "$1" --hedges 0 "${words[@]}"
  good_alone=$good p99_alone=$p99
}

tails() {
  play W1 W1 'p99 16.5, p99.9 27, 1.105' \
    'p99 <= 16.5 && p999 <= 27 && asked <= 1.105' \
    '--hedge-after p90 --budget 15%'
  play W2 W2 'p99 12, p99.9 20, 100 %, 1.09' \
    'p99 <= 12 && p999 <= 20 && good >= 99.995 && asked <= 1.09' \
    '--hedge-after p95 --budget 15%'
  play W3 W3 '97.8 % at 2.42' 'good >= 97.75 && asked <= 2.425'
  play W3 W3 '' '' "$p90"
}

overloads() {
  local cancel load='--set load+90%'
  for cancel in line blind; do
    unhedged W4 "$load --set cancel+$cancel"
    play "W4 90 %, $cancel" W4 "0.99 of unhedged, p99 below $p99_alone" \
      "good >= 0.99 * $good_alone && p99 < $p99_alone" \
      "$p95 $load --set cancel+$cancel"
  done
  for cancel in frees line blind; do
    unhedged W4 "--set load+120% --set cancel+$cancel"
    play "W4 120 %, $cancel" W4 "good not below $good_alone by 0.05" \
      "good >= $good_alone - 0.05" \
      "$p95 --set load+120% --set cancel+$cancel"
  done
}

outages() {
  local bad='--from 100 --to 130'
  play 'W5, the bad 30 s' W5 'asked 1.05' 'asked <= 1.05' "$p95 $bad"
  play 'W6, the bad 30 s' W6 'asked 1.05' 'asked <= 1.05' "$p95 $bad"
  play 'W6, the bad 30 s' W6 'asked 1.1' 'asked <= 1.1' "$bad"
  play 'W6, 10 s later' W6 'hedges again' 'hedged >= 0.03' \
    "$p95 --from 140 --to 150"
  local load
  for load in 40 60 80; do
    unhedged W5 "--set load+$load% --from 130 --to 300"
    for policy in '' "$p95"; do
      play "W5 $load %, afterwards" W5 "good within 1 of $good_alone" \
        "good >= $good_alone - 1" \
        "$policy --set load+$load% --from 130 --to 300"
    done
  done
}

# Two targets, of which one is ill for 100 s.
pairs() {
  local what name
  for what in W8 "$work"/{fails-100%,hangs-100%,fails-50%}; do
    name="W8, ${what##*/}"
    play "${name/#W8, W8/W8}" "$what" '100 %, p99 36, p99.9 52, 1.10' \
      'good >= 99.995 && p99 <= 36 && p999 <= 52.5 && asked < 1.105' "$p90"
  done
  play W8 W8 'p99 40 at 1.07' 'p99 <= 40 && asked <= 1.07' "$p95"
}

# hindsight NAME WORKLOAD OPTIONS: the fixed delay with the same price, found by
# halving, and its p99
hindsight() {
  local low=1 high=200 between price p99_learned word words=()
  for word in $3; do words+=("${word//+/ }"); done
  simulate "$2" --hedge-after p90 "${words[@]}"
  price=$asked p99_learned=$p99
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13; do
    between=$(awk "BEGIN { printf \"%.3f\", ($low + $high) / 2 }")
    fixed "$2" "$between"
    if holds "$asked > $price"; then low=$between; else high=$between; fi
  done
  fixed "$2" "$high"
  row "$1" "hedge-after ${high}ms, found afterwards" \
    "p99 of p90 ($p99_learned) within 5 %" "$p99_learned <= 1.05 * $p99"
}

# fixed WORKLOAD MS: that delay, with the words of hindsight
fixed() {
  # shellcheck disable=SC2086
  simulate "$1" --hedge-after "$2ms" --stagger "$2ms" $unbound "${words[@]}"
}

# ---- brown-outs -------------------------------------------------------------

# brown_out N: LOAD UNTIL TIMES, drawn: 40 to MOST % of load, 0.4 to 30 s from
# second 100 on, 3 to 8 times slower
brown_out() {
  awk -v n=$((seed + $1)) -v least="$2" -v most="$3" '
    function draw() { x = (x * 16807) % 2147483647; return x / 2147483647 }
    BEGIN {
      x = n * 7919 + 13
      for (i = 0; i < 9; i++) draw()
      printf "%.1f %.2f %.1f\n", least + draw() * (most - least),
        100 + 0.4 * exp(draw() * log(75)), 3 + draw() * 5
    }'
}

# brown_outs LEAST MOST POLICY: sets lost, how many end worse by a point, and
# worst, by how much the worst does
brown_outs() {
  local i load until times alone words
  lost=0 worst=0
  for ((i = 0; i < brownouts; i++)); do
    read -r load until times < <(brown_out "$i" "$1" "$2")
    words=(--set "load $load%" --set "change 100s..${until}s ${times}x"
      --from "$until" --to 300 --seed $((seed + i)) --seeds 1)
    simulate "$work/plain" "${words[@]}" --hedges 0
    alone=$good
    # shellcheck disable=SC2086
    simulate "$work/plain" "${words[@]}" $3
    ! holds "$good < $alone - 1" || lost=$((lost + 1))
    ! holds "$alone - $good > $worst" ||
      worst=$(awk "BEGIN { print $alone - $good }")
  done
}

all_brown_outs() {
  local policy
  for policy in '' "$p95"; do
    brown_outs 40 92 "$policy"
    printf '%s|%s|%s|||||worst %.2f|%s\n' "W5, $brownouts random, to 92 %" \
      "$(shown "$policy")" "none loses a point" "$worst" \
      "$([ "$lost" = 0 ] && echo met || echo "MISSED: $lost")" >>"$work/rows"
    brown_outs 96 97 "$policy"
    printf '%s|%s||||||worst %.2f|%s\n' "W5, $brownouts random, 96 to 97 %" \
      "$(shown "$policy")" "$worst" "$lost lose" >>"$work/rows"
  done
}

goals() {
  prices
  tails
  overloads
  outages
  all_brown_outs
  pairs
  hindsight W1 W1 ''
  hindsight W2 W2 '--budget 15%'
  hindsight 'W4 60 %, frees' W4 '--set load+60% --set cancel+frees'
}

# ---- the others -------------------------------------------------------------

rivals() {
  local what budget
  for what in W1 W2 W8 "$work"/{fails-100%,hangs-100%}; do
    case $what in W1 | W2) budget=15% ;; *) budget=10% ;; esac
    "$program" simulate --workload "$what" --seed "$seed" --seeds "$seeds" \
      --rivals --hedge-after p90 --budget $budget |
      awk -v name="W8, ${what##*/}" -v own="hedgerow p90, budget $budget" '
        /^$/ { exit }
        NR > 1 {
          sub(/^W8, W/, "W", name)
          policy = substr($0, 1, 12)
          sub(/ +$/, "", policy)
          if (policy == "policy") policy = own
          split(substr($0, 13), f, " ")
          printf "%s|%s||%s|%s|%s|%.2f|%.3f|\n", name, policy, f[3], f[4], \
                 f[5], f[1], f[2]
        }' >>"$work/rows"
  done
}

# counted TARGETS: instructions a request
counted() {
  valgrind --tool=callgrind --callgrind-out-file="$work/callgrind" \
    "$peers/pilot_cost" 100000 "$1" 2>&1 |
    awk '/Collected/ { print int($4 / 100000) }'
}

# What it adds to the making of the plan, by the tool that counts instructions.
cost() {
  local targets all plan
  command -v valgrind >/dev/null || { say 'no valgrind: no cost' && return; }
  plan=$(counted 0)
  for targets in 1 2; do
    all=$(counted $targets)
    printf '%s|%s|%s|||||%s|%s\n' "cost, targets: $targets" \
      'learned delay, budget, health' '300 instructions' $((all - plan)) \
      "$(holds "$all - $plan <= 300" && echo met || echo MISSED)" \
      >>"$work/rows"
  done
}
