"""The operator's console."""

import sqlite3
import unittest
from datetime import datetime, timedelta, timezone

from harness import PASSWORD, PageTest, Server, assert_accessible
from selenium.webdriver.common.keys import Keys

PAGES = ["", "/databases", "/users", "/jobs", "/pools", "/servers", "/audit", "/settings"]


class ConsoleTests(PageTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = cls.server.make_administrator()
        cls.people = [cls.server.register(f"person{number}") for number in range(4)]

    def at(self, path="", **options):
        browser, _ = self.signed_in(self.root, f"/admin/console{path}", **options)
        return browser

    def page_of(self, user):
        return f"/databases/{user.id}"

    def test_every_page_is_reached_by_the_menu_and_has_what_it_promises(self):
        browser = self.at()
        for label, text in [("Databases", "user_2.db"), ("Users", "person0@example.org"), ("Jobs", "4 of 4"),
                            ("Pools", "connections are open"), ("Servers", "No server is registered"),
                            ("Audit", "user.create"), ("Settings", "UNIFY_POOL_SIZE"), ("Overview", "Requests a minute")]:
            browser.find(f"//nav[@aria-label='Console']//a[.='{label}']").click()
            browser.see(text)
            self.assertEqual(browser.find("//nav[@aria-label='Console']//a[@aria-current]").text, label)

    def test_the_overview_changes_by_itself_and_survives_a_restart(self):
        server = Server()
        self.addCleanup(server.stop)
        root = server.make_administrator()
        browser = self.browser("overview")
        browser.cdp("Network.setCookie", url=server.address, name="unify_session", value=root.token)
        browser.driver.get(f"{server.address}/admin/console")
        users = "//section[h2='Users']/b"
        browser.wait(lambda: browser.find("//*[@id='stream-state']").text == "Live", "the stream is open")
        count = int(browser.find(users).text)
        server.register()
        browser.wait(lambda: int(browser.find(users).text) == count + 1, "the new user is counted")
        browser.allow_complaint("ERR_")
        server.restart()
        server.register()
        browser.wait(lambda: int(browser.find(users).text) == count + 2, "it goes on after the restart", seconds=30)
        self.assertEqual(browser.find("//*[@id='stream-state']").text, "Live")

    def test_databases_are_searched_and_filtered(self):
        browser = self.at("/databases")
        browser.field("Username, email or number").send_keys("person2")
        browser.wait(lambda: len(browser.driver.find_elements("css selector", "tbody tr")) == 1, "one row")
        self.assertEqual(browser.focused().get_attribute("value"), "person2")
        browser.link("person2")
        browser.open("/admin/console/databases")
        browser.choose("State", "removing")
        browser.see("No databases match these filters.")
        browser.link("Show all of them").click()
        browser.see("person3")

    def add_job(self, user):
        """A job that no server takes up: its next attempt is far away."""
        with sqlite3.connect(self.server.folder / "data" / "main.db", timeout=20) as database:
            return database.execute(
                "INSERT INTO Job (Kind, User_ID, State, Error, Attempts, Not_Before, Lane, Total, Created_Date, Updated_Date, "
                "Started_Date) VALUES ('repair', ?, 'running', 'The server was away.', 1, '2999-01-01T00:00:00.000Z', "
                "'postgresql://db1:5432', 2, ?, ?, ?)",
                (user.id, *["2026-01-01T00:00:00.000Z"] * 3)).lastrowid

    def test_a_job_is_followed_paused_and_resumed(self):
        job = self.add_job(self.people[1])
        with sqlite3.connect(self.server.folder / "data" / "main.db", timeout=20) as database:
            for number, state in enumerate(["done", "failed"]):
                database.execute(
                    "INSERT INTO Job_Item (Job_ID, Database_UUID, User_ID, State, Attempts, Error) VALUES (?, ?, ?, ?, 1, ?)",
                    (job, f"00000000-0000-4000-8000-00000000000{number}", self.people[number].id, state,
                     "Locked." if state == "failed" else None))
        browser = self.at("/jobs?kind=repair")
        browser.see("The last attempt failed")
        browser.link(str(job)).click()
        browser.see(f"Job {job}: repair")
        browser.see("The server was away.")
        browser.wait(lambda: browser.find("//*[@id='stream-state']").text == "Live", "the stream is open")
        browser.choose("State", "failed")
        browser.wait(lambda: len(browser.driver.find_elements("css selector", "tbody tr")) == 1, "one database")
        browser.see("Locked.")
        browser.button("Pause").click()
        browser.see("The job is paused.")
        browser.see(f"Paused by {self.root.name}.")
        # Somebody else resumes it, and it goes on: the page changes by itself.
        with sqlite3.connect(self.server.folder / "data" / "main.db", timeout=20) as database:
            database.execute("UPDATE Job SET State = 'running', Wanted = 'run', Done = 1 WHERE Job_ID = ?", (job,))
        browser.wait(lambda: "1 of 2" in browser.find("//section[h2[@id='progress']]").text, "the progress is live")
        self.assertTrue(browser.button("Cancel").is_displayed())

    def test_a_database_is_tested(self):
        browser = self.at(self.page_of(self.people[0]))
        browser.button("Test the database").click()
        browser.see("Health: All is well")
        self.assertEqual(browser.focused().get_attribute("id"), "health")
        for check in ("connection", "identity", "tables", "write", "integrity"):
            browser.see(check)

    def test_a_page_that_a_form_has_led_to_can_be_loaded_again(self):
        browser = self.at(self.page_of(self.people[0]))
        browser.button("Test the database").click()
        browser.see("Health: All is well")
        browser.driver.refresh()
        browser.see("Size over time")

    def test_suspending_asks_for_the_name_and_ends_the_users_session(self):
        user = self.server.register()
        theirs, _ = self.signed_in(user, "/tasks", name="theirs")
        browser = self.at(self.page_of(user))
        browser.expect_complaint("status of 422")
        browser.find("//summary[.='Suspend']").click()
        browser.fill(f"Type the username {user.name}", "somebody", browser.find("//details[@open]"))
        browser.button("Suspend").click()
        self.assertIn("Must be the username", browser.error_beside(f"Type the username {user.name}"))
        self.assertEqual(self.server.request("GET", "/api/me", user.token).status, 200)
        browser.fill(f"Type the username {user.name}", user.name, browser.find("//details[@open]"))
        browser.button("Suspend").click()
        browser.see_notice("The user is suspended")
        theirs.open("/tasks")
        theirs.be_at("/sign-in?next=%2Ftasks")
        browser.button("Let them in again").click()
        browser.see_notice("may sign in again")
        theirs.sign_in(user.name)
        theirs.be_at("/tasks")

    def test_a_deleted_account_is_restored_with_all_that_was_in_it(self):
        user = self.server.register()
        self.server.add("tasks", user, title="Kept")
        theirs, _ = self.signed_in(user, "/account", name="theirs")
        theirs.expect_complaint("status of 403")
        theirs.find("//summary[.='Delete my account']").click()
        theirs.fill("Type your username", user.name)
        theirs.fill("Password", PASSWORD)
        theirs.button("Delete my account").click()
        theirs.see_notice("Your account is deleted")
        theirs.sign_in(user.name)
        theirs.see("This account is deleted.")
        browser = self.at("/users")
        browser.choose("Status", "deleted")
        browser.link(user.name).click()
        browser.button("Restore the account").click()
        browser.see_notice("The user is restored")
        theirs.sign_in(user.name)
        theirs.see_row("Kept")

    def test_the_audit_log_tells_who_did_it_and_its_chain_is_verified(self):
        user = self.server.register()
        self.server.request("POST", f"/admin/user/{user.id}/access", self.root.token, {"reason": "Ticket 4711"})
        browser = self.at("/audit")
        browser.field("About (name or number)").send_keys(str(user.id))
        browser.wait(lambda: f"user={user.id}" in browser.path, "it is searched")
        browser.see("Ticket 4711")
        browser.fill("Action, such as user. or user.purge", "data.access")
        browser.wait(lambda: "action=data.access" in browser.path, "it is searched for the action")
        self.assertTrue(browser.path.startswith("/admin/console/audit?"), browser.path)
        browser.wait(lambda: len(browser.driver.find_elements("css selector", "tbody tr")) == 1, "one row")
        # The list may be searched only now.
        browser.wait(lambda: "root" in browser.find("//tr[contains(., 'Ticket 4711')]").text, "who did it")
        browser.open("/admin/console/audit")
        browser.button("Verify the chain").click()
        browser.see("Chain intact")
        # The user is told of it as well.
        theirs, _ = self.signed_in(user, "/account", name="theirs")
        theirs.see("Ticket 4711")

    def test_an_old_session_is_asked_for_the_password_and_carries_on(self):
        server = Server()
        self.addCleanup(server.stop)
        root = server.make_administrator()
        user = server.register()
        before = datetime.now(timezone.utc) - timedelta(minutes=10)
        database = sqlite3.connect(server.folder / "data" / "main.db")
        database.execute("UPDATE Session SET Created_Date = ?", (before.strftime("%Y-%m-%dT%H:%M:%S.000Z"),))
        database.commit()
        database.close()
        # What the server has in memory is read anew.
        server.restart()
        browser = self.browser("old")
        browser.cdp("Network.setCookie", url=server.address, name="unify_session", value=root.token)
        browser.driver.get(f"{server.address}/admin/console/databases/{user.id}")
        browser.find("//summary[.='Suspend']").click()
        form = browser.find("//details[summary='Suspend']")
        browser.fill(f"Type the username {user.name}", user.name, within=form)
        browser.button("Suspend", within=form).click()
        browser.see("Confirm that it is you")
        assert_accessible(browser)
        browser.expect_complaint("status of 401")
        browser.fill("Your password", "wrong horse battery")
        browser.button(f"Suspend: {user.name}").click()
        browser.see("The username or the password is wrong.")
        browser.fill("Your password", PASSWORD)
        browser.button(f"Suspend: {user.name}").click()
        browser.see_notice("The user is suspended")

    def test_settings_show_no_secret(self):
        server = Server(UNIFY_METRICS_TOKEN="planted-token-4711")
        self.addCleanup(server.stop)
        root = server.make_administrator()
        page = server.request("GET", "/admin/console/settings", cookie=root.token).text
        self.assertIn("UNIFY_METRICS_TOKEN", page)
        self.assertNotIn("planted-token-4711", page)

    def test_it_is_refused_to_users(self):
        browser, _ = self.signed_in(self.people[1])
        for path in PAGES:
            browser.expect_complaint("status of 403")
            browser.open(f"/admin/console{path}")
            browser.see("Only an administrator may do this.")
        self.assertFalse(browser.has("//nav[@aria-label='Console']"))

    def test_keys_alone_find_a_user_and_suspend_them(self):
        user = self.server.register("keyboarder")
        browser = self.at("/users")
        browser.tab_to("Username, email or number")
        browser.press(user.name)
        browser.wait(lambda: len(browser.driver.find_elements("css selector", "tbody tr")) == 1, "one row")
        browser.tab_to(user.name)
        browser.press(Keys.ENTER)
        browser.be_at(f"/admin/console{self.page_of(user)}")
        # Firefox and Chromium open what is folded with the space bar.
        browser.tab_to("Suspend")
        browser.press(Keys.SPACE, Keys.TAB, user.name, Keys.ENTER)
        browser.see_notice("The user is suspended")
        self.assertFalse(browser.has_focus_nowhere())

    def test_axe_finds_nothing_and_nothing_scrolls_sideways(self):
        browser = self.at()
        user = self.server.register("a-name-of-64-letters-".ljust(64, "x"), f"{'long.address.' * 4}x@example.org")
        pages = [*PAGES, "/databases?q=nobody", "/users?q=nobody", "/jobs?state=failed", self.page_of(user)]
        for path in pages:
            browser.open(f"/admin/console{path}")
            with self.subTest(path):
                for width in (1280, 390):
                    browser.view(width, is_phone=width < 600)
                    for scheme in ("light", "dark"):
                        browser.scheme(scheme)
                        assert_accessible(browser, f"{path} at {width}, {scheme}")
                browser.view(320)
                browser.assert_narrow()
                browser.view()

    def test_pages_are_light_and_ask_no_other_host(self):
        browser, _ = self.signed_in(self.root, name="recording", records_network=True)
        # Streams never end, and a page that has one is never loaded to the end.
        for path in ("/databases", "/users", "/servers", "/audit", "/settings", self.page_of(self.people[0])):
            load = browser.cold_load(f"/admin/console{path}")
            with self.subTest(path):
                self.assertEqual(load.hosts, {self.server.address.removeprefix("http://")})
                self.assertLess(load.bytes, 100_000, load.sizes)


if __name__ == "__main__":
    unittest.main()
