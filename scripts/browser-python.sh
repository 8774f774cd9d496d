#!/bin/sh
# Runs Python with what drives a browser (selenium) and what finds barriers (axe-core), in an environment of its own in
# .build; makes the environment first where it is missing:
#
#     scripts/browser-python.sh ARGUMENT…
set -eu
cd "$(dirname "$0")/.."

scripts/python-environment.sh .build/browser scripts/requirements-browser.txt scripts/requirements-axe.txt
exec .build/browser/bin/python "$@"
