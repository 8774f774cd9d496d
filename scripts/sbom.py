"""Prints the bill of materials of this build as CycloneDX 1.6, JSON. Run it by scripts/sbom.sh."""
import datetime
import glob
import json
import os
import re
import subprocess
import sys
import uuid

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
# The libraries that the program is linked to, or loads.
LIBRARIES = ["libsqlite3-0", "libsodium23", "libpq5", "libmariadb3", "libodbc2", "libqrencode4", "tdsodbc"]
# What a licence's text is known by, the most special first.
LICENCES = [("Apache-2.0", r"Apache License\s+Version 2\.0"), ("MIT", r"Permission is hereby granted, free of charge"),
            ("BSD-3-Clause", r"Neither the name"), ("ISC", r"Permission to use, copy, modify, and(/or)? distribute")]
# How a licence is called in Debian's copyright files, where it has another name in SPDX.
DEBIAN = {"public-domain": None, "LGPL-2+": "LGPL-2.0-or-later", "LGPL-2.1+": "LGPL-2.1-or-later",
          "LGPL-2.1": "LGPL-2.1-only", "GPL-2+": "GPL-2.0-or-later", "GPL-2": "GPL-2.0-only",
          "GPL-3+": "GPL-3.0-or-later", "BSD-3-clause": "BSD-3-Clause", "BSD-2-clause": "BSD-2-Clause",
          "Expat": "MIT", "ISC": "ISC", "PostgreSQL": "PostgreSQL", "zlib": "Zlib"}


def output_of(*command):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def read(path):
    with open(path, errors="replace") as file:
        return file.read()


def component(kind, name, version, purl, licences=(), **more):
    entry = {"type": kind, "bom-ref": purl, "name": name, "version": version, "purl": purl, **more}
    if licences:
        entry["licenses"] = [{"license": licence} for licence in licences]
    return entry


def licence_of(folder):
    """The licence of a package's sources, by its text."""
    for path in sorted(glob.glob(os.path.join(folder, "LICEN[CS]E*"))):
        text = read(path)
        found = next((name for name, pattern in LICENCES if re.search(pattern, text)), None)
        if found:
            return [{"id": found}]
    return []


def swift_packages():
    path = os.path.join(ROOT, "Package.resolved")
    if not os.path.exists(path):
        sys.exit("Package.resolved is missing. Run: swift package resolve")
    for pin in json.loads(read(path))["pins"]:
        place = re.sub(r"^https://|\.git$", "", pin["location"])
        state = pin["state"]
        version = state.get("version", state["revision"])
        yield component(
            "library", pin["identity"], version, f"pkg:swift/{place}@{version}",
            licence_of(os.path.join(ROOT, ".build/checkouts", os.path.basename(place))), scope="required",
            externalReferences=[{"type": "vcs", "url": pin["location"]}],
            properties=[{"name": "unify:revision", "value": state["revision"]}])


def debian_licences(package):
    """The licences that Debian's copyright file names; those of its packaging among them."""
    path = f"/usr/share/doc/{package}/copyright"
    if not os.path.exists(path):
        return []
    names = sorted(set(re.findall(r"^License: *(\S+) *$", read(path), re.MULTILINE)))
    known = {DEBIAN.get(name) or (name if name in DEBIAN.values() else None) for name in names} - {None}
    others = [name for name in names if not DEBIAN.get(name) and name not in known]
    return [{"id": name} for name in sorted(known)] + [{"name": name} for name in others]


def debian_packages():
    for package in LIBRARIES:
        try:
            version, architecture = output_of("dpkg-query", "-W", "-f=${Version} ${Architecture}", package).split()
        except (OSError, subprocess.CalledProcessError):
            print(f"{package} is not installed, and is left out.", file=sys.stderr)
            continue
        yield component(
            "library", package, version, f"pkg:deb/debian/{package}@{version}?arch={architecture}",
            debian_licences(package), scope="required")


def python_packages():
    """The tools of the tests and of the benchmarks, which are no part of the product."""
    found = {}
    for path in glob.glob(os.path.join(ROOT, "scripts/requirements-*.txt")) + [
            os.path.join(ROOT, "Benchmarks/peers/requirements.txt")]:
        for entry in re.finditer(r"^([A-Za-z0-9._-]+)==(\S+) \\\n((?:    --hash=\S+(?: \\)?\n)+)", read(path), re.MULTILINE):
            name, version, hashes = entry.groups()
            found[f"pkg:pypi/{name}@{version}"] = (name, version, re.findall(r"sha256:([0-9a-f]{64})", hashes))
    for purl, (name, version, hashes) in sorted(found.items()):
        yield component(
            "library", name, version, purl, scope="excluded",
            hashes=[{"alg": "SHA-256", "content": content} for content in hashes],
            properties=[{"name": "cdx:python:package:required-by", "value": "tests"}])


def main():
    version = re.search(r'static let current = "([^"]+)"', read(os.path.join(ROOT, "Sources/UnifyCommands/UnifyCommand.swift")))
    components = [*swift_packages(), *debian_packages(), *python_packages()]
    product = component(
        "application", "unify", version.group(1) if version else "0", "pkg:generic/unify", licence_of(ROOT))
    document = {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{uuid.uuid4()}", "version": 1,
        "metadata": {
            "timestamp": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": product,
            "properties": [{"name": "unify:swift", "value": output_of("swift", "--version").split("\n")[0]}],
        },
        "components": components,
        "dependencies": [
            {"ref": product["bom-ref"],
             "dependsOn": [part["bom-ref"] for part in components if part["scope"] == "required"]},
        ],
    }
    json.dump(document, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
