#!/bin/bash
# usage: tests/as-a-user.sh
#
# hedgerow as somebody would use it: started by a script, asked by curl and by
# a short wrk, in front of an upstream that writes down what it was asked. Then
# it is checked that a token reached the upstream, and nothing else.
# HEDGEROW_BIN names the program (build/release/hedgerow).
set -euo pipefail
cd "$(dirname "$0")/.."

hedgerow=${HEDGEROW_BIN:-build/release/hedgerow}
work=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null; wait; rm -rf "$work"' EXIT

fail() {
  printf 'as-a-user: %s\n' "$*" >&2
  for file in "$work"/*.err "$work"/answer; do
    [ ! -s "$file" ] || { echo "-- $file:" && tail -n 20 "$file"; } >&2
  done
  exit 1
}

# start NAME COMMAND...: waits for its ready line; sets pid and url. (Of openssl
# the line is "ACCEPT host:port".)
start() {
  local name=$1 tries=2400
  shift
  rm -f "$work/$name".{out,err}
  touch "$work/$name".{out,err}
  "$@" >"$work/$name.out" 2>"$work/$name.err" &
  pid=$!
  pids+=("$pid")
  until url=$(grep -Eho '(http://|^ACCEPT )[^ ]*' "$work/$name".{out,err} |
    head -n 1) \
      && [ -n "$url" ]; do
    kill -0 "$pid" 2>/dev/null || fail "$name ended before it listened"
    [ $((tries -= 1)) -gt 0 ] || fail "$name never said that it listens"
    sleep 0.05
  done
}

# stop PID: a SIGTERM must end it with status 0.
stop() {
  local status=0
  kill "$1"
  wait "$1" || status=$?
  [ "$status" = 0 ] || fail "a stopped hedgerow ended with status $status"
}

# ask STATUS CURL-ARGUMENT...: head and body are in $work/answer afterwards.
ask() {
  local expected=$1 got
  shift
  got=$(curl -sS --max-time 120 -D "$work/head" -o "$work/body" \
    -w '%{http_code}' "$@") || fail "curl $* ended with status $?"
  cat "$work/head" "$work/body" >"$work/answer"
  cat "$work/answer" >>"$work/answers"
  [ "$got" = "$expected" ] || fail "curl $*: $got instead of $expected"
}

# has FILE TEXT, lacks FILE TEXT
has() { grep -qaF -- "$2" "$work/$1" || fail "'$2' is not in $1"; }
lacks() { ! grep -qaF -- "$2" "$work/$1" || fail "'$2' is in $1"; }

# An upstream that writes down each head. A primary that asks for /flaky gets
# an HTML page; so does whoever is not the dashboard.
upstream() {
  exec perl -MIO::Socket::INET -e '
    my $server = IO::Socket::INET->new(LocalAddr => "127.0.0.1:0",
                                       Listen => 64) or die $!;
    $| = 1;
    print "upstream: http://127.0.0.1:", $server->sockport, "\n";
    open(my $notes, ">", $ARGV[0]) or die $!;
    $notes->autoflush(1);
    while (my $client = $server->accept) {
      my $head = "";
      while (my $line = <$client>) { $head .= $line; last if $line eq "\r\n" }
      print $notes $head;
      my $bad = $head =~ m{^GET \S*/flaky} && $head =~ /^Hedge-Attempt: 0/mi;
      $bad ||= $head !~ m{^User-Agent: AnalyticsDashboard/1\.0\r$}mi;
      my $body = $bad ? "<html>Oops</html>" : "{\"users\":42}";
      print $client $bad ? "HTTP/1.1 500 Oops\r\n" : "HTTP/1.1 200 OK\r\n",
        "Connection: close\r\nContent-Length: ", length $body, "\r\n\r\n",
        $body;
      close $client;
    }' "$work/notes"
}

token=t0ken-$RANDOM$RANDOM$RANDOM
(umask 077 && echo "$token" >"$work/token")
start upstream upstream
start hedgerow "$hedgerow" --to "$url/v1" --listen 127.0.0.1:0 \
  --user-agent AnalyticsDashboard/1.0 --token-file "$work/token" --log json
proxy=$pid
tr '\0' '\n' <"/proc/$proxy/cmdline" >"$work/cmdline"

ask 200 "$url/healthz"
has answer '{"status":"ok"}'
ask 200 "$url/smart/users?timeout=5000&page=1"
has answer '{"users":42}'
has answer 'Hedge-Winner: 0'
ask 200 "$url/smart/flaky"
has answer '{"users":42}'
has answer 'Hedge-Winner: 1'
ask 200 "$url/all"
has answer '[{"users":42},{"users":42},{"users":42}]'
ask 200 --json '["/a","/flaky","/b"]' "$url/all"
has answer '[{"users":42},'
has answer 'Hedge-Completed: '
ask 200 --head "$url/smart"
ask 400 "$url/smart?timeout=soon"
ask 400 --path-as-is "$url/smart/../admin"
ask 400 --json '["http://example.org/"]' "$url/all"
ask 404 "$url/elsewhere"
ask 405 -X DELETE "$url/smart"
ask 413 --http1.1 -X GET -d body "$url/smart"

has notes 'GET /v1/users?page=1 HTTP/1.1'
has notes "Authorization: Bearer $token"
has notes 'User-Agent: AnalyticsDashboard/1.0'
lacks notes 'GET /v1/admin'
lacks notes 'User-Agent: curl'
stop "$proxy"
for file in hedgerow.out hedgerow.err answers cmdline; do
  lacks "$file" "$token"
done
has hedgerow.out '/smart/flaky'
lacks hedgerow.out 'page=1'

# https, by a certificate of our own: accepted where --ca-file names it, refused
# where not, and refused for any other name than the one it was made for.
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 2 \
  -addext subjectAltName=DNS:localhost -keyout "$work/key" -out "$work/cert" \
  2>/dev/null
echo '{"tls":true}' >"$work/x.json"
start tls env -C "$work" openssl s_server -accept 127.0.0.1:0 -WWW \
  -key key -cert cert
port=${url##*:}
# over_tls STATUS TEXT FLAG...: what hedgerow with these flags answers.
over_tls() {
  local status=$1 text=$2
  shift 2
  start over_tls "$hedgerow" --listen 127.0.0.1:0 --hedges 0 "$@"
  ask "$status" "$url/smart/x.json"
  has answer "$text"
  stop "$pid"
}
over_tls 200 '{"tls":true}' --to "https://localhost:$port" --ca-file "$work/cert"
over_tls 502 '--ca-file' --to "https://localhost:$port"
over_tls 502 'target host name' --to "https://127.0.0.1:$port" \
  --ca-file "$work/cert"

start mock "$hedgerow" mock --listen 127.0.0.1:0 --preset steady
start loaded "$hedgerow" --to "$url" --listen 127.0.0.1:0 --log off
proxy=$pid
wrk -t1 -c16 -d2s --timeout 60s "$url/smart?timeout=60000" >"$work/wrk" ||
  fail "wrk ended with status $?"
cat "$work/wrk"
has wrk 'requests in'
lacks wrk 'Socket errors'
lacks wrk 'Non-2xx'
ask 200 "$url/healthz"
stop "$proxy"
echo 'as-a-user: everything was as it should be'
