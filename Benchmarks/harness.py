"""What the benchmarks have in common: processes, HTTP, wrk, and what the system tells about a process."""
import contextlib
import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOAD_SCRIPT = Path(__file__).resolve().parent / "load.lua"
PASSWORD = "correct horse battery"
WARM_UP_SECONDS = 1


class BenchmarkError(Exception):
    """A case that could not be measured, and why."""


def tell(line):
    """Progress, which is no result."""
    print(line, file=sys.stderr, flush=True)


# Rows

def make_row(case, unit, kind, relation, target, peer_name=""):
    """A case without its figures yet: what of them is held against the target, and how."""
    return {"case": case, "unit": unit, "ours": [], "peer": [], "peer_name": peer_name, "kind": kind,
            "relation": relation, "target": target}


def result(row):
    """What is held against the target: the medians' ratio, the median itself, or the medians' difference."""
    ours = statistics.median(row["ours"])
    if row["kind"] == "value":
        return ours
    peer = statistics.median(row["peer"])
    return ours / peer if row["kind"] == "ratio" else ours - peer


def alternate(rounds, subjects):
    """Measures the subjects (measuring functions by name) in turns, and returns each one's figures, one a round."""
    figures = {name: [] for name in subjects}
    for number in range(1, rounds + 1):
        tell(f"  round {number} of {rounds}")
        for name, measure in subjects.items():
            figures[name].append(measure())
    return figures


# Processes

@contextlib.contextmanager
def running(command, log, name, cwd=None, env=None):
    """Lends a process, in a session of its own that is ended with all that it started. Its output goes to the log."""
    with open(log, "ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command], stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd=cwd, env=env,
            start_new_session=True)
    try:
        yield process
    except BenchmarkError as error:
        if process.poll() is not None:
            raise BenchmarkError(f"{error}; {name} had ended: {last_lines(log)}") from error
        raise
    finally:
        end_session(process)


def end_session(process):
    """Asks all processes of the session to end, and kills what is left of it when the first one has, or after 10 s."""
    signal_session(process, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
    signal_session(process, signal.SIGKILL)
    process.wait()


def signal_session(process, number):
    """Reaches also those that have made a group of their own, as everything that Swift's Foundation starts has."""
    for member in members(process.pid):
        # One that has ended by now is gone, which is what is wanted.
        with contextlib.suppress(ProcessLookupError):
            os.kill(member, number)


def members(session):
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # After the name, which is in brackets: state, parent, group, session.
            if int(file.read_text().rpartition(")")[2].split()[3]) == session:
                found.append(int(file.parent.name))
    return found


def last_lines(log, count=3):
    return " | ".join(Path(log).read_text(errors="replace").splitlines()[-count:])


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until_answering(process, port, path, log, limit=60):
    """Returns at the first answer with the status 200."""
    until = time.monotonic() + limit
    while time.monotonic() < until:
        if process.poll() is not None:
            raise BenchmarkError("no answer from the server")
        with contextlib.suppress(OSError, http.client.HTTPException):
            if status_of(port, path) == 200:
                return
        time.sleep(0.002)
    raise BenchmarkError(f"no answer from the server within {limit} s: {last_lines(log)}")


# HTTP

def status_of(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", path)
        return connection.getresponse().status


def post(port, path, body, token=None):
    """The decoded answer to a JSON body."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        connection.request("POST", path, json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read().decode()
    if not 200 <= answer.status < 300:
        raise BenchmarkError(f"POST {path} answered {answer.status}: {text[:200]}")
    return json.loads(text)


def size_of(port, path, token):
    """The bytes of an answer's body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        return len(connection.getresponse().read())


def account(name):
    return {"username": name, "email": f"{name}@example.org", "password": PASSWORD}


def task(number):
    return {"title": f"Task {number}", "description": "What is to be done, in about as many words as people write.",
            "due_date": "2031-05-01T09:00:00Z", "priority": number % 5}


def register_users(port, count, tasks=0, prefix="user"):
    """Registers users, each with as many tasks, and returns their tokens."""
    def register(number):
        token = post(port, "/api/register", account(f"{prefix}{number}"))["token"]
        for task_number in range(tasks):
            post(port, "/api/tasks", task(task_number), token)
        return token

    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(register, range(count)))


# Load

@dataclass
class Load:
    """Requests for `load.lua`: a file of them, and perhaps one of the order to send them in."""
    method: str
    path: str
    files: list


def write_load(folder, name, method, path, requests, order=None):
    """Writes pairs of a token and a body (either may be None), and the order of their numbers, from 0."""
    lines = [f"{token or ''}\t{json.dumps(body) if body else ''}\n" for token, body in requests]
    files = [Path(folder) / f"{name}.requests"]
    files[0].write_text("".join(lines))
    if order is not None:
        files.append(Path(folder) / f"{name}.order")
        files[1].write_text("".join(f"{number + 1}\n" for number in order))
    return Load(method, path, files)


@contextlib.contextmanager
def wrk_running(port, load, seconds, connections=32, threads=2, niceness=0):
    command = ["nice", "-n", niceness, "wrk", "-t", threads, "-c", connections, "-d", f"{seconds}s", "--timeout", "10s",
               "-s", LOAD_SCRIPT, f"http://127.0.0.1:{port}", "--", load.method, load.path, threads, *load.files]
    with subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def finish_wrk(process):
    """Requests a second, and latencies in microseconds. One request that failed fails the case."""
    output = process.communicate()[0]
    if process.returncode != 0:
        raise BenchmarkError(f"wrk failed: {output.strip()[-300:]}")
    figures = json.loads(output.splitlines()[-1])
    if figures["refused"] or figures["socket_errors"] or not figures["requests"]:
        raise BenchmarkError(f"of {figures['requests']} requests {figures['refused']} were answered with an error, "
                             f"and there were {figures['socket_errors']} socket errors")
    return figures | {"rate": figures["requests"] / figures["seconds"]}


def run_wrk(port, load, seconds, **options):
    with wrk_running(port, load, seconds, **options) as process:
        return finish_wrk(process)


def run_warm(port, load, seconds, **options):
    """What `run_wrk` finds after a run that only warms up."""
    run_wrk(port, load, WARM_UP_SECONDS, **options)
    return run_wrk(port, load, seconds, **options)


# What the system tells

def resident_megabytes(process):
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise BenchmarkError("the system tells no resident memory")


def cpu_milliseconds(process):
    """Of all its threads, by the clock that clock_getcpuclockid(3) names: finer than the ticks in /proc/PID/stat."""
    return time.clock_gettime((~process.pid << 3) | 2) * 1e3


def disk_bytes(process):
    """Read from and written to the disk, as /proc/PID/io counts them."""
    lines = Path(f"/proc/{process.pid}/io").read_text().splitlines()
    counts = dict(line.split(": ") for line in lines)
    return int(counts["read_bytes"]) + int(counts["write_bytes"])
