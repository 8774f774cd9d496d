#!/usr/bin/env python3
"""Counts what a request costs in allocations, and fails where that is more than it was.

examples:
  Benchmarks/allocations/check.py .build/debug/unify      what make test does
  Benchmarks/allocations/check.py .build/release/unify

Counts, unlike times, are the same on every machine. Where a change makes a path need more for a good reason, or less, the
bound is changed with it.
"""
import argparse
import contextlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
REQUESTS = 400
# The most allocations of one request, by the kind of build: what was counted, and a tenth.
BOUNDS = {
    "a task": {"debug": 311, "release": 79},
    "20 tasks": {"debug": 458, "release": 90},
    "adding a task": {"debug": 455, "release": 172},
}


class Counter:
    def __init__(self, folder):
        self.path = Path(folder) / "count"
        self.path.write_bytes(bytes(8))
        self.library = Path(folder) / "counter.so"
        compiler = shutil.which("cc") or shutil.which("clang") or sys.exit("There is no C compiler: cc or clang.")
        subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", self.library, HERE / "counter.c"], check=True)

    def read(self):
        return int.from_bytes(self.path.read_bytes(), sys.byteorder)


@contextlib.contextmanager
def serving(program, folder, counter):
    log = Path(folder) / "log"
    environment = {
        "UNIFY_DATA_DIR": f"{folder}/data", "UNIFY_PORT": "0", "MULTI_TENANT_MODE": "true",
        "PATH": os.environ["PATH"],
        "LD_PRELOAD": str(counter.library), "ALLOCATION_COUNT": str(counter.path)}
    with log.open("wb") as errors, subprocess.Popen([program, "serve"], env=environment, stderr=errors) as server:
        try:
            yield find_port(server, log)
        finally:
            server.terminate()


def find_port(server, log):
    for _ in range(600):
        _, found, rest = log.read_text().partition("url=http://127.0.0.1:")
        if found:
            return int("".join(rest.split()[:1]).strip("/"))
        if server.poll() is not None:
            break
        time.sleep(0.05)
    sys.exit(f"The server did not start:\n{log.read_text()}")


class Client:
    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.headers = {"Content-Type": "application/json"}

    def ask(self, method, path, body=None):
        text = json.dumps(body) if body is not None else None
        self.connection.request(method, path, text, self.headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status not in (200, 201):
            sys.exit(f"{method} {path} gave {answer.status}: {content.decode()}")
        return json.loads(content)


def count(counter, request):
    """The allocations of one request, when everything that is kept has been made."""
    for _ in range(REQUESTS):
        request()
    before = counter.read()
    for _ in range(REQUESTS):
        request()
    return (counter.read() - before) / REQUESTS


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path, help="the unify program to look at")
    program = parser.parse_args().program.resolve()
    build = "release" if "release" in program.parts else "debug"
    with tempfile.TemporaryDirectory() as folder:
        counter = Counter(folder)
        with serving(program, folder, counter) as port:
            client = Client(port)
            account = {"username": "ada", "email": "ada@example.org", "password": "correct horse"}
            client.headers["Authorization"] = f"Bearer {client.ask('POST', '/api/register', account)['token']}"
            task = {"title": "A task of the list", "due_date": "2026-12-01"}
            for _ in range(20):
                client.ask("POST", "/api/tasks", task)
            counted = {
                "a task": count(counter, lambda: client.ask("GET", "/api/tasks/1")),
                "20 tasks": count(counter, lambda: client.ask("GET", "/api/tasks?limit=20")),
                "adding a task": count(counter, lambda: client.ask("POST", "/api/tasks", task)),
            }
    is_within = True
    for name, allocations in counted.items():
        bound = BOUNDS[name][build]
        is_within = is_within and allocations <= bound
        print(f"{name}: {allocations:.1f} allocations, at most {bound} ({build})")
    if not is_within:
        sys.exit("A request costs more allocations than it did. Find out which, or change the bound and say why.")


if __name__ == "__main__":
    main()
