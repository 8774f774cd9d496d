#!/bin/sh
# Runs the tests that are written in Python, on a debug build: allocations, the documents' snippets, the documented
# proxies, and the pages in a real browser. Says what failed; .build/python-test.log has everything.
set -eu
cd "$(dirname "$0")/.."

log=.build/python-test.log
: >"$log"

run() {
    started=$(date +%s)
    status=0
    "$@" >>"$log" 2>&1 || status=$?
    if [ "$status" -ne 0 ]; then
        tail -n 80 "$log"
        echo "Failed with status $status (everything is in $log): $*" >&2
        exit "$status"
    fi
    echo "Passed in $(($(date +%s) - started)) s: $*"
}

run Benchmarks/allocations/check.py .build/debug/unify
run scripts/bounded.sh 5 python3 -m unittest discover -s Tests/Snippets
run scripts/bounded.sh 10 python3 -m unittest discover -s Tests/Proxies
run scripts/bounded.sh 20 scripts/browser-python.sh -m unittest discover -s Tests/Browser
