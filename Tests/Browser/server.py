"""Runs the server that is tested, and speaks with it without a browser."""

import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = ROOT / os.environ.get("UNIFY_BINARY", ".build/debug/unify")
PASSWORD = "correct horse battery"
WAIT_SECONDS = 10


@dataclass
class User:
    id: int
    name: str
    token: str
    password: str = PASSWORD


@dataclass
class Answer:
    status: int
    headers: Message
    text: str


class Server:
    """One server with its own folder, on a port that the system chose."""

    def __init__(self, **settings):
        self._temporary = tempfile.TemporaryDirectory(prefix="unify-browser-")
        self.folder = Path(self._temporary.name)
        # Settings of whoever runs the tests must not reach the server.
        inherited = {name: value for name, value in os.environ.items() if not re.match("UNIFY_|MULTI_TENANT_", name)}
        own = {"MULTI_TENANT_MODE": "true", "UNIFY_DATA_DIR": str(self.folder / "data"), "UNIFY_PORT": "0"}
        self._environment = {**inherited, **own, **settings}
        self.log = []
        self.address = None
        self._users = 0
        try:
            self._launch()
        except RuntimeError:
            self._temporary.cleanup()
            raise

    def _launch(self):
        self._process = subprocess.Popen(
            [str(BINARY), "serve"], env=self._environment, cwd=self.folder, text=True, errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self._is_listening = False
        # Set as well when the log ends without that.
        self._decided = threading.Event()
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        self._decided.wait(WAIT_SECONDS)
        if not self._is_listening:
            self._end()
            raise RuntimeError("The server did not start:\n" + "".join(self.log))

    def _read_log(self):
        for line in self._process.stderr:
            self.log.append(line)
            found = re.search(r" url=(\S+).*\blistening", line)
            if found:
                self.address = found[1]
                self._is_listening = True
                self._decided.set()
        self._decided.set()

    def _end(self):
        """Returns the exit code; nil where the server had to be killed."""
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            code = None
        self._reader.join(WAIT_SECONDS)
        self._process.stderr.close()
        return code

    def restart(self):
        """Ends it and starts it again, with the same data at the same address."""
        code = self._end()
        if code != 0:
            raise AssertionError(f"The server ended with {code}")
        self._environment["UNIFY_PORT"] = str(urllib.parse.urlsplit(self.address).port)
        self._launch()

    def stop(self):
        code = self._end()
        self._temporary.cleanup()
        # A page that looks right over an error in the log is not right.
        faults = [line for line in self.log if re.match(r"\S+ (error|critical) ", line)]
        if code != 0 or faults:
            raise AssertionError(f"The server ended with {code} and had logged:\n" + "".join(faults))

    def run(self, *arguments, stdin=""):
        """Runs a command on the server's folder, and returns what it printed."""
        done = subprocess.run(
            [str(BINARY), *arguments], env=self._environment, cwd=self.folder, input=stdin, text=True,
            capture_output=True, timeout=60)
        if done.returncode != 0:
            raise AssertionError(f"unify {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}")
        return done.stdout

    # Without a browser

    def request(self, method, path, token=None, body=None, form=None, cookie=None):
        """Answers with whatever the server says, redirections included."""
        headers = {"Accept": "application/json" if form is None and cookie is None else "text/html"}
        data = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        elif form is not None:
            data = urllib.parse.urlencode(form).encode()
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.address}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if cookie is not None:
            headers |= {"Accept": "text/html", "Cookie": f"unify_session={cookie}"}
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        try:
            with OPENER.open(request, timeout=WAIT_SECONDS) as answer:
                return Answer(answer.status, answer.headers, answer.read().decode())
        except urllib.error.HTTPError as answer:
            with answer:
                return Answer(answer.code, answer.headers, answer.read().decode())

    def api(self, method, path, token=None, body=None):
        """The JSON of an answer that must be a good one."""
        answer = self.request(method, path, token, body)
        if answer.status >= 300:
            raise AssertionError(f"{method} {path} answered {answer.status}: {answer.text}")
        return json.loads(answer.text) if answer.text else None

    def items(self, collection, user):
        return self.api("GET", f"/api/{collection}?limit=200", user.token)["items"]

    def add(self, collection, user, **fields):
        return self.api("POST", f"/api/{collection}", user.token, fields)

    def register(self, name=None, email=None):
        self._users += 1
        name = name or f"user{self._users}"
        body = {"username": name, "email": email or f"{name}@example.org", "password": PASSWORD}
        answer = self.api("POST", "/api/register", body=body)
        return User(answer["user"]["id"], name, answer["token"])

    def login(self, user):
        """The token of a further session."""
        return self.api("POST", "/api/login", body={"username": user.name, "password": user.password})["token"]

    def make_administrator(self, name="root"):
        self.run("user", "create", "--username", name, "--email", f"{name}@example.org", "--admin",
                 "--password-stdin", stdin=PASSWORD + "\n")
        answer = self.api("POST", "/api/login", body={"username": name, "password": PASSWORD})
        return User(answer["user"]["id"], name, answer["token"])


class _NoRedirection(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(_NoRedirection, urllib.request.ProxyHandler({}))
