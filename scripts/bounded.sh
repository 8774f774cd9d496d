#!/bin/sh
# Runs a command that must end within so many minutes; one that hangs is ended with everything it started, and said to
# have hung. A signal that ends this script ends the command as well:
#
#     scripts/bounded.sh 40 swift test
set -eu

minutes=${1:?how many minutes}
shift
# A shell starts what it does not wait for at once without these two signals; tests send them.
env --default-signal=INT,QUIT timeout --kill-after=30 "${minutes}m" "$@" &
command=$!
trap 'kill -TERM "$command" 2>/dev/null || true' INT TERM HUP

# A signal ends one wait, not the command.
status=0
wait "$command" || status=$?
while kill -0 "$command" 2>/dev/null; do
    status=0
    wait "$command" || status=$?
done
case "$status" in
124 | 137) echo "Ended after $minutes minutes, which is longer than it can take: something hangs." >&2 ;;
esac
exit "$status"
