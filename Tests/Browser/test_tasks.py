"""Tasks, and how what was deleted comes back."""

import unittest

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from harness import HOSTILE, PageTest, content, day


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
        self.assertTrue(self.server.items("tasks", user)[0]["is_done"])
        browser.find("//nav[@aria-label='Which tasks']//a[normalize-space()='Done']").click()
        browser.see_row("Water the plants")
        box = browser.button("Done: Water the plants")
        self.assertEqual((box.aria_role, box.get_attribute("aria-checked")), ("checkbox", "true"))
        box.click()
        browser.see_no_row("Water the plants")
        self.assertFalse(self.server.items("tasks", user)[0]["is_done"])

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
        browser.see("No results for \"nothing like it\".")
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
            # Its head is in sight, and the keyboard is there.
            self.assertEqual(browser.focus_name(), f"Done: {first}")
            top = browser.run("return document.querySelector('.tasks > li').getBoundingClientRect().top")
            self.assertTrue(0 <= top < 300, top)
        self.assertEqual([len(page) for page in pages], [50, 50, 20])
        # Newest first, each once.
        self.assertEqual(sum(pages, []), [f"Task {number:03}" for number in reversed(range(120))])
        self.assertFalse(browser.has("//a[normalize-space()='More']"))
        browser.see("101–120 of 120")
        browser.link("Previous").click()
        browser.wait(lambda: browser.titles()[0] == "Task 069", "the page before")
        browser.see("51–100 of 120")
        browser.driver.back()
        browser.wait(lambda: browser.titles()[0] == "Task 019", "the third page again")
        browser.driver.back()
        browser.wait(lambda: browser.titles()[0] == "Task 069", "the second page again")
        browser.link("Back to the first").click()
        browser.wait(lambda: browser.titles()[0] == "Task 119", "the first page again")

    def test_a_double_click_adds_one_task(self):
        browser, user = self.signed_in(path="/tasks")
        browser.fill("New task", "Once")
        ActionChains(browser.driver).double_click(browser.button("Add")).perform()
        browser.see_row("Once")
        browser.settle()
        self.assertEqual([task["title"] for task in self.server.items("tasks", user)], ["Once"])

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
        browser.see_notice("There is no connection right now.")
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
        self.server.add("tasks", user, title="Was done", is_done=True)
        browser.open("/tasks?show=done")
        browser.button("Delete Was done").click()
        self.undo(browser)
        self.assertEqual(browser.path, "/tasks?show=done")
        browser.see_row("Was done")

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
        self.assertEqual(browser.path, "/events?month=2027-03")
        browser.see("Precious")


if __name__ == "__main__":
    unittest.main()
