"""Whether the helpers notice what they are there to notice: each is shown something bad."""

import http.server
import threading
import unittest
import unittest.mock

from harness import PageTest, Server, accessibility_faults, assert_accessible
from test_pages import InlineParser


class ComplaintTests(PageTest):
    def complain(self, script):
        """The browser of a page that runs a script and has been found out."""
        browser = self.browser()
        browser.open("/sign-in")
        browser.assert_only_expected_complaints()
        browser.run(script)
        return browser

    def test_an_error_in_the_console(self):
        browser = self.complain("console.error('bad news')")
        with self.assertRaisesRegex(AssertionError, "bad news"):
            browser.assert_only_expected_complaints()

    def test_a_script_that_fails(self):
        browser = self.complain("setTimeout(() => { window.ran = true; missing() }); setTimeout(() => window.done = 1)")
        browser.wait(lambda: browser.run("return window.done"))
        with self.assertRaisesRegex(AssertionError, "missing is not defined"):
            browser.assert_only_expected_complaints()

    def test_a_breach_of_the_policy(self):
        browser = self.complain("document.body.setAttribute('style', 'color: red')")
        with self.assertRaisesRegex(AssertionError, "CSP violation: style-src-attr inline"):
            browser.assert_only_expected_complaints()

    def test_a_file_of_another_host(self):
        browser = self.complain("new Image().src = 'http://localhost:9/x.png'")
        complaints = []
        browser.wait(lambda: complaints.extend(browser.complaints()) or complaints)
        self.assertIn("CSP violation: img-src", "\n".join(complaints))

    def test_a_complaint_that_was_expected_and_did_not_come(self):
        browser = self.complain("")
        browser.expect_complaint("status of 422")
        with self.assertRaisesRegex(AssertionError, "status of 422"):
            browser.assert_only_expected_complaints()
        browser.reset(self.server)

    def test_a_focus_that_is_lost(self):
        browser = self.complain("document.activeElement.blur()")
        self.assertTrue(browser.has_focus_nowhere())

    def test_a_question_that_nobody_expects(self):
        browser = self.complain("setTimeout(() => confirm('Really?'))")
        with self.assertRaisesRegex(AssertionError, "Really\\?"):
            browser.see("what is not there")

    def test_a_wait_that_is_in_vain_tells_what_is_shown(self):
        browser = self.complain("")
        with unittest.mock.patch("browser.WAIT_SECONDS", 0.1), self.assertRaisesRegex(AssertionError, "New here?"):
            browser.see("what is not there")


class AccessibilityTests(PageTest):
    def faults(self, script):
        browser = self.browser()
        browser.open("/sign-in")
        assert_accessible(browser)
        browser.run(script)
        return "\n".join(accessibility_faults(browser))

    def test_a_field_without_a_label(self):
        faults = self.faults("document.querySelector('main form').append(document.createElement('input'))")
        self.assertIn("label (critical)", faults)
        self.assertIn("Fix any of the following", faults)

    def test_pale_text(self):
        self.assertIn("color-contrast", self.faults("document.querySelector('h1').style.color = '#aaa'"))

    def test_pale_text_in_the_dark(self):
        browser = self.browser()
        browser.open("/sign-in")
        browser.scheme("dark")
        assert_accessible(browser, only_contrast=True)
        browser.run("document.querySelector('h1').style.color = '#333'")
        self.assertIn("color-contrast", "\n".join(accessibility_faults(browser, only_contrast=True)))

    def test_a_page_without_a_language(self):
        self.assertIn("html-has-lang", self.faults("document.documentElement.removeAttribute('lang')"))

    def test_what_is_too_wide(self):
        browser = self.browser()
        browser.open("/sign-in")
        browser.view(320)
        browser.assert_narrow()
        browser.run("const wide = document.createElement('p'); wide.id = 'wide'; wide.textContent = 'wide';"
                    "wide.style.width = '330px'; document.querySelector('main').append(wide)")
        with self.assertRaisesRegex(AssertionError, 'id="wide"'):
            browser.assert_narrow()


class HeavyPage(http.server.BaseHTTPRequestHandler):
    """A page with a picture from the same server by another name."""

    def do_GET(self):
        is_page = self.path == "/"
        port = self.server.server_address[1]
        page = f"<!doctype html><title>Heavy</title><img src='http://localhost:{port}/x'><p>{'x' * 60_000}"
        body = page.encode() if is_page else b"<svg xmlns='http://www.w3.org/2000/svg'>" + b" " * 50_000 + b"</svg>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if is_page else "image/svg+xml")
        self.send_header("Cache-Control", "max-age=1000")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class WeightTests(PageTest):
    def test_a_heavy_page_and_another_host(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), HeavyPage)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        browser = self.browser(records_network=True)
        # The second time it would come from the cache, if that was not emptied.
        for _ in range(2):
            load = browser.cold_load(f"http://127.0.0.1:{port}/")
            self.assertGreater(load.bytes, 110_000)
            self.assertEqual(load.hosts, {f"127.0.0.1:{port}", f"localhost:{port}"})


class InlineTests(unittest.TestCase):
    def test_what_stands_in_a_page(self):
        html = """<p style="x">a</p><style>b</style><script>c</script><script src="/d"></script>
            <a onclick="e" href=" JavaScript:f">g</a><p class="style">onclick=</p>"""
        self.assertEqual(
            InlineParser(html).found, ["p style", "<style>", "<script>", "a onclick", "a href= JavaScript:f"])


class ServerTests(unittest.TestCase):
    def test_a_server_that_does_not_start(self):
        with self.assertRaisesRegex(RuntimeError, "UNIFY_PORT"):
            Server(UNIFY_PORT="nonsense")

    def test_a_restart_keeps_the_data_and_the_address(self):
        server = Server()
        self.addCleanup(server.stop)
        user, address = server.register(), server.address
        server.add("notes", user, title="Kept", body="")
        server.restart()
        self.assertEqual(server.address, address)
        self.assertEqual([note["title"] for note in server.items("notes", user)], ["Kept"])

    def test_an_error_in_the_log(self):
        server = Server()
        server.log.append("2026-11-25T17:00:00+0000 error unify: something went wrong\n")
        with self.assertRaisesRegex(AssertionError, "something went wrong"):
            server.stop()


if __name__ == "__main__":
    unittest.main()
