"""What people do with Unify in a browser."""

import datetime
import io
import json
import sqlite3
import unittest
import zipfile

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from harness import PASSWORD, Browser, PageTest, row_path

HOSTILE = "<script>document.title = 'owned'</script> \"quoted\" & 'single' </textarea> {{title}}"


def day(offset=0):
    """A day near today, as `2026-11-25`."""
    return str(datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=offset))


def content(item):
    """What an item holds that deleting and undoing must not change."""
    return {name: value for name, value in item.items() if name not in ("id", "updated_at")}


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
        self.assertIn("8 characters", browser.error_beside("Password"))
        self.assertIsNone(browser.field("Username").get_attribute("aria-invalid"))
        self.assertEqual(browser.field("Username").get_property("value"), "short")
        self.assertEqual(browser.field("Password").get_property("value"), "")

    def test_a_wrong_password_does_not_sign_in(self):
        user = self.server.register()
        browser = self.browser()
        browser.expect_complaint("status of 401")
        browser.sign_in(user.name, "wrong horse battery")
        self.assertIn("username or the password is wrong", browser.find("//*[@role='alert']").text)
        self.assertEqual(browser.field("Username").get_property("value"), user.name)
        browser.open("/tasks")
        browser.wait(lambda: browser.path.startswith("/sign-in"))

    def test_signing_in_leads_to_where_one_wanted_to_go(self):
        user = self.server.register()
        browser = self.browser()
        browser.open("/events?month=2026-02")
        browser.see_notice("Please sign in first.")
        browser.fill("Username", user.name)
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
        ada, _ = self.signed_in(self.ada, name="ada")
        eve, _ = self.signed_in(self.eve, name="eve")
        for own, other, browser in ((self.ada, self.eve, ada), (self.eve, self.ada, eve)):
            self.assert_sees_all_of(browser, own)
            self.assert_sees_nothing_of(browser, other)

    def test_this_would_be_noticed(self):
        ada, _ = self.signed_in(self.ada, name="ada")
        with self.assertRaises(AssertionError):
            self.assert_sees_nothing_of(ada, self.ada)

    def test_the_other_ones_pages_are_not_found(self):
        ada, _ = self.signed_in(self.ada, name="ada")
        eve, _ = self.signed_in(self.eve, name="eve")
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

    def test_the_other_ones_items_cannot_be_changed(self):
        last = max(item["id"] for item in self.server.items("notes", self.ada))
        for path, form in ((f"/notes/{last}", {"title": "x", "body": "x"}), (f"/notes/{last}/delete", {}),
                           (f"/tasks/{last}/delete", {}), (f"/tasks/{last}/done", {"done": "true"}),
                           (f"/events/{last}/delete", {})):
            answer = self.server.request("POST", path, form=form, cookie=self.eve.token)
            self.assertEqual(answer.status, 404, path)
        self.assertEqual(len(self.server.items("notes", self.ada)), 3)

    def test_what_one_deleted_the_other_cannot_bring_back(self):
        ada, _ = self.signed_in(self.ada, "/tasks", name="ada")
        ada.button(f"Delete Task of {self.ada.name} no 1").click()
        key = ada.find("//input[@name='key']/..").find_element(By.NAME, "key").get_attribute("value")
        answer = self.server.request("POST", "/undo", form={"key": key, "back": "/tasks"}, cookie=self.eve.token)
        self.assertIn("not-restored", answer.headers.get("Location", answer.headers.get("location")))
        self.assertEqual(len(self.server.items("tasks", self.eve)), 1)


class TaskTests(PageTest):
    def test_a_task_is_added_with_its_due_date_and_priority(self):
        browser, user = self.signed_in(path="/tasks")
        browser.fill("New task", "Send the invoice")
        browser.fill_day("Due", day(1))
        browser.choose("Priority", "High")
        browser.button("Add").click()
        row = browser.row("Send the invoice")
        self.assertIn("High", row.text)
        self.assertIn("Tomorrow", row.text)
        [task] = self.server.items("tasks", user)
        self.assertEqual((task["title"], task["priority"]), ("Send the invoice", 3))
        self.assertTrue(task["due_date"].startswith(day(1)), task)
        # Ready for the next one.
        self.assertEqual(browser.focus_name(), "New task")
        self.assertEqual(browser.field("New task").get_property("value"), "")

    def test_an_overdue_task_says_so(self):
        browser, user = self.signed_in()
        self.server.add("tasks", user, title="Late", due_date=day(-3))
        self.server.add("tasks", user, title="Early", due_date=day(3))
        browser.open("/tasks")
        self.assertIn("Overdue:", browser.row("Late").get_property("textContent"))
        self.assertNotIn("Overdue:", browser.row("Early").get_property("textContent"))
        browser.link("1 task is overdue").click()
        browser.see_row("Late")

    def test_a_task_that_is_checked_off_is_found_under_done(self):
        browser, user = self.signed_in()
        self.server.add("tasks", user, title="Water the plants")
        browser.open("/tasks")
        browser.button("Done: Water the plants").click()
        browser.see_no_row("Water the plants")
        self.assertTrue(self.server.items("tasks", user)[0]["done"])
        browser.find("//nav[@aria-label='Which tasks']//a[normalize-space()='Done']").click()
        browser.see_row("Water the plants")
        box = browser.button("Done: Water the plants")
        self.assertEqual((box.aria_role, box.get_attribute("aria-checked")), ("checkbox", "true"))
        box.click()
        browser.see_no_row("Water the plants")
        self.assertFalse(self.server.items("tasks", user)[0]["done"])

    def test_escape_leaves_a_task_as_it_was_and_enter_saves_it(self):
        browser, user = self.signed_in()
        self.server.add("tasks", user, title="Old", description="Stays", due_date="2030-01-02", priority=2)
        [before] = self.server.items("tasks", user)
        browser.open("/tasks")
        browser.link("Old").click()
        self.assertEqual(browser.fill("Title", "New"), browser.focused())
        browser.press(Keys.ESCAPE)
        browser.see_row("Old")
        browser.wait(lambda: browser.focus_name() == "Old", "the focus is back on the title")
        self.assertEqual(self.server.items("tasks", user), [before])

        browser.link("Old").click()
        browser.fill("Title", "New")
        browser.press(Keys.ENTER)
        browser.see_row("New")
        browser.wait(lambda: browser.focus_name() == "New", "the focus is back on the title")
        [after] = self.server.items("tasks", user)
        self.assertEqual(content(after), content(before) | {"title": "New"})

    def test_a_refused_edit_says_why_in_its_row(self):
        browser, user = self.signed_in()
        self.server.add("tasks", user, title="Good")
        browser.open("/tasks")
        browser.link("Good").click()
        browser.fill("Title", " ")
        browser.expect_complaint("status of 422")
        browser.press(Keys.ENTER)
        self.assertTrue(browser.error_beside("Title"))
        self.assertEqual(browser.focus_name(), "Title")
        self.assertEqual(self.server.items("tasks", user)[0]["title"], "Good")

    def test_searching_as_one_types(self):
        browser, user = self.signed_in()
        for title in ("Book the train", "Train the dog", "Call grandmother", "100% sure", "1000 steps"):
            self.server.add("tasks", user, title=title)
        browser.open("/tasks")
        browser.field("Search tasks").send_keys("trai")
        browser.wait(lambda: sorted(browser.titles()) == ["Book the train", "Train the dog"], "the two with trains")
        self.assertEqual(browser.focus_name(), "Search tasks")
        # What is typed goes on, and the address can be kept.
        browser.press("n the d")
        browser.wait(lambda: browser.titles() == ["Train the dog"], "the dog alone")
        self.assertEqual(browser.field("Search tasks").get_property("value"), "train the d")
        browser.driver.refresh()
        self.assertEqual(browser.titles(), ["Train the dog"])
        # A sign that databases take for "anything" is only itself.
        browser.fill("Search tasks", "0%")
        browser.wait(lambda: browser.titles() == ["100% sure"], "only what has the sign")
        browser.fill("Search tasks", "nothing like it")
        browser.see("No task is like that.")
        browser.link("Show all of them").click()
        browser.wait(lambda: len(browser.titles()) == 5, "all of them")

    def test_filtering_by_priority(self):
        browser, user = self.signed_in()
        for priority, title in enumerate(("None", "Low", "Medium", "High")):
            self.server.add("tasks", user, title=f"{title} one", priority=priority)
        browser.open("/tasks")
        search = browser.find("//form[@role='search']")
        browser.choose("Priority", "Medium or higher", search)
        browser.wait(lambda: sorted(browser.titles()) == ["High one", "Medium one"], "two of them")
        browser.choose("Priority", "High", browser.find("//form[@role='search']"))
        browser.wait(lambda: browser.titles() == ["High one"], "one of them")
        browser.choose("Priority", "Any priority", browser.find("//form[@role='search']"))
        browser.wait(lambda: len(browser.titles()) == 4, "all of them")

    def test_the_filter_keeps_the_keyboards_place(self):
        browser, user = self.signed_in()
        self.server.add("tasks", user, title="Low one", priority=1)
        self.server.add("tasks", user, title="None one")
        browser.open("/tasks")
        browser.run("document.getElementById('min-priority').focus()")
        browser.press(Keys.ARROW_DOWN)
        browser.wait(lambda: browser.titles() == ["Low one"], "one of them")
        self.assertEqual(browser.focus_name(), "Priority")

    def test_paging_over_120_tasks(self):
        browser, user = self.signed_in()
        for number in range(120):
            self.server.add("tasks", user, title=f"Task {number:03}")
        browser.open("/tasks")
        pages = [browser.titles()]
        for first in ("Task 069", "Task 019"):
            browser.link("More").click()
            browser.wait(lambda: browser.titles()[0] == first, f"the page that begins with {first}")
            pages.append(browser.titles())
        self.assertEqual([len(page) for page in pages], [50, 50, 20])
        # Newest first, each once.
        self.assertEqual(sum(pages, []), [f"Task {number:03}" for number in reversed(range(120))])
        self.assertFalse(browser.has("//a[normalize-space()='More']"))
        browser.driver.back()
        browser.wait(lambda: browser.titles()[0] == "Task 069", "the second page again")
        browser.link("Back to the first").click()
        browser.wait(lambda: browser.titles()[0] == "Task 119", "the first page again")

    def test_hostile_text_is_only_text(self):
        browser, user = self.signed_in(path="/tasks")
        browser.fill("New task", HOSTILE)
        browser.button("Add").click()
        browser.see_row(HOSTILE)
        self.assertEqual(self.server.items("tasks", user)[0]["title"], HOSTILE)
        browser.link(HOSTILE).click()
        self.assertEqual(browser.field("Title").get_property("value"), HOSTILE)
        self.assertNotIn("owned", browser.driver.title)

    def test_a_server_that_is_gone_is_told_and_nothing_is_lost(self):
        browser, _ = self.signed_in(path="/tasks")
        browser.fill("New task", "Not yet sent")
        browser.expect_complaint("ERR_INTERNET_DISCONNECTED")
        browser.cdp("Network.enable")
        offline = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        browser.cdp("Network.emulateNetworkConditions", offline=True, **offline)
        self.addCleanup(browser.cdp, "Network.emulateNetworkConditions", offline=False, **offline)
        browser.button("Add").click()
        browser.see_notice("The server cannot be reached.")
        browser.cdp("Network.emulateNetworkConditions", offline=False, **offline)
        self.assertEqual(browser.field("New task").get_property("value"), "Not yet sent")
        browser.button("Add").click()
        browser.see_row("Not yet sent")


class UndoTests(PageTest):
    """What was deleted by a slip comes back as it was."""

    def undo(self, browser):
        browser.see_notice("Deleted.")
        browser.button("Undo").click()
        browser.see_notice("It is back.")

    def test_a_task(self):
        browser, user = self.signed_in()
        self.server.add("tasks", user, title="Precious", description="With words", due_date="2030-05-06", priority=3)
        [before] = self.server.items("tasks", user)
        browser.open("/tasks")
        browser.button("Delete Precious").click()
        browser.see_no_row("Precious")
        self.assertEqual(self.server.items("tasks", user), [])
        self.undo(browser)
        browser.see_row("Precious")
        [after] = self.server.items("tasks", user)
        self.assertEqual(content(after), content(before))
        # Once only.
        browser.driver.refresh()
        self.assertFalse(browser.has("//button[normalize-space()='Undo']"))
        self.assertEqual(len(self.server.items("tasks", user)), 1)

    def test_a_task_comes_back_to_the_list_that_it_was_deleted_from(self):
        browser, user = self.signed_in()
        self.server.add("tasks", user, title="Was done", done=True)
        browser.open("/tasks?show=done")
        browser.button("Delete Was done").click()
        self.undo(browser)
        browser.see_row("Was done")
        self.assertEqual(browser.path, "/tasks?show=done")

    def test_a_note(self):
        browser, user = self.signed_in()
        note = self.server.add("notes", user, title="Precious", body="One\n\n  two\n")
        [before] = self.server.items("notes", user)
        browser.open(f"/notes/{note['id']}")
        browser.button("Delete").click()
        browser.see("No notes yet.")
        self.assertEqual(self.server.items("notes", user), [])
        self.undo(browser)
        self.assertEqual(browser.field("Text").get_property("value"), "One\n\n  two\n")
        [after] = self.server.items("notes", user)
        self.assertEqual(content(after), content(before))

    def test_an_event(self):
        browser, user = self.signed_in()
        event = self.server.add("events", user, title="Precious", starts_at="2027-03-04T05:06:07Z",
                                ends_at="2027-03-04T06:00:00Z", location="Vienna", description="With words")
        [before] = self.server.items("events", user)
        browser.open(f"/events/{event['id']}")
        browser.button("Delete").click()
        browser.be_at("/events?month=2027-03")
        browser.see("Nothing in March 2027")
        self.assertEqual(self.server.items("events", user), [])
        self.undo(browser)
        [after] = self.server.items("events", user)
        self.assertEqual(content(after), content(before))

    def test_an_event_is_to_be_seen_again_at_once(self):
        browser, user = self.signed_in()
        event = self.server.add("events", user, title="Precious", starts_at="2027-03-04T05:00:00Z",
                                ends_at="2027-03-04T06:00:00Z")
        browser.open(f"/events/{event['id']}")
        browser.button("Delete").click()
        self.undo(browser)
        browser.be_at("/events?month=2027-03")
        browser.see("Precious")


class NoteTests(PageTest):
    def test_a_note_is_written_and_changed(self):
        browser, user = self.signed_in(path="/notes")
        browser.link("New note").click()
        browser.be_at("/notes/new")
        self.assertEqual(browser.focus_name(), "Title")
        browser.fill("Title", "Shopping")
        browser.fill("Text", "Milk\nBread")
        browser.button("Save").click()
        browser.see_notice("Saved.")
        [note] = self.server.items("notes", user)
        self.assertEqual((note["title"], note["body"]), ("Shopping", "Milk\nBread"))
        browser.be_at(f"/notes/{note['id']}")
        browser.field("Text").send_keys("\nApples")
        browser.button("Save").click()
        browser.see_notice("Saved.")
        browser.wait(lambda: "Apples" in browser.row("Shopping").text, "the list shows the new text")
        self.assertEqual(self.server.items("notes", user)[0]["body"], "Milk\nBread\nApples")

    def test_searching_as_one_types(self):
        browser, user = self.signed_in()
        self.server.add("notes", user, title="Shopping", body="Milk and bread")
        self.server.add("notes", user, title="Talk", body="The lost backup")
        browser.open("/notes")
        browser.field("Search notes").send_keys("backup")
        browser.wait(lambda: browser.titles() == ["Talk"], "the note that has the word")
        self.assertEqual(browser.focus_name(), "Search notes")
        browser.fill("Search notes", "no such word")
        browser.see("No note says that.")

    def test_control_and_s_save(self):
        browser, user = self.signed_in(path="/notes/new")
        browser.fill("Title", "By the keyboard")
        browser.fill("Text", "Saved")
        browser.press_with(Keys.CONTROL, "s")
        browser.see_notice("Saved.")
        self.assertEqual([note["body"] for note in self.server.items("notes", user)], ["Saved"])

    def test_hostile_text_and_line_breaks_survive(self):
        body = f"\nfirst\n\n\tafter a tab\n{HOSTILE}\nlast  \n"
        browser, user = self.signed_in()
        note = self.server.add("notes", user, title=HOSTILE, body=body)
        browser.open(f"/notes/{note['id']}")
        self.assertEqual(browser.field("Title").get_property("value"), HOSTILE)
        self.assertEqual(browser.field("Text").get_property("value"), body)
        browser.see_row(HOSTILE)
        self.assertTrue(browser.driver.title.startswith(HOSTILE), browser.driver.title)
        # Saved as it was shown.
        browser.button("Save").click()
        browser.see_notice("Saved.")
        [after] = self.server.items("notes", user)
        self.assertEqual((after["title"], after["body"]), (HOSTILE, body))

    def open_and_type(self, **options):
        browser, user = self.signed_in(**options)
        note = self.server.add("notes", user, title="Draft", body="Before")
        browser.open(f"/notes/{note['id']}")
        browser.field("Text").send_keys(" and after")
        return browser, user

    def test_leaving_with_unsaved_words_warns(self):
        browser, user = self.open_and_type(name="asking", asks_before_leaving=True)
        browser.link("Tasks").click()
        browser.wait(lambda: browser.driver.switch_to.alert, "a warning").dismiss()
        self.assertTrue(browser.path.startswith("/notes/"))
        self.assertEqual(browser.field("Text").get_property("value"), "Before and after")
        # Once it is saved there is nothing to warn of.
        browser.button("Save").click()
        browser.see_notice("Saved.")
        browser.link("Tasks").click()
        browser.be_at("/tasks")
        self.assertEqual(self.server.items("notes", user)[0]["body"], "Before and after")

    def test_the_skip_link_leaves_unsaved_words_alone(self):
        browser, _ = self.open_and_type()
        browser.run("document.querySelector('.skip').focus()")
        browser.press(Keys.ENTER)
        browser.wait(lambda: browser.focused().get_attribute("id") == "main", "the content has the focus")
        # Whatever the link set off is done when a later request is.
        browser.run("window.quiet = 0; setTimeout(() => fetch('/tasks').then(() => window.quiet = 1), 50)")
        browser.wait(lambda: browser.run("return window.quiet") == 1)
        browser.wait(lambda: not browser.has("//main[@aria-busy]"))
        self.assertEqual(browser.field("Text").get_property("value"), "Before and after")

    def test_searching_does_not_throw_away_unsaved_words(self):
        browser, user = self.open_and_type(name="asking", asks_before_leaving=True)
        browser.field("Search notes").send_keys("no such word")
        browser.see("No note says that.")
        kept = browser.has("//*[@id='field-body']") and browser.field("Text").get_property("value")
        saved = self.server.items("notes", user)[0]["body"]
        self.assertIn("Before and after", (kept, saved))


class EventTests(PageTest):
    def day_cell(self, browser, label):
        return browser.find(f"//td[.//a[contains(@aria-label, '{label}')]]")

    def test_an_event_stands_on_its_day(self):
        browser, user = self.signed_in(path="/events?month=2026-11")
        browser.link("New event on Thursday, 12 November 2026").click()
        browser.fill("Title", "Dentist")
        browser.fill_time("Begins", "2026-11-12", "15:30")
        browser.fill_time("Ends", "2026-11-12", "16:15")
        browser.fill("Place", "Main Street 4")
        browser.button("Save").click()
        browser.be_at("/events?month=2026-11")
        self.assertIn("Dentist", self.day_cell(browser, "12 November 2026").text)
        self.assertNotIn("Dentist", self.day_cell(browser, "11 November 2026").text)
        self.assertNotIn("Dentist", self.day_cell(browser, "13 November 2026").text)
        [event] = self.server.items("events", user)
        self.assertEqual(
            (event["title"], event["starts_at"], event["ends_at"], event["location"]),
            ("Dentist", "2026-11-12T15:30:00Z", "2026-11-12T16:15:00Z", "Main Street 4"))

    def test_an_event_of_days_stands_on_each_of_them(self):
        browser, user = self.signed_in()
        self.server.add("events", user, title="Fair", starts_at="2026-11-16T08:00:00Z", ends_at="2026-11-18T00:00:00Z")
        browser.open("/events?month=2026-11")
        shown = [number for number in range(14, 21)
                 if "Fair" in self.day_cell(browser, f" {number} November 2026").text]
        # It ends at midnight: the 18th is not touched.
        self.assertEqual(shown, [16, 17])

    def test_months_back_and_forth(self):
        browser, user = self.signed_in()
        self.server.add("events", user, title="New year", starts_at="2027-01-01T00:00:00Z",
                        ends_at="2027-01-01T01:00:00Z")
        browser.open("/events?month=2026-11")

        def month(name):
            browser.wait(lambda: browser.driver.find_element(By.TAG_NAME, "h1").text == name, name)

        browser.link("On to December 2026").click()
        month("December 2026")
        browser.link("On to January 2027").click()
        month("January 2027")
        self.assertIn("New year", self.day_cell(browser, " 1 January 2027").text)
        # The keyboard stays on the arrow, so that one can go on.
        self.assertEqual(browser.focus_name(), "On to February 2027")
        browser.link("Back to December 2026").click()
        month("December 2026")
        browser.link("Back to November 2026").click()
        month("November 2026")
        browser.driver.back()
        month("December 2026")
        browser.driver.forward()
        month("November 2026")
        browser.link("Today").click()
        month(datetime.datetime.now(datetime.timezone.utc).strftime("%B %Y"))

    def test_the_agenda_lists_what_comes(self):
        browser, user = self.signed_in()
        for title, date in (("Past", "2026-11-10"), ("First", "2026-11-12"), ("Second", "2026-11-13")):
            self.server.add("events", user, title=title, starts_at=f"{date}T10:00:00Z", ends_at=f"{date}T11:30:00Z")
        browser.open("/events/agenda?from=2026-11-12")
        self.assertEqual(browser.titles(), ["First", "Second"])
        self.assertIn("10:00–11:30", browser.row("First").text)
        browser.see("Thursday, 12 November 2026")
        browser.field("Search events").send_keys("sec")
        browser.wait(lambda: browser.titles() == ["Second"], "the one event")
        self.assertEqual(browser.focus_name(), "Search events")

    def test_the_agendas_date_can_be_typed(self):
        browser, user = self.signed_in()
        for title, date in (("November", "2026-11-12"), ("December", "2026-12-13")):
            self.server.add("events", user, title=title, starts_at=f"{date}T10:00:00Z", ends_at=f"{date}T11:30:00Z")
        browser.open("/events/agenda?from=2026-10-20")
        browser.run("document.getElementById('from').focus()")
        # The list may follow after each part that is typed; the place in the field must stay.
        browser.press("12")
        browser.wait(lambda: browser.titles() == ["December"], "what comes from December on")
        self.assertEqual(browser.focus_name(), "From")
        browser.press("01")
        browser.wait(lambda: browser.field("From").get_property("value") == "2026-12-01")

    def test_an_event_that_ended_before_the_agenda_begins_is_not_in_it(self):
        browser, user = self.signed_in()
        self.server.add("events", user, title="Late show", starts_at="2026-11-11T22:00:00Z",
                        ends_at="2026-11-12T00:00:00Z")
        browser.open("/events/agenda?from=2026-11-12")
        self.assertEqual(browser.titles(), [])

    def test_an_end_before_the_beginning_is_refused_beside_the_field(self):
        browser, user = self.signed_in(path="/events/new?day=2026-11-12")
        browser.fill("Title", "Backwards")
        browser.fill_time("Begins", "2026-11-12", "15:00")
        browser.fill_time("Ends", "2026-11-12", "14:00")
        browser.fill("Place", "Here")
        browser.expect_complaint("status of 422")
        browser.button("Save").click()
        self.assertIn("before", browser.error_beside("Ends"))
        self.assertIsNone(browser.field("Begins").get_attribute("aria-invalid"))
        typed = {label: browser.field(label).get_property("value") for label in ("Title", "Begins", "Ends", "Place")}
        self.assertEqual(typed, {"Title": "Backwards", "Begins": "2026-11-12T15:00", "Ends": "2026-11-12T14:00",
                                 "Place": "Here"})
        self.assertEqual(self.server.items("events", user), [])

    def test_errors_speak_the_words_of_the_form(self):
        browser, _ = self.signed_in(path="/events/new?day=2026-11-12")
        browser.fill("Title", "Backwards")
        browser.fill_time("Ends", "2026-11-11", "14:00")
        browser.expect_complaint("status of 422")
        browser.button("Save").click()
        self.assertNotIn("_", browser.error_beside("Ends"))

    def test_times_are_the_readers(self):
        user = self.server.register()
        event = self.server.add("events", user, title="Night flight", starts_at="2026-11-26T02:00:00Z",
                                ends_at="2026-11-26T03:00:00Z")
        [before] = self.server.items("events", user)
        browser = self.browser()
        browser.zone("America/New_York")
        # The first page's script tells the server of the zone.
        browser.sign_in(user.name)
        browser.be_at("/tasks")
        browser.open("/events?month=2026-11")
        self.assertIn("Night flight", self.day_cell(browser, " 25 November 2026").text)
        self.assertNotIn("Night flight", self.day_cell(browser, " 26 November 2026").text)
        browser.see("Times are in America/New_York.")
        browser.open("/events/agenda?from=2026-11-25")
        browser.see("Wednesday, 25 November 2026")
        self.assertIn("21:00–22:00", browser.row("Night flight").text)
        # What is shown is what is saved.
        browser.open(f"/events/{event['id']}")
        self.assertEqual(browser.field("Begins").get_property("value"), "2026-11-25T21:00")
        browser.fill("Title", "Night train")
        browser.button("Save").click()
        browser.see("Night train")
        [after] = self.server.items("events", user)
        self.assertEqual(content(after), content(before) | {"title": "Night train"})

    def test_times_are_the_new_zones_after_a_journey(self):
        user = self.server.register()
        self.server.add("events", user, title="Call", starts_at="2026-11-26T02:00:00Z", ends_at="2026-11-26T03:00:00Z")
        browser, _ = self.signed_in(user)
        for zone, clock in (("America/New_York", "21:00"), ("Asia/Tokyo", "11:00")):
            browser.zone(zone)
            browser.open("/tasks")
            browser.open("/events/agenda?from=2026-11-20")
            self.assertIn(clock, browser.row("Call").text)

    def test_hostile_text_is_only_text(self):
        browser, user = self.signed_in()
        self.server.add("events", user, title=HOSTILE, starts_at="2026-11-12T10:00:00Z",
                        ends_at="2026-11-12T11:00:00Z", location=HOSTILE, description=HOSTILE)
        browser.open("/events?month=2026-11")
        self.assertIn("<script>", self.day_cell(browser, " 12 November 2026").get_property("textContent"))
        browser.find("//td//a[contains(@href, '/events/') and not(@aria-label)]").click()
        for label in ("Title", "Place", "Description"):
            self.assertEqual(browser.field(label).get_property("value"), HOSTILE)
        self.assertNotIn("owned", browser.driver.title)


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
        other, _ = self.signed_in(user, "/tasks", name="other")
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
        self.assertIn("8 characters", browser.error_beside("New password"))
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
        browser.see_notice("That session has ended.")
        self.assertEqual(len(browser.driver.find_elements(By.XPATH, ends)), 1)
        states = sorted(self.server.request("GET", "/api/me", token).status for token in others)
        self.assertEqual(states, [200, 401])
        browser.button("End all others").click()
        browser.see_notice("All your other sessions have ended.")
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
        browser.expect_complaint("status of 401")
        browser.sign_in(user.name)
        browser.see("The username or the password is wrong.")

        self.server.run("user", "restore", str(user.id))
        browser.sign_in(user.name)
        browser.be_at("/tasks")
        browser.see_row("Still there")

    def test_an_administrators_access_is_told(self):
        browser, user = self.signed_in(path="/account")
        browser.see("Nobody but you.")
        root = self.server.make_administrator()
        self.server.api("POST", f"/admin/user/{user.id}/access", root.token, {"reason": "She asked for help"})
        browser.driver.refresh()
        browser.see("She asked for help")
        self.assertIn("root", browser.text())


class KeyboardTests(PageTest):
    def assert_focus_is_somewhere(self, browser):
        self.assertFalse(browser.has_focus_nowhere(), f"nothing has the focus at {browser.path}")

    def test_everything_works_with_keys_alone(self):
        user = self.server.register()
        browser = self.browser()
        browser.open("/sign-in")
        self.assertEqual(browser.focus_name(), "Username")
        browser.press(user.name, Keys.TAB, PASSWORD, Keys.ENTER)
        browser.be_at("/tasks")

        for title in ("First", "Second"):
            if browser.focus_name() != "New task":
                browser.tab_to("New task")
            browser.press(title, Keys.ENTER)
            browser.see_row(title)
            self.assert_focus_is_somewhere(browser)

        # The arrows go from row to row, to the same thing.
        browser.tab_to("Done: Second")
        browser.press(Keys.ARROW_DOWN)
        self.assertEqual(browser.focus_name(), "Done: First")
        browser.press(Keys.ARROW_UP)
        self.assertEqual(browser.focus_name(), "Done: Second")
        browser.press(Keys.SPACE)
        browser.see_no_row("Second")
        self.assert_focus_is_somewhere(browser)

        browser.tab_to("Done")
        browser.press(Keys.ENTER)
        browser.see_row("Second")
        self.assert_focus_is_somewhere(browser)

        browser.tab_to("Delete Second")
        browser.press(Keys.ENTER)
        browser.see_no_row("Second")
        self.assertEqual(browser.focus_name(), "Undo")
        browser.press(Keys.ENTER)
        browser.see_notice("It is back.")
        self.assert_focus_is_somewhere(browser)
        self.assertEqual(len(self.server.items("tasks", user)), 2)

        browser.tab_to("Sign out", backward=True)
        browser.press(Keys.ENTER)
        browser.see_notice("You are signed out.")

    def test_the_skip_link_skips_the_menu(self):
        browser, user = self.signed_in(path="/tasks")
        browser.press(Keys.TAB)
        self.assertEqual(browser.focus_name(), "Skip to the content")
        self.assertTrue(browser.focused().is_displayed())
        browser.press(Keys.ENTER)
        browser.wait(lambda: browser.focused().get_attribute("id") == "main", "the content has the focus")
        browser.press(Keys.TAB)
        self.assertEqual(browser.focus_name(), "New task")

    def test_whatever_has_the_focus_shows_it(self):
        browser, user = self.signed_in()
        self.server.add("tasks", user, title="One", priority=1)
        for path, last in (("/tasks", "Delete One"), ("/account", "Delete my account")):
            browser.open(path)
            while True:
                browser.press(Keys.TAB)
                self.assert_focus_is_somewhere(browser)
                outline = browser.focused().value_of_css_property("outline-style")
                self.assertNotIn(outline, ("none", ""), browser.focus_name())
                if browser.focus_name() == last:
                    break

    def test_checking_off_keeps_the_place_in_the_list(self):
        browser, user = self.signed_in()
        for number in range(5):
            self.server.add("tasks", user, title=f"Task {number}")
        browser.open("/tasks")
        browser.tab_to("Done: Task 2")
        browser.press(Keys.SPACE)
        browser.see_no_row("Task 2")
        self.assertTrue(browser.focus_name().startswith("Done: "), browser.focus_name())


class NoScriptTests(PageTest):
    """Without JavaScript everything works, by whole pages."""

    def browser(self, name="plain", **options):
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
        browser.see("No task is like that.")

    def test_notes_and_events(self):
        browser, user = self.signed_in(path="/notes/new", name="plain")
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
        self.assertEqual(self.server.items("events", user)[0]["starts_at"], "2026-11-12T09:00:00Z")
        browser.link("On to December 2026").click()
        browser.see("Nothing in December 2026")

    def test_the_account(self):
        browser, user = self.signed_in(path="/account", name="plain")
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
