#!/usr/bin/env python3
"""Prints the test suites with a tag, as a filter for `swift test`: scripts/tagged-suites.py proof"""

import pathlib
import re
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1] / "Tests"


def suites(tag):
    """The names of all suites whose `@Suite(…)` has the tag."""
    tagged = re.compile(rf"@Suite\((?:(?!\bstruct\b).)*?\.tags\([^)]*\.{tag}\b.*?\bstruct (\w+)", re.DOTALL)
    return sorted(name for path in TESTS.rglob("*.swift") for name in tagged.findall(path.read_text()))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = suites(re.escape(sys.argv[1]))
    if not found:
        sys.exit(f"No suite has the tag {sys.argv[1]}.")
    print("|".join(f"{name}/" for name in found))
