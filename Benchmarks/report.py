"""The report of the benchmarks: the machine, the versions, a table, and the page docs/benchmarks.md."""
import os
import re
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import ROOT, result

BEGIN = "<!-- figures: begin -->"
END = "<!-- figures: end -->"
NEW_PAGE = f"# Benchmarks\n\n{BEGIN}\n{END}\n"
HEADINGS = ["case", "ours", "peer", "ratio", "target", "met"]
SIGNS = {"at_most": "≤", "at_least": "≥"}


# Table

def number(value):
    """Three digits that count, or all before the point."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value else "0"


def spread(figures, unit):
    """The median, and the least and the greatest."""
    median, least, greatest = (number(pick(figures)) for pick in (statistics.median, min, max))
    return f"{median} {unit}" if least == greatest else f"{median} {unit} ({least} to {greatest})"


def held(row, value):
    """What is compared with the target, with its unit: a plain ratio has none."""
    if row["kind"] == "ratio":
        return f"{number(value)}×"
    return f"{'+' if row['kind'] == 'difference' and value > 0 else ''}{number(value)} {row['unit']}"


def has_target(row):
    """A case that nothing could fail to meet is there for information."""
    return (row["relation"], row["target"]) != ("at_least", 0)


def is_met(row):
    if row["relation"] == "at_most":
        return result(row) <= row["target"]
    return result(row) >= row["target"]


def cells(row):
    if "failed" in row:
        return [row["case"], "failed", "", "", "", "failed"]
    peer = f"{row['peer_name']}: {spread(row['peer'], row['unit'])}" if row["peer"] else ""
    target = f"{SIGNS[row['relation']]} {held(row, row['target'])}" if has_target(row) else ""
    verdict = ("met" if is_met(row) else "not met") if has_target(row) else ""
    ratio = "" if row["kind"] == "value" else held(row, result(row))
    return [row["case"], spread(row["ours"], row["unit"]), peer, ratio, target, verdict]


def table(rows):
    lines = [HEADINGS] + [[re.sub(r"\s+", " ", cell).replace("|", "\\|") for cell in cells(row)] for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines)


def remark(row):
    return f"failed: {row['failed']}" if "failed" in row else row.get("note")


def remarks(rows):
    """The notes, and why cases failed, each with the cases that it is about."""
    cases = {}
    for row in rows:
        if text := remark(row):
            cases.setdefault(text, []).append(row["case"])
    return "\n".join(f"- {'; '.join(names)}: {text}." for text, names in cases.items())


# Machine and versions

def output_of(*command):
    """The first line that a program prints, on whichever stream; some fail when asked for their version."""
    try:
        done = subprocess.run(
            [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT)
    except FileNotFoundError:
        return "not installed"
    return next((line.strip() for line in done.stdout.splitlines() if line.strip()), "")


def field(file, name):
    for line in Path(file).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown"


def sync_times(count=200):
    """Milliseconds that fdatasync takes after each of as many writes of a page to a file."""
    times = []
    with tempfile.TemporaryFile() as file:
        for index in range(count):
            start = time.monotonic()
            os.pwrite(file.fileno(), b"x" * 4096, index * 4096)
            os.fdatasync(file.fileno())
            times.append((time.monotonic() - start) * 1e3)
    return sorted(times)


def machine():
    system = os.uname()
    memory = int(field("/proc/meminfo", "MemTotal").split()[0]) * 1024 / 1e9
    file_system = output_of("findmnt", "-n", "-o", "FSTYPE", "-T", tempfile.gettempdir())
    syncs = sync_times()
    return {
        "processor": f"{field('/proc/cpuinfo', 'model name')}, {os.cpu_count()} cores",
        "memory": f"{memory:.0f} GB",
        "system": f"{system.sysname} {system.release}, {system.machine}",
        "disk": f"{file_system}; a page written and synchronised in {statistics.median(syncs):.2f} ms "
                f"(median of {len(syncs)}; 99 of 100 within {syncs[len(syncs) * 99 // 100]:.2f} ms)",
    }


def package_version(venv, name):
    return output_of(venv / "bin/python", "-c", f"from importlib.metadata import version; print(version('{name}'))")


def newest_postgres():
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    return programs[-1] if programs else "postgres"


def versions(venv):
    return {
        "Unify": output_of("git", "describe", "--always", "--dirty"),
        "Swift": output_of("swift", "--version"),
        "SQLite": output_of("pkg-config", "--modversion", "sqlite3"),
        "PostgreSQL": output_of(newest_postgres(), "--version"),
        "MariaDB": output_of("mariadbd", "--version"),
        "PgBouncer": output_of("/usr/sbin/pgbouncer", "--version"),
        "Flask": package_version(venv, "flask"),
        "gunicorn": package_version(venv, "gunicorn"),
        "wrk": output_of("wrk", "-v").split(" Copyright")[0],
    }


# Page

def listed(facts):
    return "\n".join(f"- {name}: {value}" for name, value in facts.items())


def report(rows, rounds, venv, is_quick):
    """What docs/benchmarks.md says between its marks."""
    hasty = "**A quick run, for trying the benchmarks out: its figures mean little.**\n\n" if is_quick else ""
    command = shlex.join(["Benchmarks/bench.py", *sys.argv[1:]])
    return (
        f"{hasty}Measured on {time.strftime('%Y-%m-%d', time.gmtime())} (rounds: {rounds}) by:\n\n    {command}\n\n"
        "Ours and the peer took turns. Each figure is the median over the rounds, with the least and the greatest\n"
        "after it; the ratio is that of the medians.\n\n"
        f"{table(rows)}\n\n{remarks(rows)}\n\nThe machine:\n\n{listed(machine())}\n\n"
        f"Versions:\n\n{listed(versions(venv))}\n")


def write_page(file, text):
    """Replaces what is between the marks, and leaves the rest as it is."""
    page = file.read_text() if file.exists() else NEW_PAGE
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise SystemExit(f"{file} needs one line {BEGIN} and one line {END}")
    head, tail = page.split(BEGIN)[0], page.split(END)[1]
    file.write_text(f"{head}{BEGIN}\n\n{text}\n{END}{tail}")
