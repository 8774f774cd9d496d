"""Events: the month, the agenda and the form, in the time zone of the reader."""

import datetime
import unittest

from selenium.webdriver.common.by import By

from harness import HOSTILE, PageTest, content


class EventTests(PageTest):
    def day_cell(self, browser, label):
        return browser.find(f"//td[.//a[contains(@aria-label, '{label}')]]")

    def test_an_event_stands_on_its_day(self):
        browser, user = self.signed_in(path="/events?month=2026-11")
        browser.link("New event on Thursday, 12 November 2026").click()
        browser.fill("Title", "Dentist")
        browser.fill_time("Begins", "2026-11-12", "15:30")
        browser.fill_time("Ends", "2026-11-12", "16:15")
        browser.fill("Location", "Main Street 4")
        browser.button("Save").click()
        browser.be_at("/events?month=2026-11")
        self.assertIn("Dentist", self.day_cell(browser, "12 November 2026").text)
        self.assertNotIn("Dentist", self.day_cell(browser, "11 November 2026").text)
        self.assertNotIn("Dentist", self.day_cell(browser, "13 November 2026").text)
        [event] = self.server.items("events", user)
        self.assertEqual(
            (event["title"], event["starts_at"], event["ends_at"], event["location"]),
            ("Dentist", "2026-11-12T15:30:00.000Z", "2026-11-12T16:15:00.000Z", "Main Street 4"))

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
        browser.open("/events/agenda?from=2026-10-01")
        browser.run("document.getElementById('from').focus()")
        # The list may follow after each part that is typed; the place in the field must stay.
        browser.press("12")
        browser.wait(lambda: browser.titles() == ["December"], "what comes from December on")
        self.assertEqual(browser.focus_name(), "From")
        browser.press("13")
        browser.wait(lambda: browser.field("From").get_property("value") == "2026-12-13")

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
        browser.fill("Location", "Here")
        browser.expect_complaint("status of 422")
        browser.button("Save").click()
        self.assertIn("before", browser.error_beside("Ends"))
        self.assertIsNone(browser.field("Begins").get_attribute("aria-invalid"))
        typed = {label: browser.field(label).get_property("value") for label in ("Title", "Begins", "Ends", "Location")}
        self.assertEqual(typed, {"Title": "Backwards", "Begins": "2026-11-12T15:00", "Ends": "2026-11-12T14:00",
                                 "Location": "Here"})
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
        for label in ("Title", "Location", "Description"):
            self.assertEqual(browser.field(label).get_property("value"), HOSTILE)
        self.assertNotIn("owned", browser.driver.title)


if __name__ == "__main__":
    unittest.main()
