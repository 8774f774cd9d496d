"""Runs what README and docs show: every block of shell, and the example of the library.

The blocks of one file run in one shell, in order, in an empty folder beside a running server, as a reader would run them.
A line of JSON in a comment is what the command before it prints; `…` in it stands for anything. What cannot be run here
is in NOT_RUN, with the reason.
"""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILT = ROOT / ".build" / "debug"
FILES = ["README.md", "CONTRIBUTING.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
# By file and the first line of the block.
NOT_RUN = {
    ("README.md", "make run     #"): "this is how the tests are run",
    ("README.md", "unify server add pg1"): "the host is an example; ServerRightsTests add servers",
    ("CONTRIBUTING.md", "make build CONFIG=debug"): "this is how the tests are run",
    ("docs/engines.md", "unify server add pg1"): "the host is an example; ServerRightsTests add servers",
    ("docs/engines.md", "UNIFY_ATTACH_HOSTS=db7"): "the host is an example; AttachCommandTests attach databases",
    ("docs/engines.md", "UNIFY_MAIN_DATABASE_URL='postgresql://"): "the host is an example; the tests' servers use the rest",
    ("docs/engines.md", "unify server add ms1"): "there is no SQL Server here",
    ("docs/operations.md", "unify server show pg1"): "the host is an example; ServerCommandTests run these commands",
    ("docs/operations.md", "unify job pause 12"): "there is no such job; JobCommandTests run these commands",
    ("docs/operations.md", "systemd-run --pty"): "there is no systemd in a container",
    ("docs/operations.md", "UNIFY_PUBLIC_URL=https"): "lines of .env; Tests/Proxies run the server with them",
}


def blocks(file, language):
    text = (ROOT / file).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def reason_not_to_run(file, block):
    return next((why for (name, start), why in NOT_RUN.items() if name == file and block.startswith(start)), None)


def pattern(line):
    """What a line of JSON in a comment says of a line of output; numbers of bytes differ from machine to machine."""
    text = re.escape(line.removeprefix("# ")).replace("…", ".*")
    return re.sub(r'("size_bytes":)\d+', r"\1\\d+", text)


class Server:
    """A server in an empty folder, as `make run` starts it, but for the port."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="unify-snippets.")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        names = {name: value for name, value in os.environ.items() if not name.startswith("UNIFY_")}
        self.environment = {**names, "PATH": f"{BUILT}:{names['PATH']}", "MULTI_TENANT_MODE": "true"}
        self.process = subprocess.Popen(
            ["unify", "serve", "--port", self.url.rsplit(":", 1)[1]], cwd=self.folder, env=self.environment,
            stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/healthz").close()
                return self
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(40)
        shutil.rmtree(self.folder)

    def run(self, script):
        script = script.replace("http://127.0.0.1:5000", self.url).replace(".build/release/unify", "unify")
        return subprocess.run(
            ["sh", "-eu", "-c", script], cwd=self.folder, env=self.environment, capture_output=True, text=True,
            timeout=60, check=False)


class SnippetTests(unittest.TestCase):
    def test_every_shell_block_runs(self):
        for file in FILES:
            script = [block for block in blocks(file, "sh") if not reason_not_to_run(file, block)]
            if not script:
                continue
            with self.subTest(file=file), Server() as server:
                register = "" if file == "README.md" else self.someone()
                done = server.run(register + "".join(script))
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                for line in "".join(script).splitlines():
                    if line.startswith("# {"):
                        self.assertTrue(re.search(pattern(line), done.stdout), f"{line}\nis not in\n{done.stdout}")

    @staticmethod
    def someone():
        """A user ada and a folder for copies, which the pages take for granted."""
        return (
            "mkdir -p backup\n"
            "curl -sf http://127.0.0.1:5000/api/register -H 'Content-Type: application/json' -o registered -d "
            '\'{"username": "ada", "email": "ada@example.org", "password": "correct horse battery"}\'\n')

    def test_what_is_not_run_is_there(self):
        for file, start in NOT_RUN:
            with self.subTest(file=file, start=start):
                self.assertTrue(any(block.startswith(start) for block in blocks(file, "sh")))

    def test_the_library_example_is_the_readmes_and_runs(self):
        source = (ROOT / "Examples" / "Library" / "Example.swift").read_text()
        self.assertEqual([source], [block for file in FILES for block in blocks(file, "swift")])
        done = subprocess.run([BUILT / "library-example"], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((done.stdout, done.returncode), ('["Hello"]\n', 0), done.stderr)


if __name__ == "__main__":
    unittest.main()
