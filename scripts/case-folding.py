#!/usr/bin/env python3
"""Makes Sources/Tenancy/Values/CaseFolding+Runs.swift: which letters differ by their case alone.

    apt-get install unicode-data
    python3 scripts/case-folding.py < /usr/share/unicode/CaseFolding.txt > Sources/Tenancy/Values/CaseFolding+Runs.swift

The mappings are those of simple case folding (status C and S of CaseFolding.txt, The Unicode Standard, section 5.18): a letter
for a letter. Not those for Turkic alone, nor those that make two letters of one.
"""

import re
import sys

LINE = re.compile(r"([0-9A-F]+); [CS]; ([0-9A-F]+);")


def runs(mappings: list[tuple[int, int]]) -> list[tuple[int, int, int, int]]:
    """First, last, step and difference of neighbours that are folded alike."""
    found = []
    while mappings:
        difference = mappings[0][1] - mappings[0][0]
        lengths = {}
        for step in (1, 2):
            count = 1
            while count < len(mappings) and mappings[count] == (
                mappings[0][0] + step * count,
                mappings[0][0] + step * count + difference,
            ):
                count += 1
            lengths[step] = count
        step = max(lengths, key=lambda key: lengths[key])
        found.append((mappings[0][0], mappings[lengths[step] - 1][0], step, difference))
        mappings = mappings[lengths[step] :]
    return found


def main() -> None:
    text = sys.stdin.read()
    version = re.search(r"CaseFolding-([0-9.]+)\.txt", text).group(1)
    mappings = [(int(a, 16), int(b, 16)) for a, b in LINE.findall(text)]
    numbers = [", ".join(f"{number}" for number in run) for run in runs(mappings)]
    lines, line = [], "       "
    for group in numbers:
        if len(line) + len(group) + 2 > 118:
            lines.append(line)
            line = "       "
        line += f" {group},"
    print("extension CaseFolding {")
    print(f"    /// First, last, step and difference, by scripts/case-folding.py from Unicode {version}.")
    print("    // swift-format-ignore")
    print("    static let runs: [Int32] = [")
    print("\n".join(lines + [line]))
    print("    ]\n}")


main()
