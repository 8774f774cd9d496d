#!/bin/sh
# Runs a command that must end within so many minutes; one that hangs is ended with everything it started, and said to
# have hung. A signal that ends this script ends the command as well:
#
#     scripts/bounded.sh 40 swift test
set -eu

minutes=${1:?how many minutes}
shift
. "$(dirname "$0")/pass-signals.sh"
run_and_pass_signals timeout --kill-after=30 "${minutes}m" "$@"
case "$status" in
124 | 137) echo "Ended after $minutes minutes, which is longer than it can take: something hangs." >&2 ;;
esac
exit "$status"
