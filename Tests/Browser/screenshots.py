"""Takes the pictures of the README: screenshots.py FOLDER"""

import math
import sys
import time
from pathlib import Path

from browser import Browser
from harness import day
from server import Server

WIDTH, HEIGHT = 1200, 760
SECONDS_OF_WORK = 150

TASKS = [
    ("Book the train to Berlin", {"due_date": -1, "priority": 3}), ("Water the plants", {"due_date": 1}),
    ("Read the contract", {"priority": 1, "description": "Clauses 4 to 9 above all, and the annex."}),
    ("Renew the passport", {"due_date": 40, "priority": 2}), ("Call grandmother", {}),
    ("Send the invoice for October", {"due_date": 0, "priority": 2}),
]


def fill(server, people):
    """A few weeks of an installation, as far as they can be had in seconds."""
    ada = server.register("ada")
    for title, fields in TASKS:
        if "due_date" in fields:
            fields = {**fields, "due_date": day(fields["due_date"])}
        server.add("tasks", ada, title=title, **fields)
    for number in range(people):
        user = server.register(f"user{number:02}")
        server.add("notes", user, title="Hello")
    return ada


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    server = Server()
    browser = Browser(server)
    try:
        browser.view(WIDTH, HEIGHT)
        root = server.make_administrator()
        ada = fill(server, people=40)
        browser.become(ada)
        browser.open("/tasks")
        browser.link("Read the contract").click()
        browser.field("Description")
        browser.driver.save_screenshot(folder / "tasks.png")

        browser.become(root)
        browser.open("/admin/console")
        # A while of work that comes and goes, so that there is something to draw.
        began = time.monotonic()
        while (passed := time.monotonic() - began) < SECONDS_OF_WORK:
            server.items("tasks", ada)
            time.sleep(0.02 + 0.02 * math.sin(passed / 9))
        browser.driver.save_screenshot(folder / "console.png")
    finally:
        browser.quit()
        server.stop()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
