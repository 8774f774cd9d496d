"""A Chromium with words for what people do in it, that watches what the pages make it complain of."""

import json
import os
import re
import urllib.parse
from dataclasses import dataclass, field

from selenium import webdriver
from selenium.common.exceptions import TimeoutException, UnexpectedAlertPresentException, WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from server import OPENER, PASSWORD, WAIT_SECONDS

CHROMIUM = os.environ.get("UNIFY_CHROMIUM", "/usr/bin/chromium")
CHROMEDRIVER = os.environ.get("UNIFY_CHROMEDRIVER", "/usr/bin/chromedriver")


@dataclass
class Load:
    """What one page fetched."""

    bytes: int = 0
    hosts: set = field(default_factory=set)
    sizes: dict = field(default_factory=dict)


class Browser:
    """A Chromium, with words for what people do in it."""

    def __init__(self, server, *, javascript=True, records_network=False, asks_before_leaving=False):
        options = Options()
        options.binary_location = CHROMIUM
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--lang=en-US", "--window-size=1280,900"):
            options.add_argument(argument)
        if not javascript:
            options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
        if asks_before_leaving:
            # Only with these two the driver does not say yes by itself to "leave this page?".
            options.set_capability("webSocketUrl", True)
            options.set_capability("unhandledPromptBehavior", {"beforeUnload": "ignore"})
        logs = {"browser": "ALL"} | ({"performance": "ALL"} if records_network else {})
        options.set_capability("goog:loggingPrefs", logs)
        self.server = server
        self._expected = []
        self._allowed = []
        self.driver = webdriver.Chrome(options=options, service=Service(CHROMEDRIVER))
        self.driver.set_page_load_timeout(WAIT_SECONDS)
        self.driver.set_script_timeout(WAIT_SECONDS * 3)
        # Said in the console, so that a violation outlives the page that it was on.
        self.cdp("Page.addScriptToEvaluateOnNewDocument", source="""
            document.addEventListener('securitypolicyviolation', event =>
                console.error('CSP violation: ' + event.violatedDirective + ' ' + event.blockedURI))""")

    def quit(self):
        self.driver.quit()

    def reset(self, server):
        """Makes it like new for the next test."""
        self.server = server
        self.driver.get("about:blank")
        self.cdp("Network.clearBrowserCookies")
        self.view()
        self.scheme("light")
        self.zone("")
        self.network()
        self._expected = []
        self._allowed = []
        self.driver.get_log("browser")

    def cdp(self, command, **parameters):
        return self.driver.execute_cdp_cmd(command, parameters)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    # What it pretends

    def view(self, width=1280, height=900, is_phone=False):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=is_phone)
        # So that the page has the whole width.
        self.cdp("Emulation.setScrollbarsHidden", hidden=True)

    def scheme(self, name):
        # Colours that are still on their way from one scheme to the other would be judged as well.
        still = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}, still])

    def zone(self, name):
        self.cdp("Emulation.setTimezoneOverride", timezoneId=name)

    def network(self, is_there=True, latency_milliseconds=0):
        self.cdp("Network.enable")
        self.cdp("Network.emulateNetworkConditions", offline=not is_there, latency=latency_milliseconds,
                 downloadThroughput=-1, uploadThroughput=-1)

    # Where it is

    def open(self, path):
        self.driver.get(self.server.address + path)

    @property
    def path(self):
        url = urllib.parse.urlsplit(self.driver.current_url)
        return url.path + (f"?{url.query}" if url.query else "")

    def text(self):
        """What the content of the page says."""
        return self.driver.find_element(By.ID, "main").text

    def notice(self):
        return self.driver.find_element(By.XPATH, "//*[@role='status']").text

    # Waiting

    def wait(self, condition, message="what was waited for", *, seconds=None):
        """Waits until a condition holds. What it looks at may come and go: errors of the driver count as not yet."""
        def attempt(_):
            try:
                return condition()
            except UnexpectedAlertPresentException as error:
                raise AssertionError(f"The page asked something, waiting for {message}: {error.alert_text}") from None
        try:
            waiting = WebDriverWait(self.driver, seconds or WAIT_SECONDS, 0.03, [WebDriverException])
            return waiting.until(attempt)
        except TimeoutException:
            shown = self.driver.find_element(By.TAG_NAME, "body").text
            raise AssertionError(f"Not so in time: {message}\nAt {self.path}:\n{shown}") from None

    def settle(self):
        """Waits until what the page has set off is over: a request made after it has been answered."""
        self.run("window.settled = false; setTimeout(() => fetch('/sign-in').then(() => window.settled = true), 50)")
        self.wait(lambda: self.run("return window.settled"), "a later request is answered")
        self.wait(lambda: not self.has("//main[@aria-busy]"), "the page is not busy")

    def see(self, text):
        self.wait(lambda: text in self.text(), f"“{text}” is shown")

    def see_no(self, text):
        self.wait(lambda: text not in self.text(), f"“{text}” is not shown")

    def see_notice(self, text):
        self.wait(lambda: text in self.notice(), f"the notice “{text}”")

    def be_at(self, path):
        self.wait(lambda: self.path == path, f"the page {path}")

    # Finding by what people and their tools see

    def find(self, xpath, within=None):
        """The one element, once it is shown."""
        def shown():
            found = [element for element in (within or self.driver).find_elements(By.XPATH, xpath)
                     if element.is_displayed()]
            return found[0] if found else None
        return self.wait(shown, f"an element {xpath}")

    def has(self, xpath):
        return bool(self.driver.find_elements(By.XPATH, xpath))

    def field(self, label, within=None):
        """A field by the text of its label."""
        def labelled():
            for element in (within or self.driver).find_elements(
                    By.XPATH, f".//label[normalize-space()={_quoted(label)}]"):
                target = self.driver.find_element(By.ID, element.get_attribute("for"))
                if target.is_displayed():
                    return target
            return None
        return self.wait(labelled, f"a field “{label}”")

    def button(self, name, within=None):
        return self.find(f".//button[{_named(name)}]", within)

    def link(self, name, within=None):
        return self.find(f".//a[{_named(name)}]", within)

    def row(self, title):
        """The row of a list that has this text of its own."""
        return self.find(row_path(title))

    def see_row(self, title):
        self.row(title)

    def see_no_row(self, title):
        self.wait(lambda: not self.has(row_path(title)), f"no row “{title}”")

    def titles(self):
        """The titles of the rows, in their order."""
        return self.run("return [...document.querySelectorAll('main .rows .title, main .rows b')]"
                        ".map(title => title.textContent)")

    def error_beside(self, label):
        """What stands beside a field, by the reference that a screen reader follows."""
        def wrong():
            target = self.field(label)
            return target if target.get_attribute("aria-invalid") == "true" else None
        reference = self.wait(wrong, f"“{label}” is marked as wrong").get_attribute("aria-describedby")
        if not reference:
            raise AssertionError(f"“{label}” does not say what describes its error")
        return self.driver.find_element(By.ID, reference).text

    # Doing

    def fill(self, label, text, within=None):
        target = self.field(label, within)
        target.clear()
        target.send_keys(text)
        return target

    def fill_day(self, label, day, within=None):
        """Types a day as people do in an American browser.
        day: as `2026-11-25`."""
        year, month, of_month = day.split("-")
        self.field(label, within).send_keys(month + of_month + year)

    def fill_time(self, label, day, clock):
        """day: as `2026-11-25`; clock: as `17:30`."""
        year, month, of_month = day.split("-")
        hours, minutes = (int(part) for part in clock.split(":"))
        half = f"{hours % 12 or 12:02}{minutes:02}{'PM' if hours >= 12 else 'AM'}"
        self.field(label).send_keys(month + of_month + year + Keys.ARROW_RIGHT + half)

    def choose(self, label, choice, within=None):
        target = self.field(label, within)
        Select(target).select_by_visible_text(choice)
        # Browsers say `input` before `change`; the driver leaves it out.
        self.run("arguments[0].dispatchEvent(new Event('input', { bubbles: true }))", target)

    def press(self, *keys):
        """Presses keys one after another, wherever the focus is."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def press_with(self, modifier, key):
        ActionChains(self.driver).key_down(modifier).send_keys(key).key_up(modifier).perform()

    def sign_up(self, name, email=None, password=PASSWORD):
        self.open("/sign-up")
        self.fill("Username", name)
        self.fill("Email", email or f"{name}@example.org")
        self.fill("Password", password)
        self.button("Create the account").click()

    def sign_in(self, name, password=PASSWORD):
        self.open("/sign-in")
        self.fill("Username or email", name)
        self.fill("Password", password)
        self.button("Sign in").click()

    def become(self, user, token=None):
        """Signs in without the form, for tests of something else."""
        self.cdp("Network.setCookie", url=self.server.address, name="unify_session", value=token or user.token,
                 httpOnly=True, sameSite="Lax")

    # The keyboard's place

    def focused(self):
        return self.driver.switch_to.active_element

    def focus_name(self):
        """What a screen reader calls the thing that has the focus."""
        return self.focused().accessible_name

    def has_focus_nowhere(self):
        return self.run("return !document.activeElement || document.activeElement === document.body")

    def tab_to(self, name, backward=False):
        """Presses Tab until the thing with this name has the focus."""
        passed = []
        for _ in range(100):
            if backward:
                self.press_with(Keys.SHIFT, Keys.TAB)
            else:
                self.press(Keys.TAB)
            passed.append(self.focus_name())
            if passed[-1] == name:
                return
        raise AssertionError(f"Tab never came to “{name}”, only to {passed}")

    # What it complains of

    def expect_complaint(self, pattern):
        """Says that the console will have a message like this before the test ends."""
        self._expected.append(pattern)

    def allow_complaint(self, pattern):
        """Says that the console may have a message like this before the test ends."""
        self._allowed.append(pattern)

    def complaints(self):
        """Errors and warnings since the last call: of scripts, of the network, of the content security policy."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] in ("SEVERE", "WARNING")]

    def assert_only_expected_complaints(self):
        complaints = self.complaints()
        known = self._expected + self._allowed
        other = [text for text in complaints if not any(re.search(pattern, text) for pattern in known)]
        missing = [pattern for pattern in self._expected if not any(re.search(pattern, text) for text in complaints)]
        if other or missing:
            raise AssertionError("The browser complained:\n" + "\n".join(other) + f"\nand not of {missing}")

    # What a page weighs

    def cold_load(self, path):
        """Opens a page with nothing in the cache. The browser must have been made to record the network."""
        self.cdp("Network.clearBrowserCache")
        self.driver.get("about:blank")
        self.driver.get_log("performance")
        self.driver.get(path if "://" in path else self.server.address + path)
        load, urls, ended = Load(), {}, set()

        def is_complete():
            for entry in self.driver.get_log("performance"):
                message = json.loads(entry["message"])["message"]
                parameters = message["params"]
                match message["method"]:
                    case "Network.requestWillBeSent":
                        urls[parameters["requestId"]] = parameters["request"]["url"]
                    case "Network.loadingFinished":
                        ended.add(parameters["requestId"])
                        url = urls.get(parameters["requestId"], "?")
                        load.sizes[url] = load.sizes.get(url, 0) + int(parameters["encodedDataLength"])
                    case "Network.loadingFailed":
                        ended.add(parameters["requestId"])
            return urls and urls.keys() <= ended

        self.wait(is_complete, "everything is loaded")
        # Without a window nobody sees the icon, and it is not asked for; elsewhere it is.
        for icon in self.run("return [...document.querySelectorAll('link[rel~=icon]')].map(link => link.href)"):
            urls[icon] = icon
            with OPENER.open(icon, timeout=WAIT_SECONDS) as answer:
                load.sizes[icon] = len(answer.read()) + len(str(answer.headers))
        load.bytes = sum(load.sizes.values())
        load.hosts = {urllib.parse.urlsplit(url).netloc for url in urls.values() if url.startswith("http")}
        return load

    # How wide it is

    def assert_narrow(self):
        """Asserts that nothing has to be scrolled sideways."""
        if self.run("const root = document.documentElement; return root.scrollWidth > root.clientWidth"):
            raise AssertionError("These reach beyond the right edge:\n" + "\n".join(self._beyond_the_edge()))

    def _beyond_the_edge(self):
        # What lies in something that scrolls or cuts by itself is not to blame.
        return self.run("""
            const edge = document.documentElement.clientWidth
            const holder = element => getComputedStyle(element).position === 'absolute'
                ? element.offsetParent : element.parentElement
            const isHeld = element => {
                const outer = holder(element)
                return outer && outer !== document.body &&
                    (getComputedStyle(outer).overflowX !== 'visible' || isHeld(outer))
            }
            return [...document.body.querySelectorAll('*')]
                .filter(element => element.getBoundingClientRect().right > edge + 0.5 && !isHeld(element))
                .map(element => element.outerHTML.slice(0, 120)).slice(0, 5)""")


def row_path(title):
    return f"//main//li[.//*[normalize-space(text())={_quoted(title)}]]"


def _named(name):
    """Has this text or this label."""
    return f"@aria-label={_quoted(name)} or (not(@aria-label) and normalize-space()={_quoted(name)})"


def _quoted(text):
    """A text as XPath writes it, which knows no escapes."""
    if "'" not in text:
        return f"'{text}'"
    parts = ", \"'\", ".join(f"'{part}'" for part in text.split("'"))
    return f"concat({parts})"
