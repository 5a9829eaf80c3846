# shellcheck shell=bash
# What the benches need of the machine: packages, cores, and a line that says
# what was measured on what.

# Packages by the command that each of them brings.
declare -A package_of=(
  [nginx]=nginx [haproxy]=haproxy [wrk]=wrk [strace]=strace
  [valgrind]=valgrind [openssl]=openssl [pgrep]=procps [taskset]=util-linux
)
PATH=$PATH:/usr/sbin:/sbin

install_missing() {
  local command
  local -a missing=()
  for command in "${!package_of[@]}"; do
    command -v "$command" >/dev/null || missing+=("${package_of[$command]}")
  done
  [ "${#missing[@]}" -eq 0 ] ||
    scripts/install-deps --packages "${missing[@]}" ||
    fail "missing: ${missing[*]}"
}

# Sets client_core, proxy_core, origin_cores, and for two workers pair_cores and
# pair_origin_core (empty where there are too few cores).
choose_cores() {
  local list part core=()
  list=$(taskset -pc $$ | sed 's/.*: //')
  for part in ${list//,/ }; do
    mapfile -t -O "${#core[@]}" core < <(seq "${part%-*}" "${part#*-}")
  done
  client_core=${core[0]} proxy_core=${core[1]:-${core[0]}}
  pair_cores='' pair_origin_core=''
  case ${#core[@]} in
    1 | 2) origin_cores=${core[0]} ;;
    3) origin_cores=${core[2]} ;;
    *)
      origin_cores=${core[2]},${core[3]}
      pair_cores=${core[1]},${core[2]} pair_origin_core=${core[3]}
      ;;
  esac
}

# machine_line VERSIONS MEASURED: on what was measured
machine_line() {
  printf '%s, %s cores (client on %s, proxy on %s, origin on %s), Linux %s; ' \
    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
    "$(nproc)" "$client_core" "$proxy_core" "$origin_cores" "$(uname -r)"
  printf 'nginx %s, %s%s; %s\n' "$(nginx -v 2>&1 | sed 's|.*/||')" "$1" \
    "$("$program" --version | head -n 1)" "$2"
}
