# shellcheck shell=bash
# Facts, figures and tables.
#
# A fact is one measured value: a case (`cpu/nginx`), a metric (`us`), a round.
# Its figure is the median of a case over its rounds, and a ratio the median of
# the ratios within each round, so that a slow spell of the machine, which hits
# neighbours alike, drops out of it.

# fact CASE METRIC ROUND VALUE
fact() {
  printf '%s\t%s\t%s\t%s\n' "$@" >>"$work/facts"
}

# facts CASE METRIC: `ROUND VALUE` lines
facts() {
  awk -F '\t' -v c="$1" -v m="$2" '$1 == c && $2 == m { print $3, $4 }' \
    "$work/facts"
}

median() {
  sort -g | awk '{ v[NR] = $1 }
    END { if (NR) print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

# middle CASE METRIC: the median, or nothing when there is no such fact
middle() {
  facts "$1" "$2" | cut -d ' ' -f 2 | median
}

# ratio CASE METRIC OTHER: how many times OTHER's, or nothing
ratio() {
  { facts "$3" "$2" && echo then && facts "$1" "$2"; } |
    awk '$1 == "then" { second = 1; next }
         !second { base[$1] = $2; next }
         base[$1] > 0 { print $2 / base[$1] }' | median
}

# spread CASE METRIC: `LEAST..MOST`, or nothing when there was one round
spread() {
  facts "$1" "$2" | cut -d ' ' -f 2 | sort -g |
    awk 'NR == 1 { least = $1 } { most = $1 }
         END { if (NR > 1) print least, most }' | shorten '..'
}

# Three or four digits say all that a figure holds.
shorten() {
  awk -v apart="${1- }" '{
    for (i = 1; i <= NF; i++)
      printf "%s" ($i < 10 ? "%.2f" : $i < 100 ? "%.1f" : "%.0f"), \
             (i > 1 ? apart : ""), $i
    print "" }'
}

# goal CASE METRIC LIMIT:OTHER: what is asked for, and whether it is met. OTHER
# is the case to which LIMIT is a ratio; without one LIMIT is the figure.
goal() {
  local limit=${3%%:*} other=${3#*:} is of=''
  if [ -n "$other" ]; then
    is=$(ratio "$1" "$2" "$other") of=" x ${other##*/}"
  else
    is=$(middle "$1" "$2")
  fi
  [ -n "$is" ] || return 0
  awk -v is="$is" -v limit="$limit" -v of="$of" 'BEGIN {
    printf "<= %s%s: %s", limit, of, is <= limit ? "met" : \
      sprintf("missed by %.0f %%", (is / limit - 1) * 100) }'
}

# row FIGURE PROGRAM CASE METRIC BASE [LIMIT:OTHER...]: a line of the table;
# BASE is the case of the ratio's 1.00.
row() {
  local title=$1 who=$2 case=$3 metric=$4 base=$5
  local value times cells goals='' want
  shift 5
  value=$(middle "$case" "$metric" | shorten)
  [ -n "$value" ] || return 0
  times=$(ratio "$case" "$metric" "$base" | awk '{ printf "%.2f", $1 }')
  for want; do goals=${goals:+$goals; }$(goal "$case" "$metric" "$want"); done
  cells="$title|$who|$value|$(spread "$case" "$metric")|$times"
  if [ "$metric" = us ]; then
    cells+="|$(middle "$case" rps | awk '{ printf "%.0f", $1 }')"
    cells+="|$(middle "$case" p50 | shorten)|$(middle "$case" p99 | shorten)"
  else
    cells+='|||'
  fi
  echo "$cells|$goals" >>"$work/rows"
}

# heed CASE: notes what casts doubt on a measurement. The judge of the machine
# is nginx, which does the same in every round.
heed() {
  local bad
  bad=$(facts "$1" bad | awk '{ n += $2 } END { print n + 0 }')
  [ "$bad" -eq 0 ] || note "$1: $bad requests failed; do not trust its figure"
  case $1 in */nginx*) ;; *) return 0 ;; esac
  facts "$1" us | cut -d ' ' -f 2 | sort -g |
    awk 'NR == 1 { least = $1 } { most = $1; v[NR] = $1 }
         END { mid = v[int((NR + 1) / 2)]
               if (NR > 1) printf "%.0f\n", (most - least) / mid * 100 }' |
    while read -r percent; do
      [ "$percent" -le "$noisy_percent" ] ||
        note "$1 varied by $percent % between rounds: this machine is too" \
          "noisy to tell"
    done
}

# Notes it when the machine is busy before anything has been started.
heed_load() {
  local load
  read -r load _ </proc/loadavg
  [ "${load%.*}" -eq 0 ] || note "others use this machine too: load $load"
}

note() {
  echo "$*" >>"$work/notes"
  say "note: $*" >&2
}

# ---- the table --------------------------------------------------------------
# Whoever sources this has set `heading`, `rule` (Markdown's line below it) and
# `document`.

# table [FIRST]: the rows from the FIRST on, in columns
table() {
  { echo "$heading" && tail -n "+${1-1}" "$work/rows"; } |
    awk -F '|' '{ for (i = 1; i <= NF; i++) {
        cell[NR, i] = $i
        if (length($i) > wide[i]) wide[i] = length($i)
      }
      if (NF > most) most = NF }
      END { for (n = 1; n <= NR; n++) {
        line = ""
        for (i = 1; i <= most; i++)
          line = line sprintf((i < 3 || i == most ? "%-" : "%") wide[i] "s  ", \
                              cell[n, i])
        sub(/ +$/, "", line)
        print line
      } }'
}

markdown() {
  what_machine
  echo
  { echo "$heading" && echo "$rule" && cat "$work/rows"; } |
    sed 's/^/| /; s/|/ | /2g; s/  */ /g; s/$/ |/'
  [ ! -s "$work/notes" ] || echo
  sed 's/^/- /' "$work/notes"
}

# It should turn out now, not after the run, that the table has no place.
expect_place() {
  [ "$(grep -cxF -e "<!-- $name:begin -->" -e "<!-- $name:end -->" \
    "$document" 2>&1)" = 2 ] ||
    fail "$document has no lines <!-- $name:begin --> and <!-- $name:end -->"
}

# Puts the table between the two.
write_document() {
  markdown >"$work/markdown"
  awk -v name="$name" -v table="$work/markdown" '
    $0 == "<!-- " name ":end -->" { inside = 0 }
    !inside { print }
    $0 == "<!-- " name ":begin -->" {
      inside = 1
      while ((getline line < table) > 0) print line
    }' "$document" >"$work/document"
  cat "$work/document" >"$document"
  say "wrote the table into $document" >&2
}
