"""Codes from an app: made by another program (oathtool), and the secret read from the picture by another one (zbarimg)."""

import subprocess
import time
import unittest
from urllib.parse import parse_qs, urlsplit

from harness import PASSWORD, PageTest, assert_accessible

OFFER = "Switch codes on"


def code(secret, steps=0):
    """The code of now, or of so many steps of 30 seconds later."""
    moment = int(time.time()) + 30 * steps
    return subprocess.run(["oathtool", "--totp", "--base32", f"--now=@{moment}", secret], check=True, text=True,
                          capture_output=True).stdout.strip()


def last_code(secret):
    """The code of the step before, at a time at which the server still takes it for a while."""
    left = 30 - time.time() % 30
    if left < 10:
        time.sleep(left)
    return code(secret, -1)


def scanned(picture):
    """What a QR code in a picture says."""
    return subprocess.run(["zbarimg", "--quiet", "--raw", "-"], input=picture, check=True,
                          capture_output=True).stdout.decode().strip()


class SecondFactorTests(PageTest):
    def switch_on(self, browser):
        browser.open("/account")
        browser.link(OFFER).click()
        browser.fill("Your password", PASSWORD)
        browser.button("Continue").click()
        browser.see("Show this to your app")
        url = scanned(browser.driver.find_element("css selector", "svg.qr").screenshot_as_png)
        assert_accessible(browser)
        secret = parse_qs(urlsplit(url).query)["secret"][0]
        self.assertEqual(browser.find("//dd/code").text.replace(" ", ""), secret)
        browser.fill("Code from your app", last_code(secret))
        browser.button("Switch on").click()
        browser.see("Your recovery codes")
        codes = [item.text for item in browser.driver.find_elements("css selector", ".codes li")]
        self.assertEqual(len(codes), 10)
        assert_accessible(browser)
        browser.link("I have saved them").click()
        browser.see("Signing in asks for a code as well.")
        return secret, codes

    def begin_sign_in(self, browser, user):
        browser.driver.delete_all_cookies()
        browser.sign_in(user.name)
        browser.be_at("/sign-in/code?next=%2Ftasks")

    def test_signing_in_asks_for_the_code_on_a_page_of_its_own(self):
        browser, user = self.signed_in()
        secret, codes = self.switch_on(browser)
        self.begin_sign_in(browser, user)
        assert_accessible(browser)
        browser.expect_complaint("status of 401")
        browser.fill("Code", "000000")
        browser.button("Sign in").click()
        browser.see("The code is wrong.")
        browser.fill("Code", code(secret))
        browser.button("Sign in").click()
        browser.be_at("/tasks")
        # A recovery code stands in for one.
        self.begin_sign_in(browser, user)
        browser.fill("Code", codes[0])
        browser.button("Sign in").click()
        browser.be_at("/tasks")
        browser.open("/account/second-factor")
        browser.see("Recovery codes left: 9.")

    def test_it_is_switched_off_by_both(self):
        browser, user = self.signed_in()
        secret, _ = self.switch_on(browser)
        browser.open("/account/second-factor")
        browser.find("//summary[.='Switch them off']").click()
        form = browser.find("//details[summary='Switch them off']")
        browser.fill("Your password", PASSWORD, within=form)
        browser.fill("Code from your app", code(secret), within=form)
        browser.button("Switch them off", within=form).click()
        browser.see_notice("Signing in asks for your password alone again.")
        browser.driver.delete_all_cookies()
        browser.sign_in(user.name)
        browser.be_at("/tasks")

    def test_the_operator_ends_one_that_was_lost(self):
        browser, user = self.signed_in()
        self.switch_on(browser)
        self.server.run("user", "reset-second-factor", user.name, "--yes")
        browser.driver.delete_all_cookies()
        browser.sign_in(user.name)
        browser.be_at("/tasks")
        browser.open("/account")
        browser.see("Codes from your app were switched off for you")

    def test_the_account_page_tells_what_happened(self):
        browser, user = self.signed_in()
        self.switch_on(browser)
        browser.open("/account")
        browser.see("Recent activity")
        browser.see("Codes from your app were switched on")


if __name__ == "__main__":
    unittest.main()
