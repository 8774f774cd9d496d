"""The configurations of nginx and HAProxy in docs/operations.md, run as they are written there.

Only ports, addresses and the paths of certificates are others. Needs nginx and haproxy."""

import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/Browser"))
from server import PASSWORD, Server  # noqa: E402

HOST = "unify.example.org"
ORIGIN = f"https://{HOST}"
SECONDS = 10
SESSION = "__Host-unify_session"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def documented(language):
    """The one block of that language on the page."""
    blocks = re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs/operations.md").read_text(), re.S)
    assert len(blocks) == 1, f"{len(blocks)} blocks of {language}"
    return blocks[0]


def substituted(text, *pairs):
    """Each must occur: a configuration that is written otherwise is not what this test thinks it is."""
    for old, new in pairs:
        assert old in text, f"the configuration has no {old!r}"
        text = text.replace(old, new)
    return text


class Connection(http.client.HTTPSConnection):
    """From an address of the loopback to the proxy, by the name that its certificate has."""

    def __init__(self, port, source):
        super().__init__(HOST, port, timeout=SECONDS, context=ssl._create_unverified_context())
        self.source = source

    def connect(self):
        plain = socket.create_connection(("127.0.0.1", self.port), SECONDS, (self.source, 0))
        self.sock = self._context.wrap_socket(plain, server_hostname=HOST)


class Cases:
    """What both proxies must do."""

    def make_proxy(self, folder, server_port):
        """Writes the configuration and returns the command that runs it."""
        raise NotImplementedError

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="unify-proxy-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        os.chmod(cls.folder, 0o755)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}",
             "-keyout", "key.pem", "-out", "fullchain.pem"], cwd=cls.folder, check=True, capture_output=True)
        pair = "".join((cls.folder / name).read_text() for name in ("fullchain.pem", "key.pem"))
        (cls.folder / "unify.pem").write_text(pair)
        cls.operations_port = free_port()
        cls.server = Server(UNIFY_PUBLIC_URL=ORIGIN, UNIFY_TRUSTED_PROXIES="127.0.0.1",
                            UNIFY_OPERATIONS_PORT=str(cls.operations_port))
        cls.addClassCleanup(cls.server.stop)
        cls.root = cls.server.make_administrator()
        cls.plain_port, cls.port = free_port(), free_port()
        command = cls.make_proxy(cls, cls.folder, cls.server.address.rsplit(":", 1)[1].strip("/"))
        cls.log = open(cls.folder / "log", "wb")
        cls.addClassCleanup(cls.log.close)
        cls.proxy = subprocess.Popen(command, stdout=cls.log, stderr=cls.log)
        cls.addClassCleanup(cls.end_proxy)
        cls.await_proxy()

    @classmethod
    def end_proxy(cls):
        cls.proxy.terminate()
        try:
            cls.proxy.wait(SECONDS)
        except subprocess.TimeoutExpired:
            cls.proxy.kill()
            cls.proxy.wait()

    @classmethod
    def await_proxy(cls):
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline and cls.proxy.poll() is None:
            try:
                if cls.ask(cls, "GET", "/openapi.yaml").status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise RuntimeError("The proxy did not start:\n" + (cls.folder / "log").read_text())

    def ask(self, method, path, body=None, source="127.0.0.2", **headers):
        connection = Connection(self.port, source)
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            fields["Content-Type"] = "application/json"
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in {"Host": HOST, "Content-Length": str(len(body or b"")), **fields}.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        answer.text = answer.read().decode()
        connection.close()
        return answer

    def sign_in(self, name, password, source, **headers):
        body = json.dumps({"username": name, "password": password}).encode()
        return self.ask("POST", "/api/login", body, source, **headers)

    def test_signing_in_sets_the_cookie_of_this_host_alone(self):
        answer = self.sign_in("root", PASSWORD, "127.0.0.2")
        self.assertEqual(answer.status, 200, answer.text)
        cookie = answer.getheader("Set-Cookie")
        self.assertTrue(cookie.startswith(f"{SESSION}="), cookie)
        for attribute in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
            self.assertIn(attribute, cookie)
        me = self.ask("GET", "/api/me", Cookie=cookie.split(";")[0])
        self.assertEqual(me.status, 200)
        self.assertEqual(me.getheader("Strict-Transport-Security"), "max-age=31536000")

    def test_a_form_signs_in_from_its_own_origin_alone(self):
        for origin, status in ((ORIGIN, 303), ("https://evil.example", 403), (f"http://{HOST}", 403)):
            connection = Connection(self.port, "127.0.0.5")
            connection.request("POST", "/sign-in", f"username=root&password={PASSWORD.replace(' ', '+')}",
                               {"Host": HOST, "Origin": origin, "Content-Type": "application/x-www-form-urlencoded"})
            self.assertEqual(connection.getresponse().status, status, origin)
            connection.close()

    def test_clients_are_counted_apart_whatever_they_write(self):
        user = self.server.register()
        for number in range(10):
            answer = self.sign_in(user.name, "wrong password here", "127.0.0.3",
                                  X_Forwarded_For=f"198.51.100.{number}", X_Real_IP=f"198.51.100.{number}",
                                  Forwarded=f"for=198.51.100.{number}")
            self.assertEqual(answer.status, 401, answer.text)
        answer = self.sign_in(user.name, "wrong password here", "127.0.0.3", X_Forwarded_For="203.0.113.1")
        self.assertEqual((answer.status, json.loads(answer.text)["code"]), (429, "too_many_tries"))
        self.assertEqual(self.sign_in(user.name, PASSWORD, "127.0.0.4").status, 200, "another client is let in")

    def test_the_operators_routes_are_closed(self):
        for route in ("metrics", "readyz", "healthz"):
            for path in (f"/{route}", f"/{route}/", f"//{route}", f"/./{route}", f"/x/../{route}", f"/{route}?x",
                         f"/%{ord(route[0]):02x}{route[1:]}", f"/%2e/{route}", f"/%2f{route}", f"/{route}%2f", f"/{route}/x",
                         f"/{route}%00", f"/;/{route}", f"/{route};x", f"/{route.upper()}"):
                answer = self.ask("GET", path)
                self.assertIn(answer.status, (400, 403, 404), path)
                self.assertNotIn("unify_http", answer.text)
                self.assertNotIn('"status":"', answer.text, path)
        plain = http.client.HTTPConnection("127.0.0.1", self.operations_port, timeout=SECONDS)
        plain.request("GET", "/metrics")
        self.assertEqual(plain.getresponse().status, 200, "the control: they are answered elsewhere")
        plain.close()

    def test_a_rule_for_a_path_is_not_got_round(self):
        for path in ("/api//login", "/api/login/", "//api/login"):
            self.assertEqual(self.ask("POST", path, b"{}").status, 404, path)

    def test_plain_http_leads_to_tls(self):
        plain = http.client.HTTPConnection("127.0.0.1", self.plain_port, timeout=SECONDS)
        plain.request("GET", "/tasks?x=1", headers={"Host": HOST})
        answer = plain.getresponse()
        self.assertEqual((answer.status, answer.getheader("Location")), (301, f"{ORIGIN}/tasks?x=1"))
        plain.close()

    def test_another_host_is_not_answered(self):
        answer = self.ask("GET", "/openapi.yaml", Host="evil.example")
        self.assertIn(answer.status, (400, 403, 404, 421))
        self.assertNotIn("openapi:", answer.text)

    def test_a_large_body_stops_at_the_proxy(self):
        connection = Connection(self.port, "127.0.0.2")
        connection.putrequest("POST", "/api/login")
        connection.putheader("Content-Length", str(5 * 1024 * 1024))
        connection.endheaders()
        self.assertEqual(connection.getresponse().status, 413)
        connection.close()

    def test_events_come_as_they_happen(self):
        connection = Connection(self.port, "127.0.0.2")
        connection.request("GET", "/admin/console/live/overview",
                           headers={"Host": HOST, "Accept": "text/event-stream", "Cookie": f"{SESSION}={self.root.token}"})
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200)
        started = time.monotonic()
        text = ""
        while "id: 1\n" not in text:
            text += answer.readline().decode()
            self.assertLess(time.monotonic() - started, SECONDS)
        connection.close()


class NginxTests(Cases, unittest.TestCase):
    def make_proxy(self, folder, server_port):
        text = substituted(
            documented("nginx"), ("listen 80 ", f"listen 127.0.0.1:{self.plain_port} "),
            ("listen 443 ", f"listen 127.0.0.1:{self.port} "), ("127.0.0.1:5000", f"127.0.0.1:{server_port}"),
            ("/etc/ssl/unify", str(folder)))
        (folder / "unify.conf").write_text(text)
        paths = "".join(f"{name}_temp_path {folder}/{name};\n"
                        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (folder / "nginx.conf").write_text(
            f"daemon off;\nworker_processes 1;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\n"
            f"http {{\naccess_log off;\n{paths}include {folder}/unify.conf;\n}}\n")
        return ["/usr/sbin/nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]


class HAProxyTests(Cases, unittest.TestCase):
    def make_proxy(self, folder, server_port):
        text = substituted(
            documented("haproxy"), ("bind :80\n", f"bind 127.0.0.1:{self.plain_port}\n"),
            ("bind :443 ", f"bind 127.0.0.1:{self.port} "), ("127.0.0.1:5000", f"127.0.0.1:{server_port}"),
            ("/etc/haproxy/unify.pem", str(folder / "unify.pem")))
        (folder / "haproxy.cfg").write_text(text)
        return ["/usr/sbin/haproxy", "-db", "-f", str(folder / "haproxy.cfg")]


if __name__ == "__main__":
    unittest.main()
