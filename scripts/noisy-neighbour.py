#!/usr/bin/env python3
"""Measures what one user at full blast does to the others: their latency with and without that user, in turns.

    scripts/noisy-neighbour.py [--rounds 5] [--seconds 5] [--connections 64] [--unify .build/release/unify]

Prints the median over the rounds of the others' p50 and p99 in milliseconds, quiet and under blast, and the ratio. The
blasting client (wrk) runs at the lowest priority, so that the measuring one is not itself what waits.

Exits with 1 where the others' p99 grows to more than twice what it is without the blast, or one of their requests fails.
"""
import argparse, asyncio, json, os, random, statistics, subprocess, sys, tempfile, time, urllib.request

PASSWORD = "correct horse battery"
LUA = """
local mode, n = os.getenv("BLAST"), 0
wrk.headers["Authorization"] = "Bearer " .. os.getenv("BLAST_TOKEN")
request = function()
    n = n + 1
    if mode == "write" or (mode == "mixed" and n % 4 == 0) then
        wrk.headers["Content-Type"] = "application/json"
        return wrk.format("POST", "/api/tasks", nil, '{"title":"blast"}')
    end
    return wrk.format("GET", "/api/tasks?limit=200")
end
"""


def post(port, path, body, token=None):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), headers)
    return json.load(urllib.request.urlopen(request))


def register(port, name):
    body = {"username": name, "email": f"{name}@example.org", "password": PASSWORD}
    return post(port, "/api/register", body)["token"]


async def other(port, token, until, pause, latencies, failures):
    """One of the others: a request now and then, three of four of them for reading."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    number = 0
    await asyncio.sleep(random.random() * pause)
    while time.monotonic() < until:
        number += 1
        if number % 4 == 0:
            body = '{"title":"quiet"}'
            head = f"POST /api/tasks HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        else:
            body, head = "", "GET /api/tasks?limit=20 HTTP/1.1\r\n"
        started = time.monotonic()
        writer.write(f"{head}Host: x\r\nAuthorization: Bearer {token}\r\n\r\n{body}".encode())
        answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(answer.split("content-length: ")[1].split("\r\n")[0])
        await reader.readexactly(length)
        latencies.append(time.monotonic() - started)
        if answer.split()[1] not in ("200", "201"):
            failures.append(answer.split()[1])
        await asyncio.sleep(pause * (0.5 + random.random()))
    writer.close()


async def measure(port, tokens, seconds, pause):
    latencies, failures = [], []
    until = time.monotonic() + seconds
    await asyncio.gather(*(other(port, token, until, pause, latencies, failures) for token in tokens))
    latencies.sort()
    share = lambda part: latencies[min(len(latencies) - 1, int(len(latencies) * part))] * 1000
    return share(0.5), share(0.99), len(latencies), failures


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=float, default=5)
    options.add_argument("--connections", type=int, default=64)
    options.add_argument("--others", type=int, default=20)
    options.add_argument("--blast", choices=["read", "write", "mixed"], default="mixed")
    options.add_argument("--max-ratio", type=float, default=2, help="of the others' p99, with and without the blast")
    options.add_argument("--unify", default=".build/release/unify")
    options = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if name != "UNIFY_PROVE_REPORT"} | {
            "UNIFY_DATA_DIR": folder, "UNIFY_PORT": "0", "MULTI_TENANT_MODE": "true", "UNIFY_LOG_LEVEL": "notice"
        }
        log = open(f"{folder}/log", "w+")
        server = subprocess.Popen(
            [options.unify, "serve"], env=environment, stdout=log,
            stderr=log)
        try:
            port = None
            for _ in range(200):
                time.sleep(0.05)
                text = open(f"{folder}/log").read()
                if "url=http://127.0.0.1:" in text:
                    port = int(text.split("url=http://127.0.0.1:")[1].split()[0].rstrip("/"))
                    break
            if port is None:
                sys.exit("The server did not start: " + open(f"{folder}/log").read())
            blaster = register(port, "blaster")
            for number in range(200):
                post(port, "/api/tasks", {"title": f"task {number}"}, blaster)
            tokens = [register(port, f"user{number}") for number in range(options.others)]
            lua = f"{folder}/blast.lua"
            open(lua, "w").write(LUA)
            asyncio.run(measure(port, tokens, 2, 0.02))
            found = {"quiet": [], "blast": []}
            requests = failed = 0
            for _ in range(options.rounds):
                found["quiet"].append(asyncio.run(measure(port, tokens, options.seconds, 0.05)))
                wrk = subprocess.Popen(
                    ["nice", "-n", "19", "wrk", "-t1", f"-c{options.connections}", f"-d{int(options.seconds) + 3}s",
                     "-s", lua, f"http://127.0.0.1:{port}"],
                    env=os.environ | {"BLAST": options.blast, "BLAST_TOKEN": blaster}, stdout=subprocess.PIPE,
                    text=True)
                time.sleep(1)
                found["blast"].append(asyncio.run(measure(port, tokens, options.seconds, 0.05)))
                output = wrk.communicate()[0]
                requests += int(output.split(" requests in")[0].split()[-1])
                if "Non-2xx" in output:
                    failed += int(output.split("Non-2xx or 3xx responses: ")[1].split()[0])
            for name in found:
                print(f"{name}: p50 {statistics.median(r[0] for r in found[name]):.2f} ms, "
                      f"p99 {statistics.median(r[1] for r in found[name]):.2f} ms, "
                      f"requests {sum(r[2] for r in found[name])}, refused {sum(len(r[3]) for r in found[name])}")
            ratio = [statistics.median(r[i] for r in found["blast"]) / statistics.median(r[i] for r in found["quiet"])
                     for i in (0, 1)]
            refused = [status for rounds in found.values() for r in rounds for status in r[3]]
            print(f"the blasting user: {requests} requests, {failed} refused")
            print(f"ratio: p50 {ratio[0]:.2f}, p99 {ratio[1]:.2f}")
            if path := os.environ.get("UNIFY_PROVE_REPORT"):
                with open(path, "a") as report:
                    report.write(f"one user at full blast\trequests of that user\t{requests}\n")
                    report.write(f"one user at full blast\tothers' p99, per cent of quiet\t{round(ratio[1] * 100)}\n")
                    report.write(f"one user at full blast\trequests of others refused\t{len(refused)}\n")
        finally:
            server.terminate()
            server.wait()
    faults = []
    if refused:
        faults.append(f"{len(refused)} requests of the others failed: {sorted(set(refused))}.")
    if ratio[1] > options.max_ratio:
        faults.append(f"The others' p99 is {ratio[1]:.2f} times as long under blast; {options.max_ratio:g} is the bound.")
    if requests == 0:
        faults.append("The blasting user sent nothing.")
    return "\n".join(faults) or None


sys.exit(main())
