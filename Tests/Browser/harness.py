"""What the tests of the pages stand on: a server for each class, and browsers that must not complain."""

import atexit
import datetime
import unittest

from selenium.common.exceptions import WebDriverException

from accessibility import accessibility_faults, assert_accessible
from browser import Browser, Load, row_path
from server import PASSWORD, Server, User

__all__ = [
    "PASSWORD", "HOSTILE", "Browser", "Load", "PageTest", "Server", "User", "accessibility_faults",
    "assert_accessible", "content", "day", "row_path",
]

HOSTILE = "<script>document.title = 'owned'</script> \"quoted\" & 'single' </textarea> {{title}}"


def day(offset=0):
    """A day near today, as `2026-11-25`."""
    return str(datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=offset))


def content(item):
    """What an item holds that deleting and undoing must not change."""
    return {name: value for name, value in item.items() if name not in ("id", "updated_at")}


# Starting one takes longer than most tests.
_browsers = {}


@atexit.register
def _quit_browsers():
    for browser in _browsers.values():
        browser.quit()


class PageTest(unittest.TestCase):
    """Has one server, and browsers that are used again from test to test."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.stop)

    def browser(self, name="first", **options):
        """A browser as good as new, that must not have complained when the test ends.

        name: tells browsers apart that one test has side by side."""
        key = (name, *sorted(options.items()))
        browser = _browsers.get(key)
        if browser is not None:
            try:
                browser.reset(self.server)
            except WebDriverException:
                # An earlier test left it in a state that it does not come out of.
                browser.quit()
                browser = None
        if browser is None:
            browser = _browsers[key] = Browser(self.server, **options)
            browser.reset(self.server)
        self.addCleanup(browser.assert_only_expected_complaints)
        return browser

    def signed_in(self, user=None, path=None, name="first", **options):
        """A browser of a user, who is new unless given."""
        user = user or self.server.register()
        browser = self.browser(name, **options)
        browser.become(user)
        if path:
            browser.open(path)
        return browser, user
