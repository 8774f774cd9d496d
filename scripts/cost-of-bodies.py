#!/usr/bin/env python3
"""Measures what each kind of body costs the server for a byte, on every route that takes one.

    UNIFY_TRUSTED_PROXIES=127.0.0.1 scripts/with-server.sh scripts/cost-of-bodies.py

Routes of JSON are those of the description, routes of forms those of the pages. The cost is the time that the threads of the
server's process ran. Fails where a kind costs more than 50 times as much a byte as plain text on the same route, or where a
route answered nothing but that there were too many tries, so that nothing was measured. A byte is one that is sent: of a body
in chunks their sizes count too. Each request says that it was
forwarded for another client, since tries are counted.
"""
import http.client, os, re, sys, urllib.parse

SIZE = 256 * 1024
REPEATS = 3
LIMIT = 50
ADDRESS = urllib.parse.urlsplit(os.environ["UNIFY_URL"])
PROCESS = os.environ["UNIFY_SERVER_PID"]
FORMS = ["/sign-in", "/sign-up", "/tasks", "/notes", "/events", "/account/password"]


def filled(unit, before="", after="", join=""):
    """As many units as make a body of the size."""
    count = max(1, (SIZE - len(before) - len(after)) // len((unit + join).encode()))
    return (before + join.join([unit] * count) + after).encode()


def numbered(unit, before, after, join):
    parts, length = [], 0
    while length < SIZE:
        parts.append(unit.format(len(parts)))
        length += len(parts[-1]) + len(join)
    return (before + join.join(parts) + after).encode()


class Chunks(bytes):
    """A body that is sent in chunks, with their sizes in it."""


# Of one byte each, which is a sixth of what is sent.
SMALL_CHUNKS = Chunks(b"1\r\n[\r\n" * (SIZE // 6) + b"0\r\n\r\n")

JSON = {
    "plain": filled("ordinary text ", '{"filler":"', '"}'),
    "nested arrays": filled("["),
    "nested objects": filled('{"a":'),
    "nests of 30": filled("[" * 30 + "]" * 30, "[", "]", ","),
    "empty arrays": filled("[]", "[", "]", ","),
    "zeros": filled("0", "[", "]", ","),
    "fractions": filled("1.2345678901234567e-300", "[", "]", ","),
    "a long number": filled("9"),
    "numbers of 1,000 digits": filled("7" * 1000, "[", "]", ","),
    "numbers of 10,000 digits": filled("7" * 10_000, "[", "]", ","),
    "many members": numbered('"m{}":0', "{", "}", ","),
    "one name twice": filled('"a":0', "{", "}", ","),
    "a long name": filled("n", '{"', '":0}'),
    "names of combining marks": numbered('"{}' + "\u0301\u0323" * 60 + '":0', "{", "}", ","),
    "escapes": filled("\\n", '{"filler":"', '"}'),
    "escaped characters": filled("\\u00e9", '{"filler":"', '"}'),
    "escaped pairs": filled("\\ud83d\\ude00", '{"filler":"', '"}'),
    "halves of pairs": filled("\\ud83d", '{"filler":"', '"}'),
    "escaped NULs": filled("\\u0000", '{"username":"', '"}'),
    "combining marks": filled("\u0301\u0323", '{"title":"a', '"}'),
    "blanks": filled(" ", "{", "}"),
    "invalid UTF-8": b'{"filler":"' + b"\xff" * SIZE + b'"}',
    "chunks of a byte": SMALL_CHUNKS,
}
FORM = {
    "plain": filled("ordinary+text+", "filler="),
    "escapes": filled("%41", "filler="),
    "invalid escapes": filled("%", "", "", "&"),
    "a broken escape": filled("%4", "filler="),
    "one name again": filled("a=1", "", "", "&"),
    "many names": numbered("n{}=1", "", "", "&"),
    "separators": filled("&"),
    "a long name": filled("n"),
    "line ends": filled("%0D%0A", "title="),
    "carriage returns": filled("%0D", "title="),
    "combining marks": filled("%CC%81%CC%A3", "title=a"),
    "NULs": filled("%00", "title=", "", ""),
    "chunks of a byte": SMALL_CHUNKS,
}


def cpu_seconds():
    """What all threads ran so far; utime and stime have too coarse a clock for this."""
    total = 0
    for thread in os.listdir(f"/proc/{PROCESS}/task"):
        try:
            with open(f"/proc/{PROCESS}/task/{thread}/schedstat") as file:
                total += int(file.read().split()[0])
        except (FileNotFoundError, ProcessLookupError):
            pass
    return total / 1e9


def json_routes(description):
    """Method and path of each operation with a body."""
    routes, path, method = [], "", ""
    for line in description.splitlines():
        if found := re.match(r"  (/\S+):$", line):
            path = found[1]
        elif found := re.match(r"    (get|put|post|patch|delete):$", line):
            method = found[1].upper()
        elif line == "      requestBody:":
            routes.append((method, re.sub(r"\{.*?\}", "1", path)))
    return routes


def ask(connection, method, path, body, media, number):
    token = os.environ["UNIFY_TOKEN"] if path.startswith("/admin") else os.environ["UNIFY_USER_TOKEN"]
    headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": f"198.18.{number // 256 % 256}.{number % 256}"}
    if media:
        headers["Content-Type"] = media
    if isinstance(body, Chunks):
        headers["Transfer-Encoding"] = "chunked"
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def costs(method, path, kinds, media, counter):
    """Nanoseconds a byte, by kind, and how they were answered."""
    found = {}
    connection = http.client.HTTPConnection(ADDRESS.hostname, ADDRESS.port, timeout=60)
    for kind, body in kinds.items():
        statuses, started = [], cpu_seconds()
        for _ in range(REPEATS):
            counter[0] += 1
            statuses.append(ask(connection, method, path, body, media, counter[0]))
        found[kind] = ((cpu_seconds() - started) / (REPEATS * len(body)) * 1e9, sorted(set(statuses)))
    connection.close()
    return found


def main():
    connection = http.client.HTTPConnection(ADDRESS.hostname, ADDRESS.port, timeout=60)
    connection.request("GET", "/openapi.yaml")
    description = connection.getresponse().read().decode()
    routes = [(*route, JSON, "application/json") for route in json_routes(description)]
    routes += [("POST", path, FORM, "application/x-www-form-urlencoded") for path in FORMS]
    if len(routes) < 15:
        sys.exit(f"only {len(routes)} routes with a body were found")
    counter, faults, worst = [0], [], (0, "")
    print(f"{'route':42} {'plain ns/B':>10} {'worst':>6}  of which kind")
    for method, path, kinds, media in routes:
        costs(method, path, {"plain": kinds["plain"]}, media, counter)
        found = costs(method, path, kinds, media, counter)
        plain = found["plain"][0]
        kind, ratio = max(((kind, cost / plain) for kind, (cost, _) in found.items()), key=lambda pair: pair[1])
        print(f"{method + ' ' + path:42} {plain:10.2f} {ratio:6.1f}  {kind}")
        worst = max(worst, (ratio, f"{kind} on {method} {path}"))
        faults += [f"{method} {path}, {kind}: {cost / plain:.0f} times as much as plain text"
                   for kind, (cost, _) in found.items() if cost > LIMIT * plain]
        if any(statuses == [429] for _, statuses in found.values()):
            faults.append(f"{method} {path}: nothing was read, there were too many tries")
        if any(status >= 500 for _, statuses in found.values() for status in statuses):
            faults.append(f"{method} {path}: an answer of the kind 5xx: {found}")
    print(f"{counter[0]} bodies of {SIZE // 1024} KiB; the worst is {worst[1]}, {worst[0]:.1f} times as much as plain text.")
    if path := os.environ.get("UNIFY_PROVE_REPORT"):
        with open(path, "a") as report:
            report.write(f"cost of bodies\tbodies sent\t{counter[0]}\n")
            report.write(f"cost of bodies\tworst kind to plain text, times\t{round(worst[0])}\n")
    for fault in faults:
        print(fault, file=sys.stderr)
    sys.exit(1 if faults else 0)


main()
