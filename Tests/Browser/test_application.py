"""Signing in, the account, two users side by side, and all of it without JavaScript."""

import json
import sqlite3
import unittest
import zipfile

from selenium.webdriver.common.by import By

from harness import PASSWORD, PageTest, day


class SignInTests(PageTest):
    def test_sign_up_leads_to_the_first_task(self):
        browser = self.browser()
        browser.open("/")
        browser.link("Create an account").click()
        browser.fill("Username", "ada")
        browser.fill("Email", "ada@example.org")
        browser.fill("Password", PASSWORD)
        browser.button("Create the account").click()
        browser.be_at("/tasks")
        browser.see("Nothing to do. Add your first task above.")
        browser.fill("New task", "Water the plants")
        browser.button("Add").click()
        browser.see_row("Water the plants")
        browser.see_notice("Added.")
        browser.driver.refresh()
        browser.see_row("Water the plants")

    def test_a_taken_username_is_told_beside_the_field_and_what_was_typed_stays(self):
        self.server.register("taken")
        browser = self.browser()
        browser.expect_complaint("status of 409")
        browser.sign_up("taken", "other@example.org")
        self.assertIn("taken", browser.error_beside("Username").lower())
        self.assertEqual(browser.field("Username").get_property("value"), "taken")
        self.assertEqual(browser.field("Email").get_property("value"), "other@example.org")
        self.assertEqual(browser.field("Password").get_property("value"), "")
        self.assertNotIn(PASSWORD, browser.driver.page_source)

    def test_a_short_password_is_told_beside_the_field(self):
        browser = self.browser()
        browser.expect_complaint("status of 422")
        browser.sign_up("short", password="seven77")
        self.assertIn("12 characters", browser.error_beside("Password"))
        self.assertIsNone(browser.field("Username").get_attribute("aria-invalid"))
        self.assertEqual(browser.field("Username").get_property("value"), "short")
        self.assertEqual(browser.field("Password").get_property("value"), "")

    def test_a_wrong_password_does_not_sign_in(self):
        user = self.server.register()
        browser = self.browser()
        browser.expect_complaint("status of 401")
        browser.sign_in(user.name, "wrong horse battery")
        self.assertIn("username or the password is wrong", browser.find("//*[@role='alert']").text)
        self.assertEqual(browser.field("Username or email").get_property("value"), user.name)
        browser.open("/tasks")
        browser.wait(lambda: browser.path.startswith("/sign-in"))

    def test_signing_in_leads_to_where_one_wanted_to_go(self):
        user = self.server.register()
        browser = self.browser()
        browser.open("/events?month=2026-02")
        browser.see_notice("Please sign in first.")
        browser.fill("Username or email", user.name)
        browser.fill("Password", PASSWORD)
        browser.button("Sign in").click()
        browser.be_at("/events?month=2026-02")

    def test_signing_out_ends_the_session(self):
        browser, user = self.signed_in(path="/tasks")
        browser.button("Sign out").click()
        browser.see_notice("You are signed out.")
        self.assertEqual(self.server.request("GET", "/api/me", user.token).status, 401)
        browser.open("/tasks")
        browser.wait(lambda: browser.path.startswith("/sign-in"))


class IsolationTests(PageTest):
    """Two users side by side. Their databases number items alike, so the first has more of each."""

    def setUp(self):
        self.ada, self.eve = self.server.register(), self.server.register()
        for user, count in ((self.ada, 3), (self.eve, 1)):
            for number in range(1, count + 1):
                name = f"{user.name} no {number}"
                self.server.add("tasks", user, title=f"Task of {name}")
                self.server.add("notes", user, title=f"Note of {name}", body=f"Body of {name}")
                self.server.add("events", user, title=f"Event of {name}", starts_at="2026-11-12T10:00:00Z",
                                ends_at="2026-11-12T11:00:00Z")

    lists = ("/tasks?show=all", "/notes", "/events?month=2026-11", "/events/agenda?from=2026-11-01")

    def assert_sees_all_of(self, browser, user):
        for path in self.lists:
            browser.open(path)
            self.assertIn(f"of {user.name} no 1", browser.text(), path)

    def assert_sees_nothing_of(self, browser, user):
        for path in self.lists:
            browser.open(path)
            self.assertNotIn(f"of {user.name}", browser.driver.page_source, path)

    def test_each_sees_only_their_own(self):
        ada, _ = self.signed_in(self.ada, name="first")
        eve, _ = self.signed_in(self.eve, name="second")
        for own, other, browser in ((self.ada, self.eve, ada), (self.eve, self.ada, eve)):
            self.assert_sees_all_of(browser, own)
            self.assert_sees_nothing_of(browser, other)

    def test_this_would_be_noticed(self):
        ada, _ = self.signed_in(self.ada, name="first")
        with self.assertRaises(AssertionError):
            self.assert_sees_nothing_of(ada, self.ada)

    def test_the_other_ones_pages_are_not_found(self):
        ada, _ = self.signed_in(self.ada, name="first")
        eve, _ = self.signed_in(self.eve, name="second")
        eve.expect_complaint("status of 404")
        for collection in ("notes", "events"):
            numbers = sorted(item["id"] for item in self.server.items(collection, self.ada))
            own = [item["id"] for item in self.server.items(collection, self.eve)]
            ada.open(f"/{collection}/{numbers[-1]}")
            self.assertIn(self.ada.name, ada.field("Title").get_property("value"))
            self.assertNotIn(numbers[-1], own)
            eve.open(f"/{collection}/{numbers[-1]}")
            eve.see("There is nothing here.")
            self.assertNotIn(self.ada.name, eve.driver.page_source)
            # The same number leads each of them to their own.
            eve.open(f"/{collection}/{own[0]}")
            self.assertIn(self.eve.name, eve.field("Title").get_property("value"))

    def test_what_is_not_found_leaves_one_signed_in(self):
        eve, _ = self.signed_in(self.eve, "/notes/999", name="second")
        eve.expect_complaint("status of 404")
        self.assertTrue(eve.has("//button[normalize-space()='Sign out']"))
        self.assertFalse(eve.has("//header//a[normalize-space()='Sign in']"))

    def test_the_other_ones_items_cannot_be_changed(self):
        last = max(item["id"] for item in self.server.items("notes", self.ada))
        for path, form in ((f"/notes/{last}", {"title": "x", "body": "x"}), (f"/notes/{last}/delete", {}),
                           (f"/tasks/{last}/delete", {}), (f"/tasks/{last}/done", {"done": "true"}),
                           (f"/events/{last}/delete", {})):
            answer = self.server.request("POST", path, form=form, cookie=self.eve.token)
            self.assertEqual(answer.status, 404, path)
        self.assertEqual(len(self.server.items("notes", self.ada)), 3)

    def test_what_one_deleted_the_other_cannot_bring_back(self):
        ada, _ = self.signed_in(self.ada, "/tasks", name="first")
        ada.button(f"Delete Task of {self.ada.name} no 1").click()
        ada.button("Undo")
        key = ada.driver.find_element(By.NAME, "key").get_attribute("value")
        answer = self.server.request("POST", "/undo", form={"key": key, "back": "/tasks"}, cookie=self.eve.token)
        self.assertIn("not-restored", answer.headers["Location"])
        self.assertEqual(len(self.server.items("tasks", self.eve)), 1)


class AccountTests(PageTest):
    def test_the_export_downloads_and_opens(self):
        browser, user = self.signed_in()
        self.server.add("tasks", user, title="Take me along")
        folder = self.server.folder / "downloads"
        browser.cdp("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
        browser.open("/account")
        browser.link("Export everything").click()
        path = folder / f"unify-export-{user.id}.zip"
        browser.wait(path.exists, "the file is there")
        with zipfile.ZipFile(path) as archive:
            self.assertIsNone(archive.testzip())
            everything = json.loads(archive.read("unify-export.json"))
            self.assertEqual([task["title"] for task in everything["tasks"]], ["Take me along"])
            [name] = [name for name in archive.namelist() if name.endswith(".db")]
            (folder / "copy.db").write_bytes(archive.read(name))
        database = sqlite3.connect(folder / "copy.db")
        self.addCleanup(database.close)
        self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        self.assertEqual(database.execute("SELECT Title FROM Tasks").fetchall(), [("Take me along",)])

    def change_password(self, browser, current, new):
        browser.open("/account")
        browser.fill("Current password", current)
        browser.fill("New password", new)
        browser.button("Change the password").click()

    def test_a_new_password_ends_the_sessions_elsewhere(self):
        browser, user = self.signed_in()
        other, _ = self.signed_in(user, "/tasks", name="second")
        # Its own session, not the same one twice.
        other.become(user, self.server.login(user))
        other.open("/tasks")
        other.see("Tasks")
        self.change_password(browser, PASSWORD, "another fine battery")
        browser.see_notice("Your password is changed.")
        other.open("/tasks")
        other.see_notice("Please sign in first.")
        browser.open("/tasks")
        browser.see("Nothing to do.")
        other.expect_complaint("status of 401")
        other.sign_in(user.name)
        other.see("The username or the password is wrong.")
        other.sign_in(user.name, "another fine battery")
        other.be_at("/tasks")

    def test_a_refused_password_is_told_beside_its_field(self):
        browser, user = self.signed_in()
        browser.expect_complaint("status of 422")
        self.change_password(browser, PASSWORD, "seven77")
        self.assertIn("12 characters", browser.error_beside("New password"))
        browser.expect_complaint("status of 401")
        self.change_password(browser, "wrong horse battery", "another fine battery")
        browser.see("wrong")
        self.assertEqual(self.server.request("GET", "/api/me", user.token).status, 200)
        self.server.login(user)

    def test_one_session_is_ended_from_the_list(self):
        browser, user = self.signed_in()
        others = [self.server.login(user) for _ in range(2)]
        browser.open("/account")
        ends = "//section[@aria-labelledby='sessions']//li//button"
        self.assertEqual(len(browser.driver.find_elements(By.XPATH, ends)), 2)
        browser.find(ends).click()
        browser.see_notice("That session is signed out.")
        self.assertEqual(len(browser.driver.find_elements(By.XPATH, ends)), 1)
        states = sorted(self.server.request("GET", "/api/me", token).status for token in others)
        self.assertEqual(states, [200, 401])
        browser.button("Sign out everywhere else").click()
        browser.see_notice("You are signed out everywhere else.")
        states = [self.server.request("GET", "/api/me", token).status for token in [*others, user.token]]
        self.assertEqual(states, [401, 401, 200])

    def test_an_account_is_deleted_and_restored(self):
        browser, user = self.signed_in()
        self.server.add("tasks", user, title="Still there")
        browser.open("/account")
        browser.find("//summary[normalize-space()='Delete my account']").click()
        browser.fill("Type your username", "somebody else")
        browser.fill("Password", PASSWORD)
        browser.expect_complaint("status of 422")
        browser.button("Delete my account").click()
        self.assertIn(user.name, browser.error_beside("Type your username"))
        self.server.login(user)

        browser.fill("Type your username", user.name)
        browser.fill("Password", PASSWORD)
        browser.button("Delete my account").click()
        browser.see_notice("Your account is deleted.")
        self.assertEqual(browser.path, "/sign-in")
        browser.expect_complaint("status of 40[13]")
        browser.sign_in(user.name)
        self.assertTrue(browser.find("//*[@role='alert']").text)
        browser.open("/tasks")
        browser.wait(lambda: browser.path.startswith("/sign-in"))

        self.server.run("user", "restore", str(user.id))
        browser.sign_in(user.name)
        browser.be_at("/tasks")
        browser.see_row("Still there")

    def test_a_deleted_account_is_not_called_suspended(self):
        browser, user = self.signed_in()
        self.server.api("DELETE", "/api/me", user.token, {"password": PASSWORD})
        browser.expect_complaint("status of 40[13]")
        browser.sign_in(user.name)
        self.assertNotIn("suspended", browser.find("//*[@role='alert']").text)

    def test_an_administrators_access_is_told(self):
        browser, user = self.signed_in(path="/account")
        browser.see("Nobody but you.")
        root = self.server.make_administrator()
        self.server.api("POST", f"/admin/user/{user.id}/access", root.token, {"reason": "She asked for help"})
        browser.driver.refresh()
        browser.see("She asked for help")
        self.assertIn("root", browser.text())


class NoScriptTests(PageTest):
    """Without JavaScript everything works, by whole pages."""

    def browser(self, name="first", **options):
        return super().browser(name, javascript=False, **options)

    def test_scripts_are_really_off(self):
        browser = self.browser()
        browser.open("/sign-in")
        self.assertFalse(browser.has("//html[contains(@class, 'js')]"))

    def test_tasks(self):
        browser = self.browser()
        browser.sign_up("plain")
        browser.be_at("/tasks")
        browser.fill("New task", "Water the plants")
        browser.fill_day("Due", day(1))
        browser.choose("Priority", "Low")
        browser.button("Add").click()
        browser.see_notice("Added.")
        self.assertIn("Tomorrow", browser.row("Water the plants").text)

        browser.link("Water the plants").click()
        browser.fill("Title", "Water all plants")
        browser.button("Save").click()
        browser.see_row("Water all plants")
        browser.see_notice("Saved.")

        browser.button("Done: Water all plants").click()
        browser.see_no_row("Water all plants")
        browser.see_notice("Checked off.")
        browser.button("Undo").click()
        browser.see_row("Water all plants")
        browser.button("Done: Water all plants").click()
        browser.see_no_row("Water all plants")
        browser.find("//nav[@aria-label='Which tasks']//a[normalize-space()='Done']").click()
        browser.see_row("Water all plants")

        browser.button("Delete Water all plants").click()
        browser.see_notice("Deleted.")
        browser.see_no_row("Water all plants")
        browser.button("Undo").click()
        browser.see_notice("It is back.")
        browser.open("/tasks?show=done")
        browser.see_row("Water all plants")
        browser.fill("Search tasks", "fire")
        browser.button("Search").click()
        browser.see("No results for \"fire\".")

    def test_notes_and_events(self):
        browser, user = self.signed_in(path="/notes/new")
        browser.fill("Title", "Shopping")
        browser.fill("Text", "Milk\nBread")
        browser.button("Save").click()
        browser.see_notice("Saved.")
        self.assertEqual(self.server.items("notes", user)[0]["body"], "Milk\nBread")
        browser.button("Delete").click()
        browser.see("No notes yet.")
        browser.button("Undo").click()
        browser.see_row("Shopping")

        browser.open("/events/new?day=2026-11-12")
        browser.fill("Title", "Dentist")
        browser.button("Save").click()
        browser.see("Dentist")
        self.assertEqual(self.server.items("events", user)[0]["starts_at"], "2026-11-12T09:00:00.000Z")
        browser.link("On to December 2026").click()
        browser.see("Nothing in December 2026")

    def test_the_account(self):
        browser, user = self.signed_in(path="/account")
        browser.fill("Current password", PASSWORD)
        browser.fill("New password", "another fine battery")
        browser.button("Change the password").click()
        browser.see_notice("Your password is changed.")
        browser.button("Sign out").click()
        browser.see_notice("You are signed out.")
        browser.sign_in(user.name, "another fine battery")
        browser.see("Nothing to do.")


if __name__ == "__main__":
    unittest.main()
