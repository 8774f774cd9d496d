#!/bin/sh
# Runs a command that runs Swift tests. If it fails, the last lines of the output name the tests that failed:
#
#     scripts/swift-test.sh scripts/bounded.sh 40 swift test
#
# The output passes through as it comes; .build/swift-test.log keeps a copy. The exit status is the command's own. Where
# the tests crash or hang, the test that began last is named.
set -eu

build=$(dirname "$0")/../.build
log=$build/swift-test.log
pipe=$build/swift-test.$$.pipe
mkdir -p "$build"
mkfifo "$pipe"
trap 'rm -f "$pipe"' EXIT

# What the tests say while they end is kept as well, so no signal ends the copy.
(
    trap '' INT TERM HUP
    exec tee "$log" <"$pipe"
) &
copy=$!

. "$(dirname "$0")/pass-signals.sh"
run_and_pass_signals "$@" >"$pipe" 2>&1
# A process that a test left behind may keep the pipe open.
for _ in $(seq 100); do
    kill -0 "$copy" 2>/dev/null || break
    sleep 0.1
done
kill -KILL "$copy" 2>/dev/null || true
wait "$copy" 2>/dev/null || true
[ "$status" -ne 0 ] || exit 0

# At most 60 lines: two before, 29 about issues, and 29 that name tests. Issues of a test with many cases repeat themselves.
awk -v log_name=.build/swift-test.log '
    function issue(line) { issues[++issue_count] = substr(line, 1, 600) }
    function name(line) { names[++name_count] = line }
    /^◇ Test .* started\.$/ && !/^◇ Test (case|run) / { last = $0; sub(/^◇ Test /, "", last); sub(/ started\.$/, "", last) }
    /^(✔|✘) Test run / { has_ended = 1; next }
    /^✘ (Test|Suite) .* failed after / { name($0); follows = 0; next }
    /^✘ / { follows = !seen[$0]++; if (follows) issue($0); next }
    /^(↳|  *↳)/ { if (follows) issue($0); next }
    /Fatal error: |^error: / { issue($0) }
    { follows = 0 }
    END {
        is_cut = last && !has_ended
        if (!issue_count && !name_count && !is_cut) exit
        print "What failed (everything is in " log_name "):"
        if (is_cut) print "The run has no end. The test that began last: " last
        for (i = 1; i <= issue_count && i <= 28; i++) print issues[i]
        if (issue_count > 28) print "and " issue_count - 28 " more lines about issues"
        for (i = 1; i <= name_count && i <= 28; i++) print names[i]
        if (name_count > 28) print "and " name_count - 28 " more tests or suites"
    }' "$log" >&2
exit "$status"
