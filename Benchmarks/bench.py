#!/usr/bin/env python3
"""Measures Unify beside its peers, and prints how each case compares with its target.

examples:
  make bench                                  everything, and docs/benchmarks.md anew
  Benchmarks/bench.py --part http             the cases over HTTP alone
  Benchmarks/bench.py --only "GET 20 tasks"   the cases whose name holds this
  Benchmarks/bench.py --quick                 a short run, for trying the benchmarks out

Needs .build/release/unify, unify-bench and hello-bench, wrk and pgbouncer. A case that cannot be measured is shown as
failed, and the exit status is then 1; a target that is not met is shown, and is no failure.
"""
import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from pathlib import Path

import http_cases
from harness import ROOT, end_session, tell
from report import report, write_page

BENCH = ROOT / ".build/release/unify-bench"
PAGE = ROOT / "docs/benchmarks.md"
PARTS = ["library", "servers", "http"]


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS, action="append", help="only this part; may be given repeatedly")
    parser.add_argument("--only", metavar="PATTERN", default="", help="only the cases whose name holds this text")
    parser.add_argument("--rounds", type=int, help="how often each case is measured (5; 2 with --quick)")
    parser.add_argument("--fleet", type=int, help="databases in the large fleet (100000; 1000 with --quick)")
    parser.add_argument("--quick", action="store_true", help="short runs and a small fleet")
    parser.add_argument("--report", type=Path, metavar="FILE",
                        help="the page to write the report into; docs/benchmarks.md for a whole run, otherwise none")
    options = parser.parse_args()
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds is a number from 1 on")
    if options.fleet is not None and options.fleet < 1_000:
        parser.error("--fleet is a number from 1000 on")
    return options


def plan_of(options):
    plan = http_cases.Plan()
    if options.quick:
        plan = http_cases.Plan(rounds=2, seconds=1, fleet=1_000, zipf_users=1_000, idle_seconds=5)
    plan.rounds = options.rounds or plan.rounds
    plan.fleet = options.fleet or plan.fleet
    return plan


# Programs

def rows_of_program(name, command):
    """The rows that a program prints, a line of JSON each, and one more where it failed."""
    tell(name)
    rows = []
    try:
        with tempfile.TemporaryFile("w+") as output:
            status, last_words = run_program(command, output)
            output.seek(0)
            for line in output:
                # The script that starts the servers prints lines of its own, which are no rows.
                if line.startswith("{"):
                    rows.append(checked(json.loads(line)))
    except (OSError, ValueError) as error:
        return rows + [failed(name, str(error))]
    return rows + ([failed(name, f"exit status {status}: {last_words}")] if status else [])


def run_program(command, output):
    """Returns the exit status and the last lines of the error stream, all of which are shown."""
    process = subprocess.Popen(
        [str(part) for part in command], stdout=output, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env=os.environ | {"UNIFY_TEST_SERVERS_QUIET": "1"}, start_new_session=True)
    last_words = deque(maxlen=3)
    echo = threading.Thread(target=echo_lines, args=(process.stderr, last_words))
    echo.start()
    try:
        status = process.wait()
    finally:
        # Nothing holds the error stream open afterwards, so that the thread ends as well.
        end_session(process)
        echo.join()
    return status, " ".join(last_words)


def echo_lines(stream, last_words):
    for line in stream:
        tell(f"  {line.rstrip()}")
        last_words.append(line.strip())


def checked(row):
    """A row without the figures that it needs is one of a case that failed."""
    if not row["ours"] or (row["kind"] != "value" and not row["peer"]):
        row["failed"] = "the program gave no figures"
    return row


def failed(name, reason):
    return {"case": name, "failed": reason}


# Parts

def rows_of_library(plan, only):
    command = [BENCH, "library", "--rounds", plan.rounds] + (["--only", only] if only else [])
    return rows_of_program("unify-bench library", command)


def rows_of_servers(plan, only):
    command = ["scripts/test-servers.sh", "run", BENCH, "servers", "--rounds", plan.rounds]
    rows = rows_of_program("unify-bench servers", command)
    return [row for row in rows if only in row["case"] or "failed" in row]


def rows_of_http(plan, only):
    rows = []
    for case in http_cases.all_cases(plan):
        wanted = [row for row in case.rows if only in row["case"]]
        if wanted:
            case.run(plan)
            rows += wanted
    return rows


def rows_of_parts(plan, options):
    measures = {"library": rows_of_library, "servers": rows_of_servers, "http": rows_of_http}
    return [row for part in options.part or PARTS for row in measures[part](plan, options.only)]


def main():
    options = parse_options()
    # Ends what was started before this ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    plan = plan_of(options)
    is_whole = not (options.part or options.only or options.quick)
    page = options.report or (PAGE if is_whole else None)
    rows = rows_of_parts(plan, options)
    if not rows:
        sys.exit("No case has such a name.")
    text = report(rows, plan.rounds, http_cases.VENV, options.quick)
    print(text)
    if page:
        write_page(page, text)
        tell(f"Written into {page}")
    return 1 if any("failed" in row for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
