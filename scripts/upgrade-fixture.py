#!/usr/bin/env python3
"""Makes a small installation with a program, and writes it down as SQL: what a later version has to upgrade in place.

    scripts/test-servers.sh run scripts/upgrade-fixture.py PROGRAM Tests/Fixtures/NAME

Run it with the program of a version that is released, before its successor changes a main database. There is one folder
for each engine that holds the main database; users' databases are files in each.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request

PASSWORD = "correct horse battery"
# The key of Tests/UnifyTesting/OlderInstallation.swift.
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
NAME = "user_main_fixture"


class Installation:
    def __init__(self, program, folder, url):
        self.program, self.folder, self.data = program, folder, os.path.join(folder, "data")
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("UNIFY_")}
        self.environment.update(MULTI_TENANT_MODE="true", UNIFY_DATA_DIR=self.data, UNIFY_PORT="0")
        if url:
            self.environment["UNIFY_MAIN_DATABASE_URL"] = url
        os.makedirs(self.data, 0o700)
        key = os.path.join(self.data, "master.key")
        with open(os.open(key, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            file.write(KEY + "\n")

    def run(self, *arguments):
        subprocess.run([self.program, *arguments], env=self.environment, cwd=self.folder, input=PASSWORD + "\n",
                       text=True, check=True, stdout=subprocess.DEVNULL)

    def serve(self):
        self.log = open(os.path.join(self.folder, "log"), "w+")
        self.server = subprocess.Popen([self.program, "serve"], env=self.environment, cwd=self.folder,
                                       stdout=self.log, stderr=self.log)
        for _ in range(600):
            with open(self.log.name) as file:
                found = re.search(r"url=(http://127\.0\.0\.1:\d+)", file.read())
            if found:
                self.url = found[1]
                return
            time.sleep(0.1)
        sys.exit("the server did not start")

    def stop(self):
        self.server.send_signal(signal.SIGTERM)
        self.server.wait()

    def post(self, path, body, token=None):
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), method="POST")
        request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", "Bearer " + token)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def sign_in(self, name):
        return self.post("/api/login", {"username": name, "password": PASSWORD})["token"]


def fill(installation):
    create = ("user", "create", "--password-stdin")
    installation.run(*create, "--username", "ada", "--email", "ada@example.org", "--admin")
    for name in ("bob", "cyd", "dan", "eve"):
        installation.run(*create, "--username", name, "--email", f"{name}@example.org")
    installation.serve()
    token = installation.sign_in("bob")
    installation.post("/api/tasks", {"title": "Buy milk", "due_date": "2030-01-02T03:04:05Z", "priority": 2}, token)
    installation.post("/api/tasks", {"title": "Übung macht den Meister", "description": "it's \"quoted\""}, token)
    installation.post("/api/notes", {"title": "A note", "body": "first line\nsecond line"}, token)
    installation.post("/api/events", {"title": "Dinner", "starts_at": "2030-05-06T18:00:00Z",
                                      "ends_at": "2030-05-06T20:00:00Z", "location": "Home"}, token)
    installation.post("/api/tasks", {"title": "Cyd's task"}, installation.sign_in("cyd"))
    installation.stop()
    installation.run("user", "suspend", "cyd")
    installation.run("user", "delete", "dan", "--yes")
    installation.run("user", "delete", "eve", "--yes")
    installation.run("user", "purge", "eve", "--now", "--yes")


def sql_of(path):
    with sqlite3.connect(path) as database:
        lines = [line for line in database.iterdump()]
    database.close()
    return "\n".join(lines) + "\n"


def write_down(installation, target):
    """Every file of the data directory, databases as SQL; the key is the test's own."""
    for folder, _, names in os.walk(installation.data):
        for name in names:
            path = pathlib.Path(folder, name)
            if path.suffix in (".db-wal", ".db-shm") or name == "master.key" or name.endswith((".lock", ".log")):
                continue
            place = target / "data" / path.relative_to(installation.data)
            place.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".db":
                place.with_suffix(".db.sql").write_text(sql_of(path))
            else:
                place.write_text(path.read_text())


def server(kind):
    found = re.fullmatch(r"\w+://(.+):(.+)@(.+):(\d+)", os.environ[f"UNIFY_TEST_{kind.upper()}_ADMIN_URL"])
    return found.groups()


def dump(kind):
    login, password, host, port = server(kind)
    if kind == "postgresql":
        command = ["pg_dump", "-h", host, "-p", port, "-U", login, "--inserts", "--no-owner", "--no-privileges",
                   "--no-comments", NAME]
    else:
        command = ["mariadb-dump", "-h", host, "-P", port, "-u", login, "--skip-comments", "--skip-extended-insert",
                   "--skip-add-locks", NAME]
    environment = dict(os.environ, PGPASSWORD=password, MYSQL_PWD=password)
    text = subprocess.run(command, env=environment, capture_output=True, check=True).stdout.decode()
    # Comments, and commands that an older client does not know.
    return re.sub(r"^(--.*|\\(un)?restrict .*|/\*M!999999.*|)\n", "", text, flags=re.MULTILINE)


def main():
    program, target = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2])
    for kind in ("sqlite", "postgresql", "mysql"):
        url = None if kind == "sqlite" else os.environ[f"UNIFY_TEST_{kind.upper()}_URL"] + "/" + NAME
        with tempfile.TemporaryDirectory() as folder:
            installation = Installation(program, folder, url)
            fill(installation)
            shutil.rmtree(target / kind, ignore_errors=True)
            write_down(installation, target / kind)
            if url:
                (target / kind / "main.sql").write_text(dump(kind))


if __name__ == "__main__":
    main()
