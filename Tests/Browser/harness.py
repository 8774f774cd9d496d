"""Starts servers and browsers for the tests of the pages, and watches what the browsers complain of."""

import importlib.util
import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import unittest
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import (
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
    TimeoutException,
)
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

ROOT = Path(__file__).resolve().parents[2]
BINARY = ROOT / os.environ.get("UNIFY_BINARY", ".build/debug/unify")
CHROMIUM = os.environ.get("UNIFY_CHROMIUM", "/usr/bin/chromium")
CHROMEDRIVER = os.environ.get("UNIFY_CHROMEDRIVER", "/usr/bin/chromedriver")
PASSWORD = "correct horse battery"
WAIT_SECONDS = 10


# The server


@dataclass
class User:
    id: int
    name: str
    token: str
    password: str = PASSWORD


@dataclass
class Answer:
    status: int
    headers: dict
    text: str


class Server:
    """One server with its own folder, on a port that the system chose."""

    def __init__(self, **settings):
        self._temporary = tempfile.TemporaryDirectory(prefix="unify-browser-")
        self.folder = Path(self._temporary.name)
        # Settings of whoever runs the tests must not reach the server.
        inherited = {name: value for name, value in os.environ.items() if not re.match("UNIFY_|MULTI_TENANT_", name)}
        own = {"MULTI_TENANT_MODE": "true", "UNIFY_DATA_DIR": str(self.folder / "data"), "UNIFY_PORT": "0"}
        self._environment = {**inherited, **own, **settings}
        self.log = []
        self.address = None
        self._users = 0
        self._process = subprocess.Popen(
            [str(BINARY), "serve"], env=self._environment, cwd=self.folder, text=True, errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self._listens = threading.Event()
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        if not self._listens.wait(WAIT_SECONDS) or self.address is None:
            self._end()
            raise RuntimeError("The server did not start:\n" + "".join(self.log))

    def _read_log(self):
        for line in self._process.stderr:
            self.log.append(line)
            found = re.search(r" url=(\S+).*\blistening", line)
            if found:
                self.address = found[1]
                self._listens.set()
        self._listens.set()

    def _end(self):
        """Returns the exit code; nil where the server had to be killed."""
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            code = None
        self._reader.join(WAIT_SECONDS)
        self._process.stderr.close()
        self._temporary.cleanup()
        return code

    def stop(self):
        code = self._end()
        # A page that looks right over an error in the log is not right.
        faults = [line for line in self.log if re.match(r"\S+ (error|critical) ", line)]
        if code != 0 or faults:
            raise AssertionError(f"The server ended with {code} and had logged:\n" + "".join(faults))

    def run(self, *arguments, stdin=""):
        """Runs a command on the server's folder, and returns what it printed."""
        done = subprocess.run(
            [str(BINARY), *arguments], env=self._environment, cwd=self.folder, input=stdin, text=True,
            capture_output=True, timeout=60)
        if done.returncode != 0:
            raise AssertionError(f"unify {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}")
        return done.stdout

    # Without a browser

    def request(self, method, path, token=None, body=None, form=None, cookie=None):
        """Answers with whatever the server says, redirections included."""
        headers = {"Accept": "application/json" if form is None and cookie is None else "text/html"}
        data = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        elif form is not None:
            data = urllib.parse.urlencode(form).encode()
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.address}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if cookie is not None:
            headers |= {"Accept": "text/html", "Cookie": f"unify_session={cookie}"}
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        try:
            with _OPENER.open(request, timeout=WAIT_SECONDS) as answer:
                return Answer(answer.status, dict(answer.headers), answer.read().decode())
        except urllib.error.HTTPError as answer:
            with answer:
                return Answer(answer.code, dict(answer.headers), answer.read().decode())

    def api(self, method, path, token=None, body=None):
        """The JSON of an answer that must be a good one."""
        answer = self.request(method, path, token, body)
        if answer.status >= 300:
            raise AssertionError(f"{method} {path} answered {answer.status}: {answer.text}")
        return json.loads(answer.text) if answer.text else None

    def items(self, collection, user):
        return self.api("GET", f"/api/{collection}?limit=200", user.token)["items"]

    def add(self, collection, user, **fields):
        return self.api("POST", f"/api/{collection}", user.token, fields)

    def register(self, name=None, email=None):
        self._users += 1
        name = name or f"user{self._users}"
        body = {"username": name, "email": email or f"{name}@example.org", "password": PASSWORD}
        answer = self.api("POST", "/api/register", body=body)
        return User(answer["user"]["id"], name, answer["token"])

    def login(self, user):
        """The token of a further session."""
        return self.api("POST", "/api/login", body={"username": user.name, "password": user.password})["token"]

    def make_administrator(self, name="root"):
        self.run("user", "create", "--username", name, "--email", f"{name}@example.org", "--admin",
                 "--password-stdin", stdin=PASSWORD + "\n")
        answer = self.api("POST", "/api/login", body={"username": name, "password": PASSWORD})
        return User(answer["user"]["id"], name, answer["token"])


class _NoRedirection(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


_OPENER = urllib.request.build_opener(_NoRedirection, urllib.request.ProxyHandler({}))


# The browser


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
        self.driver = webdriver.Chrome(options=options, service=Service(CHROMEDRIVER))
        self.driver.set_page_load_timeout(WAIT_SECONDS)
        self.driver.set_script_timeout(WAIT_SECONDS * 3)
        self._expected = []
        # Said in the console, so that a violation outlives the page that it was on.
        self.cdp("Page.addScriptToEvaluateOnNewDocument", source="""
            document.addEventListener('securitypolicyviolation', event =>
                console.error('CSP violation: ' + event.violatedDirective + ' ' + event.blockedURI))""")

    def quit(self):
        self.driver.quit()

    def reset(self):
        """Makes it like new for the next test."""
        self.driver.get("about:blank")
        self.cdp("Network.clearBrowserCookies")
        self.view()
        self.scheme("light")
        self.zone("")
        self._expected = []
        self.driver.get_log("browser")

    def cdp(self, command, **parameters):
        return self.driver.execute_cdp_cmd(command, parameters)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    # What it pretends

    def view(self, width=1280, height=900, is_phone=False):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=is_phone)

    def scheme(self, name):
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def zone(self, name):
        self.cdp("Emulation.setTimezoneOverride", timezoneId=name)

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

    def wait(self, condition, message="what was waited for"):
        """Waits until a condition holds; what it needs may come and go meanwhile."""
        passing = (NoSuchElementException, StaleElementReferenceException, ElementNotInteractableException)
        try:
            return WebDriverWait(self.driver, WAIT_SECONDS, 0.03, passing).until(lambda _: condition())
        except TimeoutException:
            shown = self.driver.find_element(By.TAG_NAME, "body").text
            raise AssertionError(f"Not so within {WAIT_SECONDS} s: {message}\nAt {self.path}:\n{shown}") from None

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
        target = self.field(label)
        self.wait(lambda: target.get_attribute("aria-invalid") == "true", f"“{label}” is marked as wrong")
        reference = target.get_attribute("aria-describedby")
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
        Select(self.field(label, within)).select_by_visible_text(choice)

    def press(self, *keys):
        """Presses keys one after another, wherever the focus is."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def press_with(self, modifier, key):
        ActionChains(self.driver).key_down(modifier).send_keys(key).key_up(modifier).perform()

    def follow(self, xpath_finder):
        """Follows a link or presses a button, and waits until its page is there."""
        old = self.driver.find_element(By.TAG_NAME, "html")
        xpath_finder.click()
        self.wait(lambda: _is_gone(old), "another page")

    def sign_up(self, name, email=None, password=PASSWORD):
        self.open("/sign-up")
        self.fill("Username", name)
        self.fill("Email", email or f"{name}@example.org")
        self.fill("Password", password)
        self.button("Create the account").click()

    def sign_in(self, name, password=PASSWORD):
        self.open("/sign-in")
        self.fill("Username", name)
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

    def complaints(self):
        """Errors and warnings since the last call: of scripts, of the network, of the content security policy."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] in ("SEVERE", "WARNING")]

    def assert_only_expected_complaints(self):
        complaints = self.complaints()
        other = [text for text in complaints if not any(re.search(pattern, text) for pattern in self._expected)]
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
            with _OPENER.open(icon, timeout=WAIT_SECONDS) as answer:
                load.sizes[icon] = len(answer.read()) + len(str(answer.headers))
        load.bytes = sum(load.sizes.values())
        load.hosts = {urllib.parse.urlsplit(url).netloc for url in urls.values() if url.startswith("http")}
        return load

    def scrolls_sideways(self):
        return self.run("const root = document.documentElement; return root.scrollWidth > root.clientWidth")

    def widest(self):
        """What reaches beyond the right edge, for the message of a test."""
        return self.run("""
            const edge = document.documentElement.clientWidth
            return [...document.body.querySelectorAll('*')]
                .filter(element => element.getBoundingClientRect().right > edge + 0.5)
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


def _is_gone(element):
    try:
        element.is_enabled()
        return False
    except StaleElementReferenceException:
        return True


# What pages must be for everyone

AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def _axe_source():
    spec = importlib.util.find_spec("axe_playwright_python")
    if spec is None:
        raise RuntimeError("axe-core is missing: pip install --no-deps axe_playwright_python")
    return next(Path(spec.submodule_search_locations[0]).rglob("axe.min.js")).read_text()


_AXE = None


def accessibility_faults(browser):
    """What axe finds on the page: every breach of WCAG, and of its advice what is serious."""
    global _AXE
    _AXE = _AXE or _axe_source()
    if not browser.run("return typeof window.axe === 'object'"):
        browser.run(_AXE)
    violations = browser.driver.execute_async_script("""
        const done = arguments[arguments.length - 1]
        axe.run(document, { runOnly: { type: 'tag', values: arguments[0] }, resultTypes: ['violations'] })
            .then(result => done(result.violations), error => done([{ id: String(error), impact: 'critical',
                tags: [], nodes: [] }]))""", AXE_TAGS)
    faults = []
    for violation in violations:
        breaks_wcag = any(tag.startswith("wcag") for tag in violation["tags"])
        if not breaks_wcag and violation["impact"] not in ("serious", "critical"):
            continue
        nodes = [f"  {node['target']}: {node['failureSummary']}" for node in violation["nodes"]]
        faults.append("\n".join([f"{violation['id']} ({violation['impact']})", *nodes]))
    return faults


def assert_accessible(browser, what=None):
    faults = accessibility_faults(browser)
    if faults:
        raise AssertionError(f"{what or browser.path} is not accessible:\n" + "\n".join(faults))


# The tests' base


class PageTest(unittest.TestCase):
    """Has one server, and browsers that are used again from test to test."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.stop)
        cls._browsers = {}

    def browser(self, name="first", **options):
        """A browser by a name of this class's own, as good as new, that must not have complained when the test ends."""
        browser = self._browsers.get(name)
        if browser is None:
            browser = self._browsers[name] = Browser(self.server, **options)
            self.addClassCleanup(browser.quit)
        browser.reset()
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
