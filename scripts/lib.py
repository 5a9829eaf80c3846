"""What the scripts in Python share: lib.sh for them.

The program (HEDGEROW_BIN, or that of build/release), a folder WORK that goes
away with the script, upstreams of the script's own, and hedgerow in front of
them. An importing script stands beside this file; the root of the checkout is
the working directory from here on."""
import copy
import os
import re
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
NAME = os.path.basename(sys.argv[0])
PROGRAM = os.environ.get("HEDGEROW_BIN",
                         os.path.abspath("build/release/hedgerow"))
WORK = tempfile.TemporaryDirectory()
# No variable of the caller's is an option of a program that runs here.
ENV = {k: v for k, v in os.environ.items() if not k.startswith("HEDGEROW_")}


def fail(text):
    sys.exit(NAME + ": " + text)


def expect(is_so, what, *seen):
    if not is_so:
        fail(what[:300] + ", but: " + " ".join(map(repr, seen))[:2000])


def write(name, text):
    """A file in WORK; its path."""
    path = os.path.join(WORK.name, name)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    return path


class Server(ThreadingHTTPServer):
    daemon_threads = True

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


class Hedgerow:
    """hedgerow by a configuration file, on a free port; ends with `with`. With
    --admin among the options, `admin` is where its listener for operators is.
    """

    def __init__(self, path, *options):
        self.program = subprocess.Popen(
            [PROGRAM, "--config", path, "--listen", "127.0.0.1:0",
             "--log", "off", *options],
            env=ENV, text=True, stderr=subprocess.PIPE)
        self.admin = self.url = None
        for line in self.program.stderr:
            found = re.search(r"(admin at|listening on) (http://[\d.:]+)", line)
            if found and found[1] == "admin at":
                self.admin = found[2]
            elif found:
                self.url = found[2]
            if self.url and (self.admin or "--admin" not in options):
                break
        else:
            fail(path + ": it does not listen")
        threading.Thread(target=self.program.stderr.read, daemon=True).start()

    def stop(self):
        """Its exit status."""
        self.program.terminate()
        return self.program.wait(20)

    def __enter__(self):
        return self

    def __exit__(self, *args):
        if self.program.returncode is None:
            status = self.stop()
            expect(status == 0 or args[0], "it ends with 0", status)
