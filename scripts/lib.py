"""What the scripts in Python share; lib.sh is that of the others.

The program (HEDGEROW_BIN, or that of build/release), a folder WORK that goes
away with the script, upstreams of the script's own, and hedgerow and its tools
until they listen. An importing script stands beside this file; the root of the
checkout is the working directory from here on."""
import atexit
import contextlib
import copy
import os
import random
import re
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SCRIPT = os.path.abspath(sys.argv[0])
os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
NAME = os.path.basename(SCRIPT)
PROGRAM = os.environ.get("HEDGEROW_BIN",
                         os.path.abspath("build/release/hedgerow"))
PEERS = os.path.abspath("build/release/peers") + "/"
WORK = tempfile.TemporaryDirectory()
# What takes longer hangs, however slow or busy the machine is.
PATIENCE_S = 120
# No variable of the caller's is an option of a program that runs here.
ENV = {k: v for k, v in os.environ.items() if not k.startswith("HEDGEROW_")}


def fail(text):
    sys.exit(NAME + ": " + text)


def say(text):
    print(NAME + ": " + text, flush=True)


def expect(is_so, what, *seen):
    if not is_so:
        fail(what[:300] + ", but: " + " ".join(map(repr, seen))[:2000])


def await_that(what, look, wanted=bool, patience_s=PATIENCE_S):
    """Until what is looked at is wanted; it."""
    until = time.monotonic() + patience_s
    while True:
        seen = look()
        if wanted(seen):
            return seen
        if time.monotonic() > until:
            fail("waited in vain: %s; last seen: %s" % (what, str(seen)[:2000]))
        time.sleep(0.01)


def arguments(pattern=""):
    """Those of the script, as the pattern divides them; or its usage."""
    found = re.fullmatch(pattern, " ".join(sys.argv[1:]))
    if not found:
        sys.exit("usage: " + read(SCRIPT).split("# usage: ", 1)[1]
                 .split("\n#\n", 1)[0].replace("\n#", "\n"))
    return found


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(name, text):
    """A file in WORK; its path."""
    path = os.path.join(WORK.name, name)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    return path


def put(name, text):
    """In place at once."""
    os.replace(write(name + ".new", text), os.path.join(WORK.name, name))


def free_port():
    """One below those that connections leave from, so that it stays free."""
    while True:
        port = random.randrange(10000, 30000)
        with contextlib.suppress(OSError), socket.socket() as it:
            it.bind(("127.0.0.1", port))
            return port


def get(url, **fields):
    """The body of a good answer."""
    request = urllib.request.Request(url, headers=fields)
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        return answer.read().decode()


def many_descriptors():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def make(*words):
    done = subprocess.run(["make", "-s", "-j%d" % os.cpu_count(), *words],
                          text=True, env=ENV, capture_output=True)
    expect(done.returncode == 0, "it builds", done.stdout + done.stderr)


def build():
    """The peers, and the program unless it is somebody else's."""
    make("peers", *["all"] * ("HEDGEROW_BIN" not in os.environ))


def figures(text):
    """{name: value} of the NAME=VALUEs in it; the last one counts."""
    return {name: float(value)
            for name, value in re.findall(r"([\w.]+)=([\d.]+)", text)}


def load(url, *words, under=()):
    """The figures of peers/load that asks this URL's port."""
    done = subprocess.run(
        [*under, PEERS + "load", "--port", re.search(r":(\d+)", url)[1],
         *map(str, words)], capture_output=True, text=True)
    expect(done.returncode == 0, "the load does not give up", done.stdout,
           done.stderr)
    return figures(done.stdout)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    # A busy machine may be slow to accept, and a SYN that is dropped is sent
    # again after a second.
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass  # a cancelled attempt


class Upstream:
    """Answers every request by answer(request, k), the k-th from 0: a status,
    fields, a body; and keeps what it received."""

    def __init__(self, answer):
        self.seen, upstream = [], self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                size = int(self.headers.get("Content-Length", 0))
                self.body = self.rfile.read(size)
                # The next request of this connection is read by self, too.
                upstream.seen.append(copy.copy(self))
                status, fields, body = answer(self, len(upstream.seen) - 1)
                self.send_response(status)
                for name, value in fields.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_HEAD = do_POST = do_PUT = handle_any
            do_DELETE = do_OPTIONS = handle_any

            def log_message(self, *args):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,),
                         daemon=True).start()
        self.url = "http://127.0.0.1:%d" % self.server.server_port

    def of(self, field):
        return [request.headers[field] for request in self.seen]

    def paths(self):
        return [request.path for request in self.seen]


def of_status(pid, name):
    return int(re.search(name + r":\s+(\d+)", read("/proc/%d/status" %
                                                   pid))[1])


def is_open(port):
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


class Ended(SystemExit):
    """A program ended before it was ready."""

    def __init__(self, program):
        self.status, self.said = program.process.returncode, program.said()
        super().__init__("%s: it ended with %d: %s" %
                         (NAME, self.status, self.said))


class Program:
    """A program until it is ready: listens, says a pattern, or opens a port.
    `url`, and `admin` and `faults` where it says so. It ends with `with`, or
    with the script."""

    def __init__(self, *command, ready=r"listening on (http://[^\s,]+)",
                 **how):
        how = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, **how,
               "env": {**ENV, **how.get("env", {})}}
        self.process = subprocess.Popen(command, text=True, **how)
        atexit.register(self.process.kill)
        self.lines, self.places = [], {}
        self.reader = threading.Thread(target=self.listen, daemon=True)
        self.reader.start()
        if isinstance(ready, int):
            self.url = "http://127.0.0.1:%d" % ready
            await_that("%s opens port %d" % (command, ready), lambda:
                       is_open(ready) or self.process.poll() is not None)
            expect(self.process.poll() is None, "it goes on", self.said())
        else:
            self.url = self.await_said(ready)
        for name in ("admin", "faults"):
            found = re.search(name + r" at (http://[^\s,]+)", self.said())
            setattr(self, name, found and found[1].rstrip("/"))

    def listen(self):
        for line in self.process.stdout or self.process.stderr or []:
            self.lines.append(line)

    def said(self):
        return "".join(self.lines)

    def await_said(self, pattern):
        """The pattern's group in what it says."""
        def look():
            if self.process.poll() is not None:
                self.reader.join(PATIENCE_S)
                if not re.search(pattern, self.said()):
                    raise Ended(self)
            return re.search(pattern, self.said())
        return await_that("it says " + pattern, look)[1]

    def resident_kb(self):
        return of_status(self.process.pid, "VmRSS")

    def cpu_ms(self):
        """User and system time."""
        stat = read("/proc/%d/stat" % self.process.pid).rsplit(")", 1)[1]
        return sum(map(int, stat.split()[11:13])) * 1000 / os.sysconf(
            "SC_CLK_TCK")

    def peak_kb(self):
        return of_status(self.process.pid, "VmHWM")

    def threads(self):
        return of_status(self.process.pid, "Threads")

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.process.pid))

    def end(self):
        """Its exit status, whatever that is."""
        self.process.terminate()
        status = self.process.wait(PATIENCE_S)
        self.reader.join(PATIENCE_S)
        return status

    def stop(self):
        """How many seconds that takes."""
        began = time.monotonic()
        expect(self.end() == 0, "it ends with 0", self.said())
        return time.monotonic() - began

    def __enter__(self):
        return self

    def __exit__(self, *args):
        if args[0]:
            self.process.kill()
        elif self.process.poll() is None:
            self.stop()
        self.process.wait(PATIENCE_S)


class Holder:
    """A client that holds so many connections open."""

    def __init__(self, url, count, under=()):
        self.process = subprocess.Popen(
            [*under, PEERS + "load", "--port", url.rsplit(":", 1)[1], "--hold",
             str(count)], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        self.says("open")

    def says(self, word):
        said = self.process.stdout.readline().strip()
        expect(said == word, "it says " + word, said)

    def send(self):
        """A request on each."""
        print(file=self.process.stdin, flush=True)
        self.says("sent")

    def leave(self):
        self.process.stdin.close()
        expect(self.process.wait(PATIENCE_S) == 0, "the clients do not give up")


def origin(*words, nice=()):
    """tests/peers/origin.c; once it has ended it says what it has done."""
    return Program(*nice, PEERS + "origin", *map(str, words))


def mock(*words, port=0):
    return Program(PROGRAM, "mock", "--listen", "127.0.0.1:%d" % port, *words)


class Hedgerow(Program):
    """hedgerow on a free port, without a log, by a configuration file or the
    upstream's URL."""

    def __init__(self, before, *words):
        super().__init__(PROGRAM, "--listen", "127.0.0.1:0", "--log", "off",
                         "--to" if before.startswith("http") else "--config",
                         before, *words)
