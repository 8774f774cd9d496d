#!/usr/bin/env python3
"""Makes Sources/UnifyApp/Resources/common-passwords.txt: the common passwords that new ones must not be made of.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install zxcvbn==4.5.0
    /tmp/venv/bin/python scripts/common-passwords.py > Sources/UnifyApp/Resources/common-passwords.txt

The ranking is that of zxcvbn (MIT licence, https://pypi.org/project/zxcvbn), from passwords that leaked. A new password has
12 characters at least, so that hardly any of these passes as it is; what people do is to put digits around one, or to
repeat it. Hence each is reduced to its letters, and those of 4 letters and more are kept; longer ones also as they are.
"""

import re

from zxcvbn.frequency_lists import FREQUENCY_LISTS

COUNT = 10_000
LENGTH = range(4, 21)


def main() -> None:
    kept: dict[str, None] = {}
    for password in FREQUENCY_LISTS["passwords"]:
        core = re.sub(r"^[^a-z]+|[^a-z]+$", "", password.lower())
        for form in (core, password.lower() if len(password) >= 12 else ""):
            if re.fullmatch(r"[a-z0-9]+", form) and len(form) in LENGTH and len(kept) < COUNT:
                kept.setdefault(form)
    print("# Common passwords, by scripts/common-passwords.py from the ranking of zxcvbn 4.5.0 (MIT licence).")
    print("\n".join(sorted(kept)))


main()
