#!/usr/bin/env python3
"""Plants faults in a copy of the sources and shows which of them the tests notice.

    scripts/mutants.py                    every fault of Tests/Mutants/*.toml
    scripts/mutants.py --only REGEX       those whose id matches
    scripts/mutants.py --trust            without the runs that show that the tests pass without a fault
    scripts/mutants.py --check            only whether every fault still fits the sources; builds nothing

All faults stand in one build, each behind a switch: a fault is on where PLANTED_FAULT has its id. So one build
serves all of them, and processes that a test starts have the fault too. Each fault names the suites that ought to
notice it. They run once without any fault, then once for each fault; where they do not pass without one, their faults
are unsound and count as survivors.

A fault is caught where a test fails. It survives where all of them pass, and also where they only hang: a hang says
nothing of what is wrong. The run fails where more than one fault in twenty survives, or where one no longer fits.
"""

import argparse
import functools
import math
import pathlib
import re
import subprocess
import sys
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / ".build" / "mutants"
SOURCE = WORK / "source"
MAY_SURVIVE = 1 / 20
BASELINE_MINUTES = 15
# A run with a fault that takes so many times as long as the one without it is taken to hang.
HANGS_AFTER = 4
KEYS = {"id", "what", "file", "code", "with", "tests"}

SWITCH = """\
internal import Glibc

/// The fault that is planted in this process. Not a name with UNIFY_: tests keep those from the programs that they start.
enum PlantedFault {
    private static let id = getenv("PLANTED_FAULT").map { String(cString: $0) }

    static func isOn(_ id: String) -> Bool { id == Self.id }
}
"""


def faults():
    """All faults, in the order of the files. Exits where a file is not right."""
    found = []
    for path in sorted((ROOT / "Tests" / "Mutants").glob("*.toml")):
        for fault in tomllib.loads(path.read_text())["fault"]:
            if set(fault) != KEYS:
                sys.exit(f"{path.name}: {fault.get('id', fault)} must have exactly {', '.join(sorted(KEYS))}.")
            found.append(fault)
    ids = [fault["id"] for fault in found]
    twice = {id for id in ids if ids.count(id) > 1}
    if twice:
        sys.exit(f"There twice: {', '.join(sorted(twice))}.")
    return found


def planted(text, fault):
    """The text with the fault behind its switch; None where the code is not there exactly once."""
    if text.count(fault["code"]) != 1:
        return None
    return text.replace(fault["code"], fault["with"].replace("FAULT", f'PlantedFault.isOn("{fault["id"]}")'))


def tracked():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True).stdout
    return [name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()]


def write(path, content):
    """Only where it differs, so that the next build has less to do."""
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def plant(chosen):
    """The changed text of each file that has faults, and the ids of those that no longer fit."""
    texts, misfits = {}, []
    for fault in chosen:
        file = fault["file"]
        if file not in texts and not (ROOT / file).is_file():
            misfits.append(fault["id"])
            continue
        changed = planted(texts.get(file) or (ROOT / file).read_text(), fault)
        if changed is None:
            misfits.append(fault["id"])
        else:
            texts[file] = changed
    return texts, misfits


def copy(texts):
    """Brings the copy of the sources up to date, with these texts in place of their own."""
    names = tracked()
    for name in names:
        target = SOURCE / name
        content = texts[name].encode() if name in texts else (ROOT / name).read_bytes()
        write(target, content)
        target.chmod((ROOT / name).stat().st_mode)
    switches = {f"Sources/{file.split('/')[1]}/PlantedFault.swift" for file in texts}
    for name in switches:
        write(SOURCE / name, SWITCH.encode())
    kept = set(names) | switches
    for path in SOURCE.rglob("*"):
        if path.is_file() and str(path.relative_to(SOURCE)) not in kept and path.suffix == ".swift":
            path.unlink()


def run(command, minutes, fault=None, log=None):
    """Runs a command in the copy. Returns its status and the seconds that it took."""
    began = time.monotonic()
    bounded = ["timeout", "--kill-after=30", f"{minutes}m", "env"]
    bounded += [f"PLANTED_FAULT={fault}"] if fault else []
    with open(log or "/dev/null", "wb") as output:
        status = subprocess.run(
            bounded + command, cwd=SOURCE, stdout=output, stderr=subprocess.STDOUT, check=False).returncode
    return status, time.monotonic() - began


@functools.cache
def program():
    """The tests as `swift test` runs them, without the seconds that it takes to find nothing to build."""
    folder = subprocess.run(
        [options.swift, "build", "--show-bin-path", "--scratch-path", str(WORK / "build")],
        cwd=SOURCE, capture_output=True, text=True, check=True).stdout.strip()
    (tests,) = pathlib.Path(folder).glob("*.xctest")
    return [str(tests), "--testing-library", "swift-testing", "--no-parallel"]


def test(tests, name, fault=None, minutes=BASELINE_MINUTES):
    """What running these suites tells: passed, failed or hung; which tests failed; the seconds."""
    log = WORK / "logs" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    status, seconds = run([*program(), "--filter", tests], minutes, fault, log)
    text = log.read_text(errors="replace")
    if status == 0:
        ran = re.search(r"Test run with (\d+) tests?", text)
        return ("passed" if ran and int(ran[1]) > 0 else "empty"), [], seconds
    failed = sorted(set(re.findall(r"✘ Test \"?([^\"\n]+?)\"? (?:failed|recorded)", text)))
    return ("hung" if status in (124, 137) else "failed"), failed, seconds


@functools.cache
def baseline(tests):
    """How these suites fare without a fault, and the seconds that they take. A failure is tried once more."""
    name = re.sub(r"\W+", "-", tests)
    for _ in range(2):
        outcome, failed, seconds = test(tests, f"without-{name}")
        print(f"{'without':32} {outcome:9} {seconds:4.0f} s  {tests} {', '.join(failed[:3])}", flush=True)
        if outcome == "passed":
            break
    return outcome, seconds


def verdict(fault):
    """What the tests make of a fault, and how to say so."""
    outcome, seconds = ("passed", 0) if options.trust else baseline(fault["tests"])
    if outcome != "passed":
        return "UNSOUND", 0, f"without it {fault['tests']} {outcome}"
    minutes = max(options.minutes, math.ceil(seconds * HANGS_AFTER / 60))
    outcome, failed, seconds = test(fault["tests"], fault["id"], fault["id"], minutes)
    words = {"failed": "caught", "passed": "SURVIVED", "hung": "HUNG", "empty": "NO TESTS"}
    return words[outcome], seconds, ", ".join(failed[:3]) if outcome == "failed" else fault["what"]


def main():
    all_faults = faults()
    texts, misfits = plant(all_faults)
    if misfits:
        sys.exit(f"These faults no longer fit the sources: {', '.join(misfits)}. Write them anew.")
    print(f"{len(all_faults)} faults fit the sources.", flush=True)
    if options.check:
        return
    chosen = [fault for fault in all_faults if re.search(options.only, fault["id"])]
    copy(texts)
    build_log = WORK / "build.log"
    status, seconds = run(
        [options.swift, "build", "--build-tests", "--scratch-path", str(WORK / "build")], 60, log=build_log)
    if status != 0:
        sys.exit(f"The sources with the faults do not build: {build_log}")
    print(f"Built in {seconds:.0f} s.", flush=True)
    survivors = []
    for fault in chosen:
        word, seconds, said = verdict(fault)
        if word != "caught":
            survivors.append(fault)
        print(f"{fault['id']:32} {word:9} {seconds:4.0f} s  {said}", flush=True)
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} faults caught.")
    if len(survivors) > MAY_SURVIVE * len(chosen):
        sys.exit(f"More than one in twenty survive: {', '.join(fault['id'] for fault in survivors)}.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="REGEX", help="only faults whose id matches")
    parser.add_argument("--check", action="store_true", help="only whether the faults still fit the sources")
    parser.add_argument("--trust", action="store_true", help="no runs without faults: all tests have just passed")
    parser.add_argument("--minutes", type=int, default=5, help="the least minutes until tests are taken to hang (5)")
    parser.add_argument("--swift", default="swift", help="the program (swift)")
    options = parser.parse_args()
    main()
