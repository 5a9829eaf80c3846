# shellcheck shell=bash
# The origins and the four proxies, and how each is started and measured.

# launch CORES LOG COMMAND...: sets pid
launch() {
  local cores=$1 log=$2
  shift 2
  taskset -c "$cores" "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  pids+=("$pid")
}

# run_client COMMAND...: on the client's core, until it ends
run_client() {
  run_in_background taskset -c "$client_core" "$@" >"$work/client.log" 2>&1
}

# end_since COUNT: ends what was started after the first COUNT
end_since() {
  local i
  for ((i = ${#pids[@]} - 1; i >= $1; i--)); do end "${pids[i]}" || true; done
}

# await_port PORT PID LOG: until PID listens on PORT
is_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null || ! is_up "$2"; }
await_port() {
  await "port $1" is_open "$1" "$2"
  is_up "$2" || fail "nothing listens on port $1: $(tail -n 5 "$3")"
}

# ---- origins ----------------------------------------------------------------

# nginx_head NAME WORKERS MASTER: what every nginx here starts with. Its files
# stay in the folder of the run, whoever it runs as.
nginx_head() {
  cat <<END
daemon off; master_process $3; worker_processes $2;
worker_rlimit_nofile $descriptors;
pid $work/$1.pid; error_log stderr crit;
events { worker_connections $descriptors; accept_mutex off; }
http {
  access_log off; tcp_nodelay on; default_type application/json;
  keepalive_requests 100000000; keepalive_timeout 300s;
  client_body_temp_path $work/temp.1; proxy_temp_path $work/temp.2;
  fastcgi_temp_path $work/temp.3; uwsgi_temp_path $work/temp.4;
  scgi_temp_path $work/temp.5;
END
}

# records BYTES: an array of what an API tells of its users, of about that size
records() {
  awk -v bytes="$1" 'function word() { return words[int(rand() * count) + 1] }
  function some(least, most, _n, _text) {
    _n = least + int(rand() * (most - least + 1))
    _text = word()
    while (--_n > 0) _text = _text " " word()
    return _text
  }
  BEGIN {
    srand(1)
    count = split("one as much many an interface answers with about records " \
                  "that people look for in the evening", words, " ")
    for (n = 1; length_so_far < bytes - 350; n++) {
      item = sprintf("%s{\"id\":%d,\"name\":\"%s\"," \
        "\"email\":\"%s.%s@example.com\",\"active\":%s,\"score\":%.2f," \
        "\"created_at\":\"2026-%02d-%02dT10:%02d:00Z\"," \
        "\"tags\":[\"%s\",\"%s\"],\"owner\":{\"id\":%d,\"url\":" \
        "\"https://api.example.com/users/%d\"},\"about\":%s}",
        n > 1 ? "," : "[", rand() * 1000000, some(1, 3), word(), word(),
        rand() < 0.7 ? "true" : "false", rand() * 100, 1 + rand() * 12,
        1 + rand() * 28, rand() * 60, word(), word(), rand() * 10000,
        rand() * 10000, rand() < 0.3 ? "null" : "\"" some(4, 20) "\"")
      length_so_far += length(item)
      printf "%s", item
    }
    print "]" }'
}

# rows BYTES: hardly anything but names and numbers
rows() {
  awk -v bytes="$1" 'BEGIN {
    for (n = 1; length_so_far < bytes - 60; n++) {
      item = sprintf("%s{\"id\":%d,\"name\":\"item\",\"ok\":true,\"n\":%.4f}",
                     n > 1 ? ",\n" : "[", n, n / 7)
      length_so_far += length(item)
      printf "%s", item
    }
    print "]" }'
}

# A CA of one's own and a certificate by it, for 127.0.0.1 and localhost.
make_certificates() {
  local key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
  openssl req -x509 "${key[@]}" -days 2 -subj '/CN=bench CA' \
    -keyout "$work/ca.key" -out "$work/ca.pem" 2>"$work/openssl.log" &&
    openssl req "${key[@]}" -subj /CN=localhost -keyout "$work/origin.key" \
      -out "$work/origin.csr" 2>>"$work/openssl.log" &&
    openssl x509 -req -in "$work/origin.csr" -days 2 -CA "$work/ca.pem" \
      -CAkey "$work/ca.key" -CAcreateserial -out "$work/origin.pem" \
      -extfile <(echo 'subjectAltName=DNS:localhost,IP:127.0.0.1') \
      2>>"$work/openssl.log" || fail "openssl: $(tail -n 1 "$work/openssl.log")"
}

two_hundred_bytes='{"id":7,"name":"origin","ok":true,"score":0.125,"tags":'
two_hundred_bytes+='["small","json","answer"],"owner":{"id":12,"mail":'
two_hundred_bytes+='"owner@example.com"},"text":"as much as many an interface '
two_hundred_bytes+='answers with, about"}'

# start_origin CORES: nginx with an answer at once on small_port, tls_port (the
# same over TLS), middle_port (18 KB of records), dense_port (18 KB of rows) and
# large_port (1 MB of records), at every path.
start_origin() {
  local name config log
  small_port=$(free_port) tls_port=$(free_port)
  middle_port=$(free_port) large_port=$(free_port) dense_port=$(free_port)
  name=origin-$small_port
  config=$work/$name.conf log=$work/$name.log
  {
    nginx_head "$name" 2 on
    cat <<END
  open_file_cache max=10;
  server {
    listen 127.0.0.1:$small_port backlog=4096;
    location / { return 200 '$two_hundred_bytes'; }
  }
  server {
    listen 127.0.0.1:$tls_port ssl backlog=4096;
    ssl_certificate $work/origin.pem; ssl_certificate_key $work/origin.key;
    location / { return 200 '$two_hundred_bytes'; }
  }
  server {
    listen 127.0.0.1:$middle_port backlog=4096;
    root $work; location / { try_files /middle.json =404; }
  }
  server {
    listen 127.0.0.1:$dense_port backlog=4096;
    root $work; location / { try_files /dense.json =404; }
  }
  server {
    listen 127.0.0.1:$large_port backlog=4096;
    root $work; location / { try_files /large.json =404; }
  }
}
END
  } >"$config"
  launch "$1" "$log" nginx -p "$work" -e stderr -c "$config"
  await_port "$small_port" "$pid" "$log"
}

# start_slow_origin DELAY_MS: sets slow_port
start_slow_origin() {
  start slow taskset -c "$origin_cores" "$peers/origin" --delay "$1"
  slow_port=$port
}

# asked_at PORT: how many requests a slow origin has seen
asked_at() {
  local line
  exec 3<>"/dev/tcp/127.0.0.1/$1"
  printf 'GET /count HTTP/1.1\r\n\r\n' >&3
  line=$(tail -n 1 <&3)
  exec 3<&- 3>&-
  echo "${line#asked }"
}

# ---- proxies ----------------------------------------------------------------

# nginx_proxy ORIGIN_PORT
nginx_proxy() {
  local tls='' master=on spread=''
  [ "$scheme" = http ] || tls="proxy_ssl_trusted_certificate $work/ca.pem;
      proxy_ssl_verify on; proxy_ssl_name localhost; proxy_ssl_server_name on;"
  [ "${#under[@]}" -eq 0 ] || master=off
  [ "$workers" -eq 1 ] || spread=reuseport
  nginx_head proxy "$workers" $master
  cat <<END
  upstream origin {
    server 127.0.0.1:$1 max_fails=0;
    keepalive 8192; keepalive_requests 100000000; keepalive_timeout 300s;
  }
  server {
    listen 127.0.0.1:$proxy_port backlog=4096 $spread;
    location / {
      proxy_pass $scheme://origin;
      proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_max_temp_file_size 0;
      $tls
    }
  }
}
END
}

# haproxy_proxy ORIGIN_PORT
haproxy_proxy() {
  local tls=''
  [ "$scheme" = http ] ||
    tls="ssl verify required ca-file $work/ca.pem sni str(localhost)"
  cat <<END
global
  nbthread $workers
  maxconn $((descriptors / 2 - 100))
defaults
  mode http
  timeout connect 3s
  timeout client 300s
  timeout server 60s
frontend front
  bind 127.0.0.1:$proxy_port backlog 4096
  default_backend back
backend back
  http-reuse always
  server origin 127.0.0.1:$1 pool-max-conn -1 $tls
END
}

# Settings of the next start_proxy.
scheme=http
workers=1
under=() # a command to run the proxy under

# start_proxy KIND CORES ORIGIN_PORT [OPTION...]: sets proxy_pid and proxy_port.
# The OPTIONs are hedgerow's; ORIGIN_PORT may be several, apart by commas, for
# hedgerow alone.
start_proxy() {
  local kind=$1 cores=$2 origin=$3 log=$work/proxy.log target command=()
  shift 3
  proxy_port=$(free_port)
  case $kind in
    nginx)
      nginx_proxy "$origin" >"$work/proxy.conf"
      command=(nginx -p "$work" -e stderr -c "$work/proxy.conf")
      ;;
    haproxy)
      haproxy_proxy "$origin" >"$work/proxy.conf"
      command=(haproxy -db -f "$work/proxy.conf")
      ;;
    forwarder) command=("$peers/forwarder" "$proxy_port" "$origin") ;;
    hedgerow)
      command=("$program" --listen "127.0.0.1:$proxy_port" --log off
        --workers "$workers" --ca-file "$work/ca.pem" "$@")
      for target in ${origin//,/ }; do
        command+=(--to "$scheme://127.0.0.1:$target/")
      done
      ;;
  esac
  launch "$cores" "$log" "${under[@]}" "${command[@]}"
  proxy_pid=$pid
  await_port "$proxy_port" "$proxy_pid" "$log"
}

# ---- what a process has used ------------------------------------------------

ticks_per_second=$(getconf CLK_TCK)

# cpu_ticks PID: user and system time of its tree
cpu_ticks() {
  local pid
  for pid in $(tree "$1"); do
    sed 's/^.*) //' "/proc/$pid/stat" 2>/dev/null || true
  done | awk '{ sum += $12 + $13 } END { print sum + 0 }'
}

# resident_kib PID: of its tree, once it has stopped moving
resident_kib() {
  local now=-1 before=-2 try
  for ((try = 0; try < 20 && now != before; try++)); do
    sleep 0.2
    before=$now
    now=$(for pid in $(tree "$1"); do rss_kib "$pid"; done |
      awk '{ sum += $1 } END { print sum + 0 }')
  done
  echo "$now"
}
