"""What holds of every page, in each of its states: axe, widths, weight, and the policy of content."""

import re
import unittest
from html.parser import HTMLParser

from harness import PASSWORD, PageTest, assert_accessible, day

LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
WORDS = "Clauses 4 to 9 above all, and the annex about termination which the other side has changed twice. "
MAX_PAGE_BYTES = 100_000


class InlineParser(HTMLParser):
    """Finds what a strict policy forbids: styles and scripts that stand in the page itself."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        names = dict(attributes)
        if tag == "style" or (tag == "script" and not names.get("src")):
            self.found.append(f"<{tag}>")
        self.found += [f"{tag} {name}" for name in names if name == "style" or name.startswith("on")]
        self.found += [f"{tag} {name}={value}" for name, value in attributes
                       if (value or "").strip().lower().startswith("javascript:")]


class EveryPageTests(PageTest):
    """The pages of nobody, of a new user, of one who has some of everything, and of one who has full lists."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        server = cls.server
        cls.new = server.register("newcomer")
        cls.old = old = server.register("a-name-of-64-letters-".ljust(64, "x"), f"{'long.address.' * 4}x@example.org")
        cls.full = server.register("fuller")
        cls.fill(old, tasks=12, notes=31, events=15)
        cls.fill(cls.full, tasks=60, notes=40, events=60)
        cls.task = server.add("tasks", old, title=LONG_WORD, description=LONG_WORD, due_date=day(-1), priority=3)["id"]
        cls.note = server.add("notes", old, title=LONG_WORD, body=LONG_WORD)["id"]
        cls.event = server.add("events", old, title=LONG_WORD, location=LONG_WORD, starts_at="2026-11-16T08:00:00Z",
                               ends_at="2026-11-19T16:00:00Z")["id"]
        server.login(old)
        root = server.make_administrator()
        server.api("POST", f"/admin/user/{old.id}/access", root.token, {"reason": LONG_WORD})

        cls.of_nobody = ["/", "/sign-up", "/sign-in", "/sign-in?notice=signed-out"]
        cls.of_a_user = ["/tasks", "/tasks?show=due", "/tasks?show=done", "/tasks?show=all", "/tasks?q=no+such+task",
                         "/notes", "/notes/new", "/notes?q=no+such+note", "/events?month=2026-11",
                         "/events/agenda?from=2026-11-01", "/events/agenda?q=no+such+event", "/events/new", "/account"]
        cls.of_new = ["/tasks", "/tasks?show=due", "/tasks?show=done", "/tasks?show=all", "/notes", "/events",
                      "/events/agenda", "/account"]
        cls.of_old = [f"/tasks?edit={cls.task}&show=all", f"/notes/{cls.note}", f"/events/{cls.event}"]

    @classmethod
    def fill(cls, user, *, tasks, notes, events):
        for number in range(tasks):
            cls.server.add("tasks", user, title=f"Task {number} of many that somebody has to do", priority=number % 4,
                           description=WORDS * 3, due_date=day(number - 6), is_done=number % 5 == 0)
        for number in range(notes):
            cls.server.add("notes", user, title=f"Note {number} of many", body=WORDS * 5)
        for number in range(events):
            date = f"2026-11-{number % 5 + 10}"
            cls.server.add("events", user, title=f"Meeting {number} with many people", location="Main Street 4",
                           description=WORDS, starts_at=f"{date}T10:00:00Z", ends_at=f"{date}T11:00:00Z")

    def plain(self):
        """Every page that is had by its address, and whose it is."""
        yield from ((None, path) for path in self.of_nobody)
        yield from ((self.new, path) for path in self.of_new)
        yield from ((self.old, path) for path in self.of_a_user + self.of_old)

    def refused(self, browser):
        """States that only come by doing something; each leaves the browser in one, and says its name."""
        browser.cdp("Network.clearBrowserCookies")
        browser.sign_up(self.new.name, password="seven77")
        browser.error_beside("Password")
        yield "sign-up refused"
        browser.sign_in(self.new.name, "wrong horse battery")
        browser.find("//*[@role='alert']")
        yield "sign-in refused"

        browser.become(self.old)
        browser.open("/nowhere")
        yield "not found"
        browser.open("/tasks")
        browser.fill("New task", " ")
        browser.button("Add").click()
        browser.error_beside("New task")
        yield "task refused"
        browser.open(f"/tasks?edit={self.task}&show=all")
        browser.fill("Title", " ")
        browser.button("Save").click()
        browser.error_beside("Title")
        yield "edit refused"
        browser.open("/notes/new")
        browser.fill("Title", " ")
        browser.button("Save").click()
        browser.error_beside("Title")
        yield "note refused"
        browser.open("/events/new?day=2026-11-12")
        browser.fill("Title", "Backwards")
        browser.fill_time("Ends", "2026-11-11", "14:00")
        browser.button("Save").click()
        browser.error_beside("Ends")
        yield "event refused"
        browser.open("/account")
        browser.fill("Current password", PASSWORD)
        browser.fill("New password", "seven77")
        browser.button("Change the password").click()
        browser.error_beside("New password")
        yield "password refused"

        browser.become(self.new)
        self.refuse_deletion(browser)
        yield "deletion refused"
        self.server.add("tasks", self.new, title="Deleted")
        browser.open("/tasks")
        browser.button("Delete Deleted").click()
        browser.button("Undo")
        yield "deleted, with undo"

    def refuse_deletion(self, browser):
        browser.open("/account")
        browser.find("//summary[normalize-space()='Delete my account']").click()
        browser.fill("Type your username", "somebody else")
        browser.fill("Password", PASSWORD)
        browser.button("Delete my account").click()
        browser.error_beside("Type your username")

    def states(self, browser):
        """Leaves the browser in one state of the pages after the other."""
        user = None
        for owner, path in self.plain():
            if owner is not user:
                browser.become(owner)
                user = owner
            browser.open(path)
            yield f"{path} of {user.name[:8] if user else 'nobody'}"
        browser.expect_complaint(r"status of 4\d\d")
        yield from self.refused(browser)

    def test_axe_finds_nothing(self):
        browser = self.browser()
        for state in self.states(browser):
            self.assert_accessible_in_every_view(browser, state)
            browser.view()

    def assert_accessible_in_every_view(self, browser, state):
        for width in (1280, 390):
            browser.view(width, is_phone=width < 600)
            for scheme in ("light", "dark"):
                browser.scheme(scheme)
                with self.subTest(state, width=width, scheme=scheme):
                    # Only colours depend on the scheme.
                    assert_accessible(browser, state, only_contrast=scheme == "dark")

    def test_axe_finds_nothing_in_a_crowded_month(self):
        browser, user = self.signed_in()
        for number in range(5):
            self.server.add("events", user, title=f"Meeting {number}", starts_at=f"2026-11-12T1{number}:00:00Z",
                            ends_at="2026-11-12T16:00:00Z")
        browser.open("/events?month=2026-11")
        browser.link("2 more")
        for width in (1280, 390):
            browser.view(width, is_phone=width < 600)
            assert_accessible(browser)

    def test_nothing_scrolls_sideways_at_320_pixels(self):
        browser = self.browser()
        for state in self.states(browser):
            browser.view(320)
            with self.subTest(state):
                browser.assert_narrow()
            browser.view()

    def test_a_long_name_in_an_error_does_not_scroll_sideways(self):
        browser, _ = self.signed_in(self.old)
        browser.view(320)
        browser.expect_complaint("status of 422")
        self.refuse_deletion(browser)
        browser.assert_narrow()

    def test_pages_are_light_and_ask_no_other_host(self):
        browser = self.browser(records_network=True)
        host = self.server.address.removeprefix("http://")
        user = None
        for owner, path in [*self.plain(), *((self.full, path) for path in self.of_a_user)]:
            if owner is not user:
                browser.become(owner)
                user = owner
            load = browser.cold_load(path)
            with self.subTest(path, user=user and user.name[:8]):
                self.assertEqual(load.hosts, {host})
                self.assertLess(load.bytes, MAX_PAGE_BYTES, load.sizes)
                # The page, its style, its script and its icon.
                self.assertGreaterEqual(sum(size > 0 for size in load.sizes.values()), 4, load.sizes)

    def test_long_texts_do_not_make_lists_heavy(self):
        user = self.server.register()
        for number in range(50):
            self.server.add("tasks", user, title=f"Task {number}", description="Words " * 500)
            self.server.add("notes", user, title=f"Note {number}", body="Words " * 500)
            self.server.add("events", user, title=f"Event {number}", description="Words " * 500,
                            starts_at="2026-11-12T10:00:00Z", ends_at="2026-11-12T11:00:00Z")
        browser, _ = self.signed_in(user, records_network=True)
        for path in ("/notes", "/events?month=2026-11", "/events/agenda?from=2026-11-01", "/tasks"):
            load = browser.cold_load(path)
            self.assertLess(load.bytes, MAX_PAGE_BYTES, (path, load.sizes))

    def test_the_html_is_bare_of_styles_and_scripts_and_has_a_title_and_one_heading(self):
        refused = [("POST", "/sign-up", {"username": "x", "password": "x"}), ("POST", "/tasks", {"title": ""}),
                   ("POST", "/notes", {"title": ""}), ("POST", "/events", {"title": ""}),
                   ("POST", "/account/password", {}), ("POST", "/account/delete", {}), ("GET", "/nowhere", None)]
        requests = [(user.token if user else "", "GET", path, None, True) for user, path in self.plain()]
        requests += [(self.old.token, *request, False) for request in refused]
        for token, method, path, form, is_good in requests:
            with self.subTest(path, method=method):
                answer = self.server.request(method, path, form=form, cookie=token)
                self.assertEqual(answer.status < 300, is_good, answer.status)
                self.assertIn("text/html", answer.headers["Content-Type"])
                policy = answer.headers["Content-Security-Policy"]
                self.assertIn("default-src 'none'", policy)
                self.assertNotIn("unsafe", policy)
                self.assertEqual(re.findall(r"script-src ([^;]*)", policy), ["'self'"])
                self.assertEqual(InlineParser(answer.text).found, [])
                self.assertRegex(answer.text, r"<title>\S.* · Unify</title>")
                self.assertEqual(answer.text.count("<h1"), 1)


if __name__ == "__main__":
    unittest.main()
