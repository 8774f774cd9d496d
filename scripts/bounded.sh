#!/bin/sh
# Runs a command that must end within so many minutes; one that hangs is ended with everything it started, and said to
# have hung:
#
#     scripts/bounded.sh 40 swift test
set -eu

minutes=${1:?how many minutes}
shift
status=0
timeout --kill-after=30 "${minutes}m" "$@" || status=$?
case "$status" in
124 | 137) echo "Ended after $minutes minutes, which is longer than it can take: something hangs." >&2 ;;
esac
exit "$status"
