#!/bin/sh
# Runs Python with what drives a browser (selenium) and what finds barriers (axe-core), in an environment of its own in
# .build; makes the environment first where it is missing:
#
#     scripts/browser-python.sh ARGUMENT…
set -eu
cd "$(dirname "$0")/.."

environment=.build/browser
# The package is wanted for its one file, axe.min.js; what it would need to run itself is left out.
selenium=selenium==4.51.0
axe=axe-playwright-python==0.1.8
if [ "$(cat "$environment/made" 2>/dev/null)" != "$selenium $axe" ]; then
    rm -rf "$environment"
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check "$selenium"
    "$environment/bin/pip" install --quiet --disable-pip-version-check --no-deps "$axe"
    echo "$selenium $axe" >"$environment/made"
fi
exec "$environment/bin/python" "$@"
