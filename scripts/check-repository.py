#!/usr/bin/env python3
"""Fails on files in git that do not belong there, and names them: binary ones, large ones, and unexpected ones at the root.

    scripts/check-repository.py [FOLDER]
"""
import fnmatch
import os
import subprocess
import sys

MAX_BYTES = 400_000
# What the root holds; what else comes there is first written down here.
ROOT = {
    ".ci", ".dockerignore", ".env.example", ".github", ".gitignore", ".swift-format", "Benchmarks", "CHANGELOG.md",
    "CONTRIBUTING.md", "Dockerfile", "Examples", "LICENSE", "Makefile", "NOTICE", "Package.swift", "README.md",
    "SECURITY.md", "Sources", "Tests", "compose.yaml", "deploy", "docs", "scripts",
}
# Binary files that a page shows, and how large one may be.
PICTURES = {"docs/images/*.png": 200_000, "Sources/UnifyApp/Resources/assets/*.png": 50_000,
            "Sources/UnifyApp/Resources/assets/*.ico": 50_000}


def tracked(folder):
    """The paths of all files in git, as they are in the folder or as they are about to be committed."""
    # Whoever runs this may not be the owner of the folder.
    command = ["git", "-c", "safe.directory=*", "-C", folder, "ls-files", "-z"]
    listed = subprocess.run(command, capture_output=True, check=True).stdout
    return [os.fsdecode(path) for path in listed.split(b"\0") if path]


def picture_limit(path):
    return next((limit for pattern, limit in PICTURES.items() if fnmatch.fnmatchcase(path, pattern)), None)


def is_text(content):
    try:
        return "\0" not in content.decode("utf-8")
    except UnicodeDecodeError:
        return False


def faults(folder):
    for path in tracked(folder):
        place = os.path.join(folder, path)
        top = path.split("/")[0]
        if top not in ROOT:
            yield f"{path}: unexpected at the root; move it, or add {top} to ROOT in scripts/check-repository.py"
        if os.path.islink(place):
            target = os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(place)))
            if target.startswith(("/", "..")):
                yield f"{path}: a link that leads out of the repository"
            continue
        if os.path.isdir(place):
            yield f"{path}: another repository inside this one"
            continue
        if not os.path.exists(place):
            continue  # Removed, and not committed yet.
        with open(place, "rb") as file:
            content = file.read()
        limit = picture_limit(path)
        if limit is None and not is_text(content):
            yield f"{path}: binary; build products and downloads do not belong into git"
        if len(content) > (limit or MAX_BYTES):
            yield f"{path}: {len(content)} bytes, at most {limit or MAX_BYTES} may be in git"


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    found = list(faults(folder))
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
