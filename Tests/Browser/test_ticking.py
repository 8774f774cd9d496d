"""Checking off at working speed: what is clicked is what is done, on slow networks too."""

import time
import unittest

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from harness import PageTest


class TickingTests(PageTest):
    def with_tasks(self, count):
        browser, user = self.signed_in()
        for number in range(count):
            self.server.add("tasks", user, title=f"Task {count - number}")
        browser.open("/tasks")
        return browser, user

    def done(self, user):
        return sorted(task["title"] for task in self.server.items("tasks", user) if task["is_done"])

    def place(self, browser, title):
        """The middle of a task's circle, in the window."""
        return browser.run("const box = arguments[0].getBoundingClientRect();"
                           "return [box.x + box.width / 2, box.y + box.height / 2]", browser.button(f"Done: {title}"))

    def click_at(self, browser, places):
        """Clicks with the mouse on places of the window, whatever is there by then, ten times a second."""
        chain = ActionChains(browser.driver, duration=0)
        for x, y in places:
            chain.w3c_actions.pointer_action.move_to_location(round(x), round(y))
            chain.w3c_actions.pointer_action.click()
            chain.pause(0.1)
        chain.perform()

    def test_each_click_meets_its_own_row(self):
        for latency in (0, 150, 400):
            with self.subTest(latency=latency):
                browser, user = self.with_tasks(6)
                browser.network(latency_milliseconds=latency)
                wanted = ["Task 1", "Task 2", "Task 3", "Task 5"]
                places = [self.place(browser, title) for title in wanted]
                self.click_at(browser, places)
                # At once, and all rows where they were.
                self.assertEqual(browser.titles(), [f"Task {number}" for number in range(1, 7)])
                ticked = browser.run("return [...document.querySelectorAll('.tasks > .done .title')].map(t => t.textContent)")
                self.assertEqual(ticked, wanted)
                line = browser.row("Task 1").find_element("css selector", ".title").value_of_css_property("text-decoration-line")
                self.assertEqual(line, "line-through")
                browser.wait(lambda: self.done(user) == wanted, "exactly those are done")
                browser.network()
        # When nobody has touched the list for a while, what is done goes.
        browser.wait(lambda: browser.titles() == ["Task 4", "Task 6"], "the list is brought up to date")
        browser.see("Open 2")
        self.assertEqual(self.done(user), wanted)

    def test_what_was_checked_off_is_undone(self):
        browser, user = self.with_tasks(2)
        browser.network(latency_milliseconds=200)
        browser.button("Done: Task 1").click()
        browser.see_notice("Checked off.")
        browser.button("Undo").click()
        browser.see_notice("Open again.")
        self.assertEqual(browser.button("Done: Task 1").get_attribute("aria-checked"), "false")
        self.assertEqual(browser.focus_name(), "Done: Task 1")
        browser.settle()
        self.assertEqual(self.done(user), [])
        # Also when the row has gone meanwhile.
        browser.button("Done: Task 2").click()
        browser.see_no_row("Task 2")
        self.assertEqual(self.done(user), ["Task 2"])
        browser.button("Undo").click()
        browser.see_row("Task 2")
        self.assertEqual(self.done(user), [])

    def test_a_failure_puts_the_row_back_and_says_why(self):
        browser, user = self.with_tasks(2)
        browser.expect_complaint("ERR_INTERNET_DISCONNECTED")
        browser.network(is_there=False)
        browser.button("Done: Task 1").click()
        browser.see_notice("“Task 1” is as it was. There is no connection right now.")
        self.assertEqual(browser.button("Done: Task 1").get_attribute("aria-checked"), "false")
        browser.network()
        browser.expect_complaint("status of 404")
        gone = next(task for task in self.server.items("tasks", user) if task["title"] == "Task 2")
        self.server.request("DELETE", f"/api/tasks/{gone['id']}", user.token)
        browser.button("Done: Task 2").click()
        browser.see_notice("“Task 2” is as it was. There is nothing here.")
        self.assertEqual(self.done(user), [])

    def test_a_click_under_a_resting_pointer_meets_no_row_that_has_just_come(self):
        browser, user = self.with_tasks(3)
        browser.button("Done: Task 1").click()
        browser.wait(lambda: self.done(user) == ["Task 1"], "it is stored")
        # As many rows as before, and others.
        self.server.add("tasks", user, title="Task 0")
        # A click where the pointer rests, at the moment when the rows move: on the bin, the title and the circle.
        browser.run("""
            window.met = []
            addEventListener('submit', event => { met.push('submit'); event.preventDefault() }, true)
            const named = document.querySelector('.tasks > li:first-child').id
            new MutationObserver(() => {
                const row = document.querySelector('.tasks > li:first-child')
                if (!row || row.id === named || window.isOver) return
                window.isOver = true
                setTimeout(() => {
                    for (const part of row.querySelectorAll('.check, .title, .icon')) {
                        const click = new MouseEvent('click', { bubbles: true, cancelable: true, detail: 1 })
                        part.dispatchEvent(click)
                        if (!click.defaultPrevented) met.push(part.className)
                    }
                })
            }).observe(document.getElementById('main'), { childList: true, subtree: true })""")
        browser.wait(lambda: browser.run("return window.isOver"), "the rows have moved")
        browser.settle()
        self.assertEqual(browser.run("return window.met"), [])
        self.assertEqual(browser.path, "/tasks")

    def test_a_refresh_that_meets_the_sign_in_page_leaves_what_is_half_written(self):
        browser, user = self.with_tasks(2)
        browser.button("Done: Task 1").click()
        browser.wait(lambda: self.done(user) == ["Task 1"], "it is stored")
        browser.fill("New task", "Half written")
        self.server.request("POST", "/api/logout", user.token)
        browser.run("refresh(() => true).then(() => window.isOver = true)")
        browser.wait(lambda: browser.run("return window.isOver"), "the refresh is over")
        self.assertEqual(browser.path, "/tasks")
        self.assertEqual(browser.field("New task").get_property("value"), "Half written")

    def test_a_page_that_comes_back_as_it_was_left_is_loaded_anew(self):
        browser, _ = self.with_tasks(1)
        browser.run("""
            window.isOld = true
            dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))
            dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))""")
        browser.wait(lambda: not browser.run("return window.isOld"), "the page is loaded again")
        browser.see_row("Task 1")

    def test_no_second_request_goes_out_beside_one_in_flight_when_the_page_is_left(self):
        browser, _ = self.with_tasks(1)
        asked = browser.run("""
            let asked = 0
            window.fetch = () => { asked += 1; return new Promise(() => {}) }
            document.querySelector('.check').click()
            document.querySelector('.check').click()
            dispatchEvent(new PageTransitionEvent('pagehide'))
            const leaving = new Event('beforeunload', { cancelable: true })
            dispatchEvent(leaving)
            for (const one of ticks.values()) one.wanted = one.sent
            return [asked, leaving.defaultPrevented]""")
        self.assertEqual(asked, [1, True])

    def test_what_was_checked_off_is_stored_when_the_page_is_left_at_once(self):
        browser, user = self.with_tasks(8)
        browser.network(latency_milliseconds=400)
        self.click_at(browser, [self.place(browser, f"Task {number}") for number in range(1, 8)])
        browser.driver.get(f"{self.server.address}/notes")
        browser.network()
        browser.wait(lambda: len(self.done(user)) == 7, "all of them are stored")


class WaitingTests(PageTest):
    """What is clicked and written while an answer is on its way."""

    def test_clicks_wait_for_their_turn(self):
        browser, user = self.signed_in()
        for title in ("One", "Two", "Three"):
            self.server.add("tasks", user, title=title)
        browser.open("/tasks")
        browser.fill("New task", "Half written")
        browser.network(latency_milliseconds=300)
        for title in ("One", "Three"):
            browser.button(f"Delete {title}").click()
        browser.wait(lambda: browser.titles() == ["Two"], "both are deleted")
        self.assertEqual(browser.field("New task").get_property("value"), "Half written")
        browser.field("New task").send_keys(Keys.ENTER)
        browser.fill("New task", "Next")
        browser.field("New task").send_keys(Keys.ENTER)
        browser.wait(lambda: browser.titles() == ["Next", "Half written", "Two"], "both are added")
        self.assertEqual(browser.field("New task").get_property("value"), "")

    def test_a_fault_in_the_page_does_not_stop_what_is_clicked_after_it(self):
        browser, _ = self.signed_in(path="/tasks")
        browser.expect_complaint("planted")
        browser.run("""
            const parse = DOMParser.prototype.parseFromString
            DOMParser.prototype.parseFromString = () => {
                DOMParser.prototype.parseFromString = parse
                throw new Error('planted')
            }""")
        browser.link("With a date").click()
        browser.see_notice("Something on this page went wrong.")
        browser.fill("New task", "After it")
        browser.field("New task").send_keys(Keys.ENTER)
        browser.see_row("After it")

    def test_an_answer_that_never_comes_does_not_stop_what_is_clicked_after_it(self):
        browser, _ = self.signed_in(path="/tasks")
        # A minute is as short here as a tenth of a second.
        browser.run("""
            const wait = window.setTimeout, ask = window.fetch
            window.setTimeout = (body, milliseconds) => wait(body, milliseconds === 60000 ? 100 : milliseconds)
            window.fetch = (url, options) => new Promise((_, fail) => {
                window.fetch = ask
                window.setTimeout = wait
                options.signal.addEventListener('abort', () => fail(options.signal.reason))
            })""")
        browser.fill("New task", "Once more")
        browser.field("New task").send_keys(Keys.ENTER)
        browser.see_notice("There was no answer for a minute.")
        self.assertEqual(browser.field("New task").get_property("value"), "Once more")
        browser.field("New task").send_keys(Keys.ENTER)
        browser.see_row("Once more")

    def test_a_bar_shows_after_a_moment(self):
        browser, _ = self.signed_in(path="/tasks")
        shown = "return getComputedStyle(document.querySelector('main'), '::before')"
        self.assertEqual(browser.run(shown + ".content"), "none")
        browser.network(latency_milliseconds=1500)
        browser.find("//nav[@aria-label='Which tasks']//a[normalize-space()='Done']").click()
        started = time.monotonic()
        browser.wait(lambda: browser.run(shown + ".opacity") == "1", "the bar shows", seconds=1)
        self.assertLess(time.monotonic() - started, 1)
        browser.wait(lambda: browser.path == "/tasks?show=done" and not browser.has("//main[@aria-busy]"), "it is over")


if __name__ == "__main__":
    unittest.main()
