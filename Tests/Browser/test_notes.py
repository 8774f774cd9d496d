"""Notes."""

import unittest

from selenium.webdriver.common.keys import Keys

from harness import HOSTILE, PageTest


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
        browser.see("No results for")

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
        browser, user = self.open_and_type(asks_before_leaving=True)
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
        browser.run("window.confirm = () => { window.asked = true; return false }")
        browser.run("document.querySelector('.skip').focus()")
        browser.press(Keys.ENTER)
        browser.wait(lambda: browser.focused().get_attribute("id") == "main", "the content has the focus")
        browser.settle()
        self.assertFalse(browser.run("return window.asked"), "nothing is left, so there is nothing to ask")
        self.assertEqual(browser.field("Text").get_property("value"), "Before and after")

    def test_words_that_cannot_be_sent_stay(self):
        browser, user = self.open_and_type()
        browser.expect_complaint("ERR_INTERNET_DISCONNECTED")
        browser.network(is_there=False)
        browser.button("Save").click()
        browser.see_notice("There is no connection right now.")
        self.assertEqual(browser.field("Text").get_property("value"), "Before and after")
        browser.network(is_there=True)
        browser.button("Save").click()
        browser.see_notice("Saved.")
        self.assertEqual(self.server.items("notes", user)[0]["body"], "Before and after")

    def test_words_stay_where_the_session_has_ended(self):
        browser, user = self.open_and_type()
        self.server.request("POST", "/api/logout", user.token)
        browser.button("Save").click()
        browser.see_notice("You are signed out.")
        self.assertEqual(browser.field("Text").get_property("value"), "Before and after")
        browser.become(user, self.server.login(user))
        browser.button("Save").click()
        browser.see_notice("Saved.")

    def test_words_that_the_server_refuses_stay(self):
        browser, user = self.open_and_type()
        browser.expect_complaint("status of 404")
        note = self.server.items("notes", user)[0]
        self.server.request("DELETE", f"/api/notes/{note['id']}", user.token)
        browser.button("Save").click()
        browser.see_notice("Not done. There is nothing here.")
        self.assertEqual(browser.field("Text").get_property("value"), "Before and after")

    def test_a_search_that_fails_leaves_the_editor_alone(self):
        browser, user = self.open_and_type()
        browser.expect_complaint("status of 422")
        # A search may have 200 characters; the field itself takes no more.
        browser.run("document.getElementById('search').maxLength = 300")
        browser.field("Search notes").send_keys("x" * 201)
        browser.see_notice("Not done.")
        self.assertEqual(browser.field("Text").get_property("value"), "Before and after")

    def test_what_is_typed_while_it_is_saved_is_kept_and_not_yet_saved(self):
        browser, user = self.open_and_type()
        browser.network(latency_milliseconds=700)
        browser.button("Save").click()
        browser.field("Text").send_keys(" and later")
        browser.see_notice("Saved.")
        browser.network(is_there=True)
        self.assertEqual(browser.field("Text").get_property("value"), "Before and after and later")
        self.assertEqual(self.server.items("notes", user)[0]["body"], "Before and after")
        browser.run("window.confirm = () => { window.asked = true; return false }")
        self.assertTrue(browser.run("return isUnsaved()"))
        browser.button("Save").click()
        browser.wait(lambda: self.server.items("notes", user)[0]["body"] == "Before and after and later")

    def test_searching_does_not_throw_away_unsaved_words(self):
        browser, user = self.open_and_type()
        # They may be asked about, or stay beside what is found.
        browser.run("window.confirm = () => { window.asked = true; return false }")
        browser.field("Search notes").send_keys("no such word")
        browser.wait(lambda: browser.run("return window.asked") or browser.has("//p[starts-with(., 'No results for')]"))
        self.assertTrue(browser.has("//*[@id='field-body']"), "the editor is gone")
        self.assertEqual(browser.field("Text").get_property("value"), "Before and after")


if __name__ == "__main__":
    unittest.main()
