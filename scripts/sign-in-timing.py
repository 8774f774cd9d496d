#!/usr/bin/env python3
"""Measures whether the time of a refused sign-in tells that a name exists.

    scripts/with-server.sh scripts/sign-in-timing.py

Signs in with a wrong password in turns as users who exist and as users who do not, each name once, and prints the medians and
their ratio. Fails where the ratio is outside 0.8 to 1.25: without the decoy hash it is above 10.
"""
import json, os, statistics, sys, time, urllib.error, urllib.request

URL = os.environ["UNIFY_URL"]
COUNT = 100


def post(path, body):
    request = urllib.request.Request(URL + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        return urllib.request.urlopen(request).status
    except urllib.error.HTTPError as error:
        return error.code


def timed(name):
    started = time.perf_counter()
    status = post("/api/login", {"username": name, "password": "a wrong password"})
    if status != 401:
        sys.exit(f"signing in gave {status}")
    return (time.perf_counter() - started) * 1000


for number in range(COUNT):
    name = f"known{number}"
    if post("/api/register", {"username": name, "email": f"{name}@example.org", "password": "correct horse"}) != 201:
        sys.exit("registering failed")
known, unknown = [], []
for number in range(COUNT):
    known.append(timed(f"known{number}"))
    unknown.append(timed(f"other{number}"))
ratio = statistics.median(known) / statistics.median(unknown)
print(f"sign-in refused: {statistics.median(known):.2f} ms for names that exist, "
      f"{statistics.median(unknown):.2f} ms for others, ratio {ratio:.3f}")
if path := os.environ.get("UNIFY_PROVE_REPORT"):
    with open(path, "a") as report:
        report.write(f"time of refused sign-ins\tsign-ins timed\t{2 * COUNT}\n")
        report.write(f"time of refused sign-ins\tknown to unknown names, per cent\t{round(ratio * 100)}\n")
sys.exit(0 if 0.8 <= ratio <= 1.25 else 1)
