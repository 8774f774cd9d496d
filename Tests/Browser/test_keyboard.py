"""All of it by the keyboard."""

import unittest

from selenium.webdriver.common.keys import Keys

from harness import PASSWORD, PageTest


class KeyboardTests(PageTest):
    def assert_focus_is_somewhere(self, browser):
        self.assertFalse(browser.has_focus_nowhere(), f"nothing has the focus at {browser.path}")

    def test_everything_works_with_keys_alone(self):
        user = self.server.register()
        browser = self.browser()
        browser.open("/sign-in")
        self.assertEqual(browser.focus_name(), "Username or email")
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
        browser.settle()
        browser.press(Keys.TAB)
        self.assertEqual(browser.focus_name(), "New task")

    def test_the_skip_link_loads_nothing_anew(self):
        browser, _ = self.signed_in(path="/tasks")
        browser.press(Keys.TAB)
        browser.run("document.querySelector('h1').isTheFirst = true")
        browser.press(Keys.ENTER)
        browser.settle()
        self.assertTrue(browser.run("return document.querySelector('h1').isTheFirst"))

    def test_whatever_has_the_focus_shows_it(self):
        browser, user = self.signed_in()
        self.server.add("tasks", user, title="One", priority=1)
        for path, last in (("/tasks", "Delete One"), ("/account", "Delete my account")):
            browser.open(path)
            while True:
                browser.press(Keys.TAB)
                self.assert_focus_is_somewhere(browser)
                target = browser.focused()
                # In a field for dates the browser itself marks the part that has the focus.
                if target.get_attribute("type") not in ("date", "datetime-local"):
                    outline = target.value_of_css_property("outline-style")
                    self.assertNotIn(outline, ("none", ""), browser.focus_name())
                if browser.focus_name() == last:
                    break

    def test_a_key_that_was_meant_for_the_row_that_went_ticks_no_other(self):
        browser, user = self.signed_in()
        for number in range(5):
            self.server.add("tasks", user, title=f"Task {number}")
        browser.open("/tasks")
        browser.tab_to("Done: Task 2")
        browser.press(Keys.SPACE)
        browser.see_no_row("Task 2")
        # The place in the list is kept, but on the row as a whole.
        self.assertEqual(browser.focused().tag_name, "li")
        browser.press(Keys.SPACE)
        browser.settle()
        self.assertEqual([task["title"] for task in self.server.items("tasks", user) if task["is_done"]], ["Task 2"])
        browser.press(Keys.TAB)
        self.assertEqual(browser.focus_name(), "Done: Task 1")
        # A row that is still there keeps the keyboard where it was, whatever has moved above it.
        self.server.add("tasks", user, title="Task 5")
        browser.run("return refresh(() => true)")
        browser.see_row("Task 5")
        self.assertEqual(browser.focus_name(), "Done: Task 1")


if __name__ == "__main__":
    unittest.main()
