"""The origins and the proxies that the benches measure, each on its cores."""
import json
import os
import random
import re
import resource
import shutil
import socket
import subprocess
import time

from lib import (PEERS, PROGRAM, WORK, Program, expect, free_port, of_status,
                 read, write)

os.environ["PATH"] += ":/usr/sbin:/sbin"
DESCRIPTORS = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 100000)


def install(*commands):
    """The packages of these commands, which are called like them."""
    missing = [one for one in commands if not shutil.which(one)]
    if missing:
        subprocess.run(["scripts/install-deps", "--packages", *missing],
                       check=True)


class Cores:
    """Which of them the client has, the proxy, and the origin; and for a proxy
    with two workers `pair` and `pair_origin`, where there are enough."""
    all = [str(core) for core in sorted(os.sched_getaffinity(0))]
    client, proxy, pair, pair_origin = all[0], all[:2][-1], None, None
    origin = ",".join(all[2:4]) or all[0]
    if len(all) > 3:
        pair, pair_origin = ",".join(all[1:3]), all[3]


def on(cores, *command, **more):
    return Program("taskset", "-c", cores, *command, **more)


def by_client(*command):
    """What it says that ran on the client's core until it ended."""
    done = subprocess.run(["taskset", "-c", Cores.client, *map(str, command)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    return done.returncode, done.stdout


def machine(*versions):
    """On what was measured."""
    model = re.search(r"^model name.*: (.*)", read("/proc/cpuinfo"), re.M)
    hedgerow = subprocess.run([PROGRAM, "--version"], text=True,
                              stdout=subprocess.PIPE).stdout
    nginx = subprocess.run(["nginx", "-v"], text=True, stderr=subprocess.PIPE)
    return ("%s, %d cores (client on %s, proxy on %s, origin on %s), Linux %s; "
            % (model and model[1], os.cpu_count(), Cores.client, Cores.proxy,
               Cores.origin, os.uname().release) + ", ".join(
                   ["nginx " + nginx.stderr.strip().rsplit("/", 1)[1],
                    *versions, hedgerow.splitlines()[0]]))


# ---- nginx -------------------------------------------------------------------

# Its files stay in the folder of the run, whoever it runs as.
NGINX = """daemon off; master_process MASTER; worker_processes WORKERS;
worker_rlimit_nofile %d;
pid FOLDER/NAME.pid; error_log stderr crit;
events { worker_connections %d; accept_mutex off; }
http {
  access_log off; tcp_nodelay on; default_type application/json;
  keepalive_requests 100000000; keepalive_timeout 300s;
  client_body_temp_path FOLDER/temp.1; proxy_temp_path FOLDER/temp.2;
  fastcgi_temp_path FOLDER/temp.3; uwsgi_temp_path FOLDER/temp.4;
  scgi_temp_path FOLDER/temp.5; open_file_cache max=10;
""" % (DESCRIPTORS, DESCRIPTORS)
UPSTREAM = """  upstream origin {
    %s
    keepalive 8192; keepalive_requests 100000000; keepalive_timeout 300s;
  }
"""
PASS = ("proxy_pass %s://origin; proxy_http_version 1.1;"
        ' proxy_set_header Connection "";')


def nginx_upstream(port, count=1):
    return UPSTREAM % ("server 127.0.0.1:%s max_fails=0; " % port * count)


def nginx_server(port, *lines, flags=""):
    return "  server { listen 127.0.0.1:%d backlog=4096 %s;\n    %s\n  }\n" % (
        port, flags, "\n    ".join(lines))


def nginx(name, port, *blocks, workers=1, master=True):
    """The command of one with these blocks."""
    os.chmod(WORK.name, 0o755)  # its workers read as another user
    head = (NGINX.replace("MASTER", "on" if master else "off")
            .replace("WORKERS", str(workers)).replace("FOLDER", WORK.name)
            .replace("NAME", name))
    path = write("%s-%d.conf" % (name, port), head + "".join(blocks) + "}\n")
    return ["nginx", "-p", WORK.name, "-e", "stderr", "-c", path]


# ---- origins -----------------------------------------------------------------

def records(size):
    """An array of what an API tells of its users, of about that size."""
    luck = random.Random(1)
    words = ("one as much many an interface answers with about records that "
             "people look for in the evening").split()

    def some(least, most):
        return " ".join(luck.choices(words, k=luck.randint(least, most)))

    def record():
        mail = "%s.%s@example.com" % (some(1, 1), some(1, 1))
        owner = luck.randrange(10000)
        return json.dumps({
            "id": luck.randrange(1000000), "name": some(1, 3), "email": mail,
            "active": luck.random() < 0.7,
            "score": round(luck.random() * 100, 2),
            "created_at": "2026-%02d-%02dT10:%02d:00Z" % (
                luck.randint(1, 12), luck.randint(1, 28), luck.randrange(60)),
            "tags": luck.choices(words, k=2), "owner": {
                "id": owner, "url": "https://api.example.com/users/%d" % owner},
            "about": None if luck.random() < 0.3 else some(4, 20)},
            separators=(",", ":"))

    return filled(size - 350, lambda n: record(), ",")


def rows(size):
    """Hardly anything but names and numbers."""
    return filled(size - 60, lambda n: '{"id":%d,"name":"item","ok":true,'
                  '"n":%.4f}' % (n, n / 7), ",\n")


def filled(size, item, apart):
    items, length = [], 0
    while length < size:
        items.append(item(len(items) + 1))
        length += len(items[-1])
    return "[" + apart.join(items) + "]"


def make_certificates():
    """A CA of one's own and a certificate by it, for 127.0.0.1."""
    write("names", "subjectAltName=DNS:localhost,IP:127.0.0.1")
    key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "
    for line in (
            "req -x509 -days 2 -subj /CN=bench -out ca.pem " + key + "ca.key",
            "req -subj /CN=localhost -out origin.csr " + key + "origin.key",
            "x509 -req -in origin.csr -days 2 -CA ca.pem -CAkey ca.key "
            "-CAcreateserial -out origin.pem -extfile names"):
        done = subprocess.run(["openssl", *line.split()], cwd=WORK.name,
                              capture_output=True, text=True)
        expect(done.returncode == 0, "openssl makes certificates", done.stderr)


SMALL = """{"id":7,"name":"origin","ok":true,"score":0.125,"tags":\
["small","json","answer"],"owner":{"id":12,"mail":"owner@example.com"},\
"text":"as much as many an interface answers with, about"}"""


class Origin:
    """nginx with an answer at once, at every path: the ports `small`, `tls`
    (the same over TLS), `middle` (18 KB of records), `dense` (18 KB of rows)
    and `large` (1 MB of records)."""

    def __init__(self, cores):
        bodies = {"middle": records(18000), "dense": rows(18000),
                  "large": records(1000000)}
        self.small, self.tls = free_port(), free_port()
        small = "location / { return 200 '%s'; }" % SMALL
        servers = [nginx_server(self.small, small), nginx_server(
            self.tls, "ssl_certificate %s/origin.pem;" % WORK.name,
            "ssl_certificate_key %s/origin.key;" % WORK.name, small,
            flags="ssl")]
        for name, body in bodies.items():
            setattr(self, name, free_port())
            write(name + ".json", body)
            servers.append(nginx_server(
                getattr(self, name), "root %s;" % WORK.name,
                "location / { try_files /%s.json =404; }" % name))
        self.program = on(cores, *nginx("origin", self.small, *servers,
                                        workers=2), ready=self.small)


class SlowOrigin(Program):
    """Answers after so many ms; `port`."""

    def __init__(self, delay_ms):
        super().__init__("taskset", "-c", Cores.origin, PEERS + "origin",
                         "--delay", str(delay_ms))
        self.port = int(self.url.rsplit(":", 1)[1])

    def asked(self):
        """How many requests it has seen."""
        with socket.create_connection(("127.0.0.1", self.port)) as asker:
            asker.sendall(b"GET /count HTTP/1.1\r\n\r\n")
            return int(asker.makefile().read().rsplit(None, 1)[1])


# ---- proxies -----------------------------------------------------------------

HAPROXY = """global
  nbthread WORKERS
  maxconn %d
defaults
  mode http
  timeout connect 3s
  timeout client 300s
  timeout server 60s
frontend front
  bind 127.0.0.1:PORT backlog 4096
  default_backend back
backend back
  http-reuse always
  server origin 127.0.0.1:ORIGIN pool-max-conn -1 TLS
""" % (DESCRIPTORS // 2 - 100)


def command_of(kind, port, origins, options, tls, workers, alone):
    """The proxy's, which listens on the port. More than one origin and the
    options are for hedgerow."""
    if kind == "nginx":
        lines = [PASS % ("https" if tls else "http"),
                 "proxy_max_temp_file_size 0;"]
        if tls:
            lines += ["proxy_ssl_trusted_certificate %s/ca.pem;" % WORK.name,
                      "proxy_ssl_verify on; proxy_ssl_name localhost;"
                      " proxy_ssl_server_name on;"]
        return nginx("proxy", port, nginx_upstream(origins[0]), nginx_server(
            port, "location / {", *lines, "}",
            flags="reuseport" if workers > 1 else ""), workers=workers,
                     master=not alone)
    if kind == "haproxy":
        text = (HAPROXY.replace("WORKERS", str(workers))
                .replace("PORT", str(port)).replace("ORIGIN", str(origins[0]))
                .replace("TLS", "ssl verify required ca-file %s/ca.pem sni "
                         "str(localhost)" % WORK.name if tls else ""))
        return ["haproxy", "-db", "-f", write("haproxy.conf", text)]
    if kind == "forwarder":
        return [PEERS + "forwarder", str(port), str(origins[0])]
    words = [PROGRAM, "--listen", "127.0.0.1:%d" % port, "--log", "off",
             "--workers", str(workers), *options]
    if tls:
        words += ["--ca-file", WORK.name + "/ca.pem"]
    for origin in origins:
        words += ["--to", "http%s://127.0.0.1:%d/" % ("s" * tls, origin)]
    return words


class Proxy(Program):
    def __init__(self, kind, *origins, cores=Cores.proxy, options=(), tls=False,
                 workers=1, under=()):
        self.port = free_port()
        super().__init__("taskset", "-c", cores, *under, *command_of(
            kind, self.port, origins, options, tls, workers, bool(under)),
                         ready=self.port)

    def stop(self):
        self.end()  # not all of them say 0

    def tree(self):
        """It and its descendants."""
        pids = [self.process.pid]
        for pid in pids:
            pids += map(int, read("/proc/%d/task/%d/children" %
                                  (pid, pid)).split())
        return pids

    def cpu_us(self):
        """User and system time."""
        fields = [read("/proc/%d/stat" % pid).rsplit(")", 1)[1].split()
                  for pid in self.tree()]
        return sum(int(one[11]) + int(one[12]) for one in fields
                   ) * 1e6 / os.sysconf("SC_CLK_TCK")

    def resident_kib(self):
        """Once it has stopped moving."""
        now = before = -1
        for _ in range(20):
            time.sleep(0.2)
            before, now = now, sum(
                of_status(pid, "VmRSS") for pid in self.tree())
            if now == before:
                break
        return now
