"""The cases over HTTP: the server as a user runs it, beside Flask and a bare Hummingbird server."""
import contextlib
import os
import random
import secrets
import statistics
import subprocess
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from harness import (
    ROOT, BenchmarkError, account, alternate, cpu_milliseconds, disk_bytes, finish_wrk, free_port, last_lines, make_row,
    register_users, resident_megabytes, run_warm, run_wrk, running, size_of, task, tell, wait_until_answering,
    wrk_running, write_load)

BINARIES = ROOT / ".build/release"
VENV = ROOT / ".build/bench-venv"
TASK_PAGE = "/api/tasks?limit=20"
FLASK_SERVERS = {"Flask, gunicorn -w 2": ["-w", "2"],
                 "Flask, gunicorn -w 2 --threads 8": ["-w", "2", "-k", "gthread", "--threads", "8"]}
SETTLING_SECONDS = 5


@dataclass
class Plan:
    """How much is measured."""
    rounds: int = 5
    seconds: int = 4
    fleet: int = 100_000
    zipf_users: int = 10_000
    idle_seconds: int = 30


@dataclass
class Server:
    process: subprocess.Popen
    port: int
    start_seconds: float


class Case:
    """Rows that are measured together, and the function that fills in their figures."""

    def __init__(self, measure, *rows):
        self.measure = measure
        self.rows = rows

    def run(self, plan):
        """Fills in the figures; where that fails, the reason in each row that has none."""
        tell(f"http: {self.rows[0]['case']}")
        try:
            with tempfile.TemporaryDirectory(prefix="unify-bench-") as folder:
                self.measure(plan, Path(folder), *self.rows)
        except Exception as error:
            traceback.print_exc()
            for row in self.rows:
                if not row["ours"]:
                    row["failed"] = str(error) or repr(error)


def all_cases(plan):
    """The rows say what each case is held against."""
    fleet = f"{plan.fleet:,} databases"
    zipf = f"{plan.zipf_users:,} users by Zipf 0.99"
    active = [f"{fleet}, 100 users active", f"{fleet}, 1,000 users active"]
    few = "100 databases"
    return [
        Case(measure_one_user,
             make_row("GET 20 tasks, one user", "/s", "ratio", "at_least", 12),
             make_row("GET 20 tasks, one user, beside a bare server", "/s", "ratio", "at_least", 0.6,
                      "bare Hummingbird"),
             make_row("GET 20 tasks, one user, beside the same bytes from memory", "/s", "ratio", "at_least", 0,
                      "bare Hummingbird")),
        Case(measure_zipf,
             make_row(f"GET 20 tasks, {zipf}", "/s", "ratio", "at_least", 0.7, "one user")),
        Case(measure_adding,
             make_row("POST a task, 64 users at once", "/s", "ratio", "at_least", 5)),
        Case(measure_beside_sign_ins,
             make_row("p99 of GET while others sign in", "µs", "ratio", "at_most", 2, "without sign-ins")),
        Case(measure_fleet,
             *(make_row(f"{name} of GET, {users}", "µs", "ratio", "at_most", target, few)
               for users in active for name, target in (("p50", 1.2), ("p99", 2))),
             make_row(f"from the start to the first answer, {fleet}", "s", "value", "at_most", 1),
             make_row(f"resident memory, {fleet}, 1,000 users served", "MB", "value", "at_most", 300)),
        Case(measure_idle,
             make_row("idle: resident memory", "MB", "value", "at_most", 40),
             make_row(f"idle: CPU time in {plan.idle_seconds} s", "ms", "value", "at_most", 30),
             make_row(f"idle: read and written in {plan.idle_seconds} s", "bytes", "value", "at_most", 0)),
        Case(measure_registering,
             make_row("POST a registration", "/s", "ratio", "at_least", 0)),
    ]


# Servers

@contextlib.contextmanager
def serving(command, folder, name, path, **options):
    """Lends a server that answers."""
    log = folder / f"{name}.log"
    port = free_port()
    start = time.monotonic()
    with running([str(part).format(port=port) for part in command], log, name, **options) as process:
        wait_until_answering(process, port, path, log)
        yield Server(process, port, time.monotonic() - start)


def unify(folder, data=None, name="unify"):
    """Ours, with no settings but these, on a new data directory or on one that was filled before."""
    data = data or folder / f"{name}-data"
    data.mkdir(exist_ok=True)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("UNIFY_")}
    environment |= {"MULTI_TENANT_MODE": "true", "UNIFY_DATA_DIR": str(data)}
    # Away from a file .env.
    return serving([BINARIES / "unify", "serve", "--port", "{port}"], folder, name, "/healthz", cwd=data,
                   env=environment)


def hello(folder, page_bytes):
    return serving([BINARIES / "hello-bench", "{port}", page_bytes], folder, "hello-bench", "/")


@contextlib.contextmanager
def flask_servers(folder):
    """Lends the ports of the peers by their names."""
    prepare_peers()
    with contextlib.ExitStack() as stack:
        servers = {}
        for number, (name, options) in enumerate(FLASK_SERVERS.items()):
            data = folder / f"flask-{number}"
            data.mkdir()
            command = [VENV / "bin/gunicorn", "--preload", *options, "-b", "127.0.0.1:{port}", "flask_app:app"]
            server = stack.enter_context(serving(
                command, folder, f"gunicorn-{number}", "/healthz", cwd=ROOT / "Benchmarks/peers",
                env=os.environ | {"DATA": str(data)}))
            servers[name] = server.port
        yield servers


def prepare_peers():
    """Makes the virtual environment of the Flask peers where there is none of these versions yet."""
    requirements = ROOT / "Benchmarks/peers/requirements.txt"
    subprocess.run([ROOT / "scripts/python-environment.sh", VENV, requirements], check=True)


def make_users(folder, name, count, tasks):
    """A data directory of as many users, and their tokens."""
    tell(f"  making {count:,} users")
    log, tokens = folder / f"{name}.log", folder / f"{name}.tokens"
    command = [BINARIES / "unify-bench", "make-users", "--data", folder / name, "--count", count, "--tasks", tasks,
               "--tokens", tokens]
    with open(log, "wb") as output:
        made = subprocess.run([str(part) for part in command], stdout=output, stderr=output)
    if made.returncode != 0:
        raise BenchmarkError(f"unify-bench make-users failed: {last_lines(log)}")
    return folder / name, tokens.read_text().split()


def fill_in(row, figures, ours, peers):
    """The figures of ours and of the better peer."""
    best = max(peers, key=lambda name: statistics.median(figures[name]))
    row.update(ours=figures[ours], peer=figures[best], peer_name=best)


# Loads

def reading(folder, name, tokens, order=None):
    return write_load(folder, name, "GET", TASK_PAGE, [(token, None) for token in tokens], order)


def reading_evenly(folder, name, tokens):
    """Each user equally often, in an order that is drawn anew for each of twenty turns."""
    draw = random.Random(name)
    order = [number for _ in range(20) for number in draw.sample(range(len(tokens)), len(tokens))]
    return reading(folder, name, tokens, order)


def reading_by_zipf(folder, name, tokens, exponent=0.99, draws=200_000):
    weights = [1 / (rank + 1) ** exponent for rank in range(len(tokens))]
    order = random.Random(name).choices(range(len(tokens)), weights, k=draws)
    return reading(folder, name, tokens, order)


def adding(folder, name, tokens):
    return write_load(folder, name, "POST", "/api/tasks", [(token, task(0)) for token in tokens])


def registering(folder):
    """More new names than are taken in one run."""
    prefix = f"u{secrets.token_hex(4)}-"
    requests = [(None, account(f"{prefix}{number}")) for number in range(5_000)]
    return write_load(folder, prefix, "POST", "/api/register", requests)


# Cases

def measure_one_user(plan, folder, beside_flask, beside_hello, beside_page):
    def rate(port, load):
        return lambda: run_warm(port, load, plan.seconds)["rate"]

    def reader(port, name, tokens):
        return rate(port, reading(folder, name, tokens))

    with unify(folder) as ours, flask_servers(folder) as peers:
        tokens = register_users(ours.port, 1, tasks=20)
        page_bytes = size_of(ours.port, TASK_PAGE, tokens[0])
        with hello(folder, page_bytes) as bare:
            subjects = {"ours": reader(ours.port, "ours", tokens)}
            subjects |= {name: reader(port, name, register_users(port, 1, tasks=20)) for name, port in peers.items()}
            subjects |= {name: rate(bare.port, write_load(folder, name, "GET", path, [(None, None)]))
                         for name, path in (("bare", "/"), ("page", "/page"))}
            figures = alternate(plan.rounds, subjects)
    fill_in(beside_flask, figures, "ours", peers)
    beside_hello.update(ours=figures["ours"], peer=figures["bare"])
    beside_page.update(ours=figures["ours"], peer=figures["page"],
                       note=f"{page_bytes:,} bytes that are there already: no session, no database, no JSON")


def measure_zipf(plan, folder, row):
    data, tokens = make_users(folder, "users", plan.zipf_users, tasks=20)
    one, many = reading(folder, "one", tokens[:1]), reading_by_zipf(folder, "zipf", tokens)
    with unify(folder, data) as server:
        figures = alternate(plan.rounds, {
            "many": lambda: run_warm(server.port, many, plan.seconds)["rate"],
            "one": lambda: run_warm(server.port, one, plan.seconds)["rate"],
        })
    row.update(ours=figures["many"], peer=figures["one"])


def measure_adding(plan, folder, row):
    def adder(port, name):
        load = adding(folder, name, register_users(port, 64))
        return lambda: run_warm(port, load, plan.seconds, connections=64)["rate"]

    with unify(folder) as ours, flask_servers(folder) as peers:
        subjects = {"ours": adder(ours.port, "ours")} | {name: adder(port, name) for name, port in peers.items()}
        figures = alternate(plan.rounds, subjects)
    fill_in(row, figures, "ours", peers)


def measure_beside_sign_ins(plan, folder, row):
    """The clients that sign in run at the lowest priority, so that the measuring one is not itself what waits."""
    with unify(folder) as server:
        readers = reading_evenly(folder, "readers", register_users(server.port, 20, tasks=20, prefix="reader"))
        register_users(server.port, 50)
        accounts = [{key: account(f"user{number}")[key] for key in ("username", "password")} for number in range(50)]
        signing_in = write_load(folder, "sign-ins", "POST", "/api/login", [(None, body) for body in accounts])
        sign_ins = []

        def quiet():
            return run_warm(server.port, readers, plan.seconds, connections=4)["p99"]

        def beside():
            with wrk_running(server.port, signing_in, plan.seconds + 2, connections=16, niceness=19) as others:
                latency = quiet()
                sign_ins.append(finish_wrk(others)["rate"])
            return latency

        figures = alternate(plan.rounds, {"beside": beside, "quiet": quiet})
    row.update(ours=figures["beside"], peer=figures["quiet"],
               note=f"4 connections that read; meanwhile {statistics.median(sign_ins):.0f} sign-ins a second")


def measure_fleet(plan, folder, *rows):
    """The same number of users is active on both servers, so that only the number of databases differs."""
    small, few_tokens = make_users(folder, "few", 100, tasks=5)
    large, tokens = make_users(folder, "fleet", plan.fleet, tasks=5)
    draw = random.Random("active users")
    few = reading_evenly(folder, "few", few_tokens)
    some, more = (reading_evenly(folder, f"active-{count}", draw.sample(tokens, count)) for count in (100, 1_000))

    def latencies(server, load):
        return lambda: run_warm(server.port, load, plan.seconds, connections=2, threads=1)

    with unify(folder, small, "few") as beside, unify(folder, large, "fleet") as ours:
        figures = alternate(plan.rounds, {
            "some": latencies(ours, some), "few": latencies(beside, few), "more": latencies(ours, more)})
    for row, (subject, percentile) in zip(rows, [("some", "p50"), ("some", "p99"), ("more", "p50"), ("more", "p99")]):
        row.update(ours=[figure[percentile] for figure in figures[subject]],
                   peer=[figure[percentile] for figure in figures["few"]], note="2 connections")
    measure_starts(plan, folder, large, more, *rows[4:])


def measure_starts(plan, folder, data, readers, start_row, memory_row):
    """Each round starts the server anew."""
    def start_and_read():
        with unify(folder, data, "fleet") as server:
            run_wrk(server.port, readers, plan.seconds)
            return server.start_seconds, resident_megabytes(server.process)

    figures = alternate(plan.rounds, {"ours": start_and_read})["ours"]
    start_row.update(ours=[start for start, _ in figures], note="the files are in the page cache")
    memory_row.update(ours=[memory for _, memory in figures], note="32 connections")


def measure_idle(plan, folder, memory_row, cpu_row, disk_row):
    """A server for each round, all idle at the same time."""
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(unify(folder, name=f"idle-{number}")) for number in range(plan.rounds)]
        for server in servers:
            register_users(server.port, 1, tasks=3)
        processes = [server.process for server in servers]
        time.sleep(SETTLING_SECONDS)
        before = [(cpu_milliseconds(process), disk_bytes(process)) for process in processes]
        time.sleep(plan.idle_seconds)
        after = [(cpu_milliseconds(process), disk_bytes(process)) for process in processes]
        memory_row.update(ours=[resident_megabytes(process) for process in processes])
    cpu_row.update(ours=[end - start for (start, _), (end, _) in zip(before, after)])
    disk_row.update(ours=[end - start for (_, start), (_, end) in zip(before, after)])


def measure_registering(plan, folder, row):
    def registrar(port):
        return lambda: run_wrk(port, registering(folder), plan.seconds, connections=8)["rate"]

    with unify(folder) as ours, flask_servers(folder) as peers:
        subjects = {"ours": registrar(ours.port)} | {name: registrar(port) for name, port in peers.items()}
        figures = alternate(plan.rounds, subjects)
    fill_in(row, figures, "ours", peers)
    row["note"] = "for information: ours hashes by Argon2id, the peer by scrypt, and the hash is most of the work"
