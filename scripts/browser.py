"""Debian's chromium without a window, driven by the WebDriver protocol (W3C):
what the scripts share that ask a browser. chromedriver takes JSON over HTTP, so
nothing but Python's own library is needed."""
import base64
import json
import os
import re
import shutil
import subprocess
import urllib.request

from lib import PATIENCE_S, WORK, fail


# The code points that WebDriver has for keys (section 17.4.2).
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Control": "\ue009",
        "Escape": "\ue00c", "End": "\ue010", "Home": "\ue011",
        "Up": "\ue013", "Right": "\ue014", "Down": "\ue015"}


class Browser:

    def __init__(self):
        for name in ("chromium", "chromedriver"):
            if not shutil.which(name):
                fail(name + " is not there: run scripts/install-deps browser")
        env = dict(os.environ, HOME=WORK.name)
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], env=env, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            start_new_session=True)
        for line in self.driver.stdout:
            found = re.search(r"on port (\d+)\.$", line)
            if found:
                self.url = "http://127.0.0.1:" + found[1]
                break
        else:
            fail("chromedriver does not listen")
        args = ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage",
                "--no-first-run", "--user-data-dir=" + WORK.name + "/browser"]
        if os.geteuid() == 0:
            args.append("--no-sandbox")
        session = self.command("POST", "/session", {"capabilities": {
            "alwaysMatch": {"browserName": "chrome",
                            "timeouts": {"script": 1000 * PATIENCE_S},
                            "goog:loggingPrefs": {"browser": "ALL"},
                            "goog:chromeOptions": {"args": args}}}})
        self.url += "/session/" + session["sessionId"]
        self.version = session["capabilities"]["browserVersion"]

    def command(self, method, path, body=None):
        request = urllib.request.Request(
            self.url + path, method=method,
            data=json.dumps(body or {}).encode() if method == "POST" else None)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            fail("the browser: " + error.read().decode()[:1000])

    def open(self, url):
        self.command("POST", "/url", {"url": url})

    def run(self, script, *args):
        """What a JavaScript expression, a promise, becomes."""
        return self.command("POST", "/execute/async", {
            "script": "const done = arguments[arguments.length - 1];"
                      "Promise.resolve(" + script + ").then(done, (error) =>"
                      " done('refused'));", "args": list(args)})

    def chromium(self, command, **params):
        """A command of chromium's own (the DevTools protocol)."""
        return self.command("POST", "/goog/cdp/execute",
                            {"cmd": command, "params": params})

    def screen(self, width, height, scheme="light"):
        """The page sees a screen of so many pixels, light or dark."""
        self.chromium("Emulation.setDeviceMetricsOverride", width=width,
                      height=height, deviceScaleFactor=1, mobile=False)
        self.chromium("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme}])

    def act(self, what, *actions):
        self.command("POST", "/actions", {"actions": [
            {"type": what, "id": what, "actions": actions}]})

    def press(self, *keys):
        """Keys, one after the other: "a", or a name of KEYS."""
        self.act("key", *[{"type": kind, "value": KEYS.get(key, key)}
                          for key in keys for kind in ("keyDown", "keyUp")])

    def paste(self):
        self.act("key", *[{"type": kind, "value": key} for kind, key in (
            ("keyDown", KEYS["Control"]), ("keyDown", "v"), ("keyUp", "v"),
            ("keyUp", KEYS["Control"]))])

    def point(self, x, y):
        """The pointer goes there."""
        self.act("pointer", {"type": "pointerMove", "duration": 0, "x": x,
                             "y": y})

    def click(self, selector):
        found = self.command("POST", "/element", {"using": "css selector",
                                                  "value": selector})
        self.command("POST", "/element/%s/click" % list(found.values())[0])

    def picture(self):
        """The screen as a PNG."""
        return base64.b64decode(self.command("GET", "/screenshot"))

    def console(self):
        """What the page's console said since the last call."""
        return [entry["message"] for entry in
                self.command("POST", "/se/log", {"type": "browser"})]

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.command("DELETE", "")
        self.driver.terminate()
        self.driver.wait(PATIENCE_S)
